"""How the time of day is said to people, on pages and in sentences alike."""

from __future__ import annotations

import datetime

from django.utils.translation import gettext, pgettext


def spoken_clock(clock: datetime.time) -> str:
    """Such as `9:20am`; twelve o'clock is `midday` or `midnight`, which nobody mixes up."""
    if (clock.hour, clock.minute) == (12, 0):
        return gettext("midday")
    if (clock.hour, clock.minute) == (0, 0):
        return gettext("midnight")
    pattern = pgettext("clock; may use {hour24} instead of {hour12} and {half}", "{hour12}:{minute}{half}")
    half = pgettext("half of the day", "am") if clock.hour < 12 else pgettext("half of the day", "pm")
    return pattern.format(hour12=clock.hour % 12 or 12, hour24=clock.hour, minute=f"{clock.minute:02d}", half=half)
