"""A doctor's day or week as staff read it: slots with who is in them, visits without a slot, time off."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from scheduling.clock import local_date
from scheduling.models import Appointment, Doctor, Hold, Location, Slot, TimeOff
from scheduling.selectors.availability import with_free_seats
from scheduling.states import SEATED

WIDEST_OFFSET = timedelta(hours=15)
"""No clock on earth is further from UTC than this; what lies outside the days asked for is left out afterwards."""


@dataclass
class CalendarSlot:
    """One slot: its visits that the reader may see, and how many seats are others', held or free."""

    slot: Slot
    starts: datetime
    ends: datetime
    visits: list[Appointment] = field(default_factory=list)
    held: int = 0
    free: int = 0

    @property
    def others(self) -> int:
        """Seats of visits that the reader may not see."""
        return max(self.slot.capacity - self.free - self.held - len(self.visits), 0)

    @property
    def bookable(self) -> bool:
        """Whether somebody could be booked here now."""
        return self.slot.is_open and self.free > 0 and self.slot.starts_at > timezone.now()


@dataclass
class CalendarDay:
    """One local day of the calendar."""

    date: date
    slots: list[CalendarSlot] = field(default_factory=list)
    without_slot: list[Appointment] = field(default_factory=list)
    time_off: list[TimeOff] = field(default_factory=list)


def days_of_doctor(
    *, doctor: Doctor, first: date, days: int, slots: QuerySet[Slot], visits: QuerySet[Appointment]
) -> list[CalendarDay]:
    """The days from `first`, each in the clock of its locations; the same number of queries for any number of rows.

    `slots` and `visits` are those the reader may see.
    """
    last = first + timedelta(days=days - 1)
    found = {first + timedelta(days=n): CalendarDay(first + timedelta(days=n)) for n in range(days)}
    start = datetime.combine(first, datetime.min.time(), tzinfo=timezone.get_fixed_timezone(0)) - WIDEST_OFFSET
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=start.tzinfo) + WIDEST_OFFSET
    in_time = slots.filter(doctor=doctor, starts_at__gte=start, starts_at__lt=end).select_related("location")
    rows = with_free_seats(in_time.order_by("starts_at"))
    seated = visits.filter(doctor=doctor, status__in=sorted(SEATED)).select_related("patient", "location")
    by_slot = _by_slot(seated.filter(slot__in=[slot.pk for slot in rows]))
    held = _held([slot.pk for slot in rows])
    for slot in rows:
        day = found.get(local_date(slot.starts_at, slot.location.zone))
        if day is not None:
            day.slots.append(_entry(slot, by_slot[slot.pk], held.get(slot.pk, 0)))
    unslotted = seated.filter(slot=None).filter(
        Q(starts_at__gte=start, starts_at__lt=end) | Q(starts_at=None, created_at__gte=start, created_at__lt=end)
    )
    for visit in unslotted.order_by("created_at"):
        day = found.get(local_date(visit.starts_at or visit.created_at, visit.location.zone))
        if day is not None:
            day.without_slot.append(visit)
    _add_time_off(found, doctor, {slot.location for slot in rows}, start, end)
    return list(found.values())


def _entry(slot: Slot, visits: list[Appointment], held: int) -> CalendarSlot:
    zone = slot.location.zone
    free: int = slot.free  # type: ignore[attr-defined]
    return CalendarSlot(slot, slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone), visits, held, free)


def _by_slot(visits: QuerySet[Appointment]) -> dict[int | None, list[Appointment]]:
    grouped: dict[int | None, list[Appointment]] = defaultdict(list)
    for visit in visits.order_by("pk"):
        grouped[visit.slot_id].append(visit)
    return grouped


def _held(slot_ids: list[int]) -> dict[int, int]:
    live = Hold.objects.filter(slot__in=slot_ids, expires_at__gt=timezone.now())
    return dict(live.order_by().values_list("slot").annotate(seats=Count("pk")))


def _add_time_off(
    found: dict[date, CalendarDay], doctor: Doctor, places: set[Location], start: datetime, end: datetime
) -> None:
    """Leave of the doctor, and closures of where they work."""
    concerned = Q(doctor=doctor) | Q(doctor=None, location__in=doctor.locations.all())
    entries = TimeOff.objects.filter(concerned, starts_at__lt=end, ends_at__gt=start).select_related("location")
    zone = next((place.zone for place in sorted(places, key=lambda place: place.pk)), timezone.get_current_timezone())
    for entry in entries:
        clock = entry.location.zone if entry.location else zone
        first = entry.starts_at.astimezone(clock).date()
        last = (entry.ends_at - timedelta(microseconds=1)).astimezone(clock).date()
        for day in found.values():
            if first <= day.date <= last:
                day.time_off.append(entry)
