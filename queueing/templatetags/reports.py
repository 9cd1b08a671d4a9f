"""What reports say in words."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.states import AppointmentType, Source

register = template.Library()

NOTHING = "–"


@register.filter
def in_minutes(seconds: float | None) -> str:
    """Such as `12 min`; a dash where nothing is known."""
    return NOTHING if seconds is None else _("%(minutes)d min") % {"minutes": round(seconds / 60)}


@register.filter
def minutes_in_full(seconds: float | None) -> str:
    """Such as `12 minutes`."""
    minutes = round((seconds or 0) / 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


@register.filter
def whole_minutes(seconds: float | None) -> int:
    """For a bar."""
    return round((seconds or 0) / 60)


@register.filter
def percent(share: float | None) -> str:
    """Such as `80%`; a dash where nothing is known."""
    return NOTHING if share is None else _("%(share)d%%") % {"share": round(100 * share)}


@register.filter
def one_digit(value: float | None) -> str:
    """Such as `4.3`."""
    return NOTHING if value is None else str(number_format(value, 1))


@register.filter
def hour(number: int) -> str:
    """The hour from its start to the next one."""
    return f"{number:02}:00–{(number + 1) % 24:02}:00"


@register.filter
def type_words(value: str) -> str:
    """The type of a visit."""
    return str(AppointmentType(value).label)


@register.filter
def source_words(value: str) -> str:
    """Through which door a visit was booked."""
    return str(Source(value).label)
