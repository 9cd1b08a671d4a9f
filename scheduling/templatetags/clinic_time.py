"""Moments as people say them, on the clock of the clinic's wall.

    {{ slot.starts_at|clinic_day:slot.location }}      Thursday 6 August 2026
    {{ slot.starts_at|clinic_clock:slot.location }}    9:20am, midday, midnight
    {{ slot.starts_at|clinic_moment:slot.location }}   Thursday 6 August 2026 at 9:20am

The second argument is a location or a zone. Without one a filter takes the moment as it stands.
"""

from __future__ import annotations

import datetime
import zoneinfo
from decimal import Decimal

from django import template
from django.utils import dateformat, formats
from django.utils.translation import gettext, pgettext

from scheduling.clock_words import spoken_clock
from scheduling.models import Location

register = template.Library()

Place = Location | datetime.tzinfo | str | None

NO_BREAK_SPACE = "\u00a0"
SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "INR": "₹", "JPY": "¥"}


def local(moment: datetime.datetime, place: Place) -> datetime.datetime:
    """The moment on the wall clock of a location or zone."""
    if place is None or place == "":
        return moment
    if isinstance(place, str):
        return moment.astimezone(zoneinfo.ZoneInfo(place))
    return moment.astimezone(place.zone if isinstance(place, Location) else place)


def spoken_day(day: datetime.date) -> str:
    """Such as `Thursday 6 August 2026`."""
    return dateformat.format(day, pgettext("date format, day with weekday", "l j F Y"))


@register.filter
def clinic_day(moment: datetime.datetime | datetime.date | None, place: Place = None) -> str:
    """The day of a moment, or a day as it stands."""
    if moment is None:
        return ""
    return spoken_day(local(moment, place) if isinstance(moment, datetime.datetime) else moment)


@register.filter
def clinic_clock(moment: datetime.datetime | datetime.time | None, place: Place = None) -> str:
    """The time of day of a moment, or a time as it stands."""
    if moment is None:
        return ""
    return spoken_clock(local(moment, place).time() if isinstance(moment, datetime.datetime) else moment)


@register.filter
def clinic_moment(moment: datetime.datetime | None, place: Place = None) -> str:
    """Day and time of a moment in one phrase."""
    if moment is None:
        return ""
    return gettext("%(day)s at %(time)s") % {"day": clinic_day(moment, place), "time": clinic_clock(moment, place)}


def short_part(moment: datetime.datetime | None, place: Place, part: str) -> str:
    """One short part of a date, in Django's format letters."""
    return dateformat.format(local(moment, place), part) if moment else ""


@register.filter
def clinic_weekday(moment: datetime.datetime | None, place: Place = None) -> str:
    """Such as `Thu`."""
    return short_part(moment, place, "D")


@register.filter
def clinic_day_number(moment: datetime.datetime | None, place: Place = None) -> str:
    """Such as `6`."""
    return short_part(moment, place, "j")


@register.filter
def clinic_month(moment: datetime.datetime | None, place: Place = None) -> str:
    """Such as `August`, shortened where it is long."""
    return short_part(moment, place, "M")


@register.filter
def price(amount: Decimal | None, currency: str = "") -> str:
    """An amount of money, such as `£60.00`; an unfamiliar currency keeps its code."""
    if amount is None:
        return ""
    number = formats.number_format(amount, decimal_pos=2, force_grouping=True)
    sign = SIGNS.get(currency)
    if not sign:
        return f"{number}{NO_BREAK_SPACE}{currency}".strip()
    return pgettext("price", "%(sign)s%(number)s") % {"sign": sign, "number": number}
