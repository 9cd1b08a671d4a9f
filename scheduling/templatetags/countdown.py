"""How long something still stands, in words.

    {% countdown appointment.expires_at %}    You have 4 minutes left.

The words are right when the page is made; appointment.js keeps them right while it is looked at.
"""

from __future__ import annotations

import math
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@register.simple_tag
def countdown(until: datetime | None) -> SafeString | str:
    """The time left as a sentence, with what a script needs to go on counting."""
    if until is None:
        return ""
    seconds = math.floor((until - timezone.now()).total_seconds())
    return format_html(
        '<span data-seconds-left="{}" data-left-many="{}" data-left-one="{}" data-left-less="{}" '
        'data-left-none="{}">{}</span>',
        seconds,
        _("You have {minutes} minutes left."),
        _("You have one minute left."),
        _("You have less than a minute left."),
        _("The time has run out."),
        words_left(seconds),
    )


def words_left(seconds: int) -> str:
    """A sentence for so many seconds, in the largest unit that fits, rounded down: never promising too much."""
    if seconds <= 0:
        return _("The time has run out.")
    if seconds < MINUTE:
        return _("You have less than a minute left.")
    if seconds < 2 * HOUR:
        minutes = seconds // MINUTE
        return ngettext("You have one minute left.", "You have %(count)d minutes left.", minutes) % {"count": minutes}
    if seconds < 2 * DAY:
        return _("You have %(count)d hours left.") % {"count": seconds // HOUR}
    return _("You have %(count)d days left.") % {"count": seconds // DAY}
