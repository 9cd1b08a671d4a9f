"""The day and time picker: a month of days, and the times of one day. Booking and rescheduling show the same.

    picker = build_picker(search=..., location=..., request=request, holder=...)
    render(..., {"picker": picker, "action": url that takes the POST of `slot`})
    {% include "scheduling/book/_picker.html" %}

The page's own answers stay in its query; the picker adds `day` and `month` and reads nothing else of it.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduling.clock import local_date
from scheduling.day_times import PartOfDay, is_free, parts_of_day, times_of, version_of
from scheduling.live import slots_address
from scheduling.models import Location, Slot
from scheduling.query_values import read_day
from scheduling.selectors.availability import Day, days_with_slots, next_free_slots


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of the month: a day, whether it can be picked, and how to."""

    day: date
    url: str
    free: int
    is_full: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Month:
    """One page of the calendar."""

    first: date
    weekdays: list[date]
    weeks: list[list[Cell | None]]
    previous_url: str
    next_url: str


@dataclass(frozen=True, slots=True)
class Picker:
    """What the template shows."""

    location: Location
    month: Month
    day: date | None
    parts: list[PartOfDay[Slot]]
    has_free: bool
    names_doctor: bool
    doctor_id: int | None
    live_address: str
    version: str
    fragment_query: str
    next_free: Slot | None
    next_free_url: str
    notice: str


def build_picker(
    *,
    request: HttpRequest,
    search: dict[str, int],
    location: Location,
    held: Collection[int] = (),
    collapse: bool = False,
) -> Picker:
    """The picker for what `search` describes, at the day and month in the query.

    `held` are slots that whoever looks keeps already: free to them. With `collapse`, of several doctors at one time
    only one is offered.
    """
    next_free = next_free_of(search)
    today = local_date(timezone.now(), location.zone)
    last = today + timedelta(days=location.days_ahead)
    asked = request.GET.get("day")
    day = read_day(asked)
    notice = _notice(asked, day, today, last)
    if day is None or notice:
        day = local_date(next_free.starts_at, location.zone) if next_free else None
    first = _first_of_month(request.GET.get("month"), day, today, last)
    times = times_of(search, day, held=held, collapse=collapse) if day else []
    return Picker(
        location=location,
        month=_month(request, search, first, day, today, last),
        day=day,
        parts=parts_of_day(times),
        names_doctor=collapse,
        doctor_id=search.get("doctor_id"),
        live_address=_live_address(search, day, location),
        has_free=any(is_free(slot) for slot in times),
        version=version_of(times),
        fragment_query=_query(request, day=day.isoformat() if day else None, month=None),
        next_free=next_free,
        next_free_url=_next_free_url(request, next_free, location),
        notice=notice,
    )


def _live_address(search: dict[str, int], day: date | None, location: Location) -> str:
    """Where the page hears of changes of the day; empty where it can only look again."""
    if day is None or "doctor_id" not in search or not settings.LIVE_UPDATES:
        return ""
    return slots_address(doctor_id=search["doctor_id"], day=day, location_id=location.pk)


def next_free_of(search: dict[str, int]) -> Slot | None:
    """The earliest free slot that `search` describes."""
    others = {name: value for name, value in search.items() if name != "doctor_id"}
    doctors = [search["doctor_id"]] if "doctor_id" in search else None
    return next(iter(next_free_slots(doctor_ids=doctors, **others, limit=1)), None)


def _notice(asked: str | None, day: date | None, today: date, last: date) -> str:
    if not asked:
        return ""
    if day is None:
        return _("That is not a day of the calendar. Please choose one of these.")
    if day < today:
        return _("That day is over. Please choose a later one.")
    if day > last:
        return _("The calendar is not open that far ahead yet. Please choose an earlier day.")
    return ""


def _first_of_month(asked: str | None, day: date | None, today: date, last: date) -> date:
    """The month to show: the one asked for as far as the calendar is open, else that of the day."""
    wanted = read_day(f"{asked}-01") if asked else None
    return min(max(wanted or day or today, today), last).replace(day=1)


def _month(
    request: HttpRequest, search: dict[str, int], first: date, chosen: date | None, today: date, last: date
) -> Month:
    end = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    days = {day.date: day for day in days_with_slots(first=max(first, today), last=min(end, last), **search)}
    weeks = [
        [_cell(request, day, days.get(day), chosen) if day.month == first.month else None for day in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
        if week[-1] >= today  # weeks that are over only push the others down
    ]
    monday = first - timedelta(days=first.weekday())
    previous = first - timedelta(days=1)
    following = end + timedelta(days=1)
    return Month(
        first=first,
        weekdays=[monday + timedelta(days=number) for number in range(7)],
        weeks=weeks,
        previous_url=_query(request, month=f"{previous:%Y-%m}") if previous >= today else "",
        next_url=_query(request, month=f"{following:%Y-%m}") if following <= last else "",
    )


def _cell(request: HttpRequest, day: date, found: Day | None, chosen: date | None) -> Cell:
    free = found.free if found else 0
    return Cell(
        day=day,
        url=_query(request, day=day.isoformat(), month=None) if free > 0 else "",
        free=free,
        is_full=found is not None and free <= 0,
        is_chosen=day == chosen,
    )


def _next_free_url(request: HttpRequest, slot: Slot | None, location: Location) -> str:
    if slot is None:
        return ""
    return _query(request, day=local_date(slot.starts_at, location.zone).isoformat(), month=None)


def _query(request: HttpRequest, **changes: str | None) -> str:
    """The page's own query with changes; None takes an answer out. What only this visit was about is left out too."""
    query = request.GET.copy()
    for name, value in {"lost": None, "why": None, "version": None, **changes}.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"
