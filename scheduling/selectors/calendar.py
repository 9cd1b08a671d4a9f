"""A doctor's day and week as the back office sees it: every slot with whoever is booked in it.

A fixed number of queries, whether the week is empty or full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from scheduling.clock import day_bounds, local_date, within_reach
from scheduling.models import Appointment, Location, Slot, TimeOff
from scheduling.selectors.availability import with_free_seats
from scheduling.states import SEATED


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A slot, who is booked in it, how many seats are free, and how many are only held just now.

    `starts` and `ends` are what the clock of the location shows.
    """

    slot: Slot
    appointments: list[Appointment]
    free: int
    held: int
    starts: datetime
    ends: datetime

    @property
    def is_over(self) -> bool:
        """Whether the slot has ended."""
        return self.slot.ends_at <= timezone.now()


@dataclass(slots=True)
class CalendarDay:
    """One local day: slots in order, visits without a slot (walk-ins), and the leave and closures that touch it."""

    date: date
    entries: list[CalendarEntry] = field(default_factory=list)
    without_slot: list[Appointment] = field(default_factory=list)
    time_off: list[TimeOff] = field(default_factory=list)

    @property
    def booked(self) -> int:
        """How many people are booked that day."""
        return sum(len(entry.appointments) for entry in self.entries) + len(self.without_slot)


def doctor_day(*, doctor_id: int, day: date, location_ids: Sequence[int] | None = None) -> CalendarDay:
    """One day of a doctor's calendar, at these locations or at all."""
    return _days(doctor_id, [within_reach(day)], location_ids)[0]


def doctor_week(*, doctor_id: int, day: date, location_ids: Sequence[int] | None = None) -> list[CalendarDay]:
    """The week around `day`, Monday first."""
    day = within_reach(day)
    monday = day - timedelta(days=day.weekday())
    return _days(doctor_id, [monday + timedelta(days=number) for number in range(7)], location_ids)


def _days(doctor_id: int, dates: Sequence[date], location_ids: Sequence[int] | None) -> list[CalendarDay]:
    zones = _zones(location_ids)
    starts_at = min(day_bounds(dates[0], zone)[0] for zone in zones.values())
    ends_at = max(day_bounds(dates[-1], zone)[1] for zone in zones.values())
    days = {day: CalendarDay(day) for day in dates}
    slots = [slot for slot in _slots(doctor_id, zones, starts_at, ends_at) if _day_of(slot, zones) in days]
    booked = _booked([slot.pk for slot in slots])
    for slot in slots:
        days[_day_of(slot, zones)].entries.append(_entry(slot, booked.get(slot.pk, []), zones[slot.location_id]))
    for visit in _without_slot(doctor_id, zones, starts_at, ends_at):
        day = local_date(visit.starts_at or visit.created_at, zones[visit.location_id])
        if day in days:
            days[day].without_slot.append(visit)
    _put_time_off(days.values(), doctor_id, zones, starts_at, ends_at)
    return list(days.values())


def _zones(location_ids: Sequence[int] | None) -> dict[int, ZoneInfo]:
    """The clocks of the locations: those asked for, else all (a slot may lie where the doctor no longer works)."""
    rows = Location.objects.all() if location_ids is None else Location.objects.filter(pk__in=location_ids)
    zones = {pk: ZoneInfo(name) for pk, name in rows.values_list("pk", "time_zone")}
    return zones or {0: ZoneInfo(settings.DEFAULT_TIME_ZONE)}  # no location: an empty calendar of the right dates


def _day_of(slot: Slot, zones: dict[int, ZoneInfo]) -> date:
    return local_date(slot.starts_at, zones[slot.location_id])


def _slots(doctor_id: int, zones: dict[int, ZoneInfo], starts_at: datetime, ends_at: datetime) -> list[Slot]:
    rows = Slot.objects.filter(
        doctor_id=doctor_id, location_id__in=zones, starts_at__gte=starts_at, starts_at__lt=ends_at
    )
    return with_free_seats(rows.select_related("location", "availability", "batch").order_by("starts_at"))


def _booked(slot_ids: Sequence[int]) -> dict[int, list[Appointment]]:
    by_slot: dict[int, list[Appointment]] = defaultdict(list)
    rows = Appointment.objects.filter(slot_id__in=slot_ids, status__in=SEATED).select_related("patient")
    for appointment in rows.order_by("pk"):
        by_slot[appointment.slot_id or 0].append(appointment)
    return by_slot


def _entry(slot: Slot, appointments: list[Appointment], zone: ZoneInfo) -> CalendarEntry:
    free: int = slot.free  # type: ignore[attr-defined]
    return CalendarEntry(
        slot=slot,
        appointments=appointments,
        free=free,
        held=max(slot.capacity - free - len(appointments), 0),
        starts=slot.starts_at.astimezone(zone),
        ends=slot.ends_at.astimezone(zone),
    )


def _without_slot(
    doctor_id: int, zones: dict[int, ZoneInfo], starts_at: datetime, ends_at: datetime
) -> list[Appointment]:
    """Walk-ins by the day they came, and visits whose slot is gone by their time."""
    by_time = Q(starts_at__gte=starts_at, starts_at__lt=ends_at)
    by_coming = Q(starts_at__isnull=True, created_at__gte=starts_at, created_at__lt=ends_at)
    rows = Appointment.objects.filter(
        by_time | by_coming, doctor_id=doctor_id, location_id__in=zones, slot__isnull=True, status__in=SEATED
    )
    return list(rows.select_related("patient", "location").order_by("starts_at", "created_at"))


def _put_time_off(
    days: Iterable[CalendarDay], doctor_id: int, zones: dict[int, ZoneInfo], starts_at: datetime, ends_at: datetime
) -> None:
    rows = TimeOff.objects.filter(
        Q(doctor_id=doctor_id) | Q(doctor=None),
        Q(location_id__in=zones) | Q(location=None),
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )
    entries = list(rows.select_related("doctor", "location").order_by("starts_at"))
    for day in days:
        day.time_off = [entry for entry in entries if _touches(entry, day.date, zones)]


def _touches(entry: TimeOff, day: date, zones: dict[int, ZoneInfo]) -> bool:
    concerned = [zones[entry.location_id]] if entry.location_id is not None else set(zones.values())
    bounds = [day_bounds(day, zone) for zone in concerned]
    return any(entry.starts_at < end and entry.ends_at > start for start, end in bounds)
