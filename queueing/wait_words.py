"""A wait as screens say it: a range in words, never more exact than it is. Pure; knows no database."""

from __future__ import annotations

from math import ceil, floor

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing.estimation import Wait
from queueing.states import DoctorStatus

STEP = 5
"""Minutes to which the ends of a range are rounded, outward: what is said holds at least as often as what was meant."""

HOUR = 60
LONGEST_IN_MINUTES = 120


def range_in_words(wait: Wait) -> str:
    """Such as “about 10 to 25 minutes”, “less than 5 minutes”, “about 1 hour 40 minutes to 2 hours 15 minutes”."""
    low, high = rounded_minutes(wait)
    if high <= STEP:
        return ngettext("less than %(high)d minute", "less than %(high)d minutes", STEP) % {"high": STEP}
    if low == high:
        return _("about %(time)s") % {"time": _duration(high)}
    if low == 0:
        return _("up to %(time)s") % {"time": _duration(high)}
    if high < LONGEST_IN_MINUTES:
        words = ngettext("about %(low)d to %(high)d minute", "about %(low)d to %(high)d minutes", high)
        return words % {"low": low, "high": high}
    return _("about %(low)s to %(high)s") % {"low": _duration(low), "high": _duration(high)}


def place_in_words(position: int, wait: Wait, status: str) -> str:
    """What somebody at this place is told of their wait, as a sentence."""
    if status == DoctorStatus.FINISHED:
        return _("The doctor has finished for today. Please ask at the desk.")
    said = range_in_words(wait)
    if position > 1:
        return _("%(wait)s.") % {"wait": said[:1].upper() + said[1:]}
    if rounded_minutes(wait)[1] <= STEP:
        return _("You are next.")
    return _("You are next, in %(wait)s.") % {"wait": said}


def rounded_minutes(wait: Wait) -> tuple[int, int]:
    """The ends of the range in minutes, the low one rounded down and the high one up."""
    return STEP * floor(wait.low / 60 / STEP), STEP * ceil(wait.high / 60 / STEP)


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, HOUR)
    in_hours = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    in_minutes = ngettext("%(count)d minute", "%(count)d minutes", rest) % {"count": rest}
    if minutes < LONGEST_IN_MINUTES:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return _("%(hours)s %(minutes)s") % {"hours": in_hours, "minutes": in_minutes} if rest else in_hours
