"""Which seats are free. Overdue claims count as free, whether or not anybody lapsed them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from scheduling.clock import day_bounds
from scheduling.models import Doctor, Location, Slot
from scheduling.selectors.seats import overdue_holds, overdue_pending, overdue_slot_ids


@dataclass(frozen=True, slots=True)
class Day:
    """A local day with slots: how many seats are free, and how many slots there are."""

    date: date
    free: int
    total: int


def offered_slots(
    *,
    doctor_ids: Collection[int] | None = None,
    specialty_id: int | None = None,
    location_id: int | None = None,
) -> QuerySet[Slot]:
    """Open slots still to come, of active doctors at active locations, outside the lead time; free or not."""
    slots = Slot.objects.filter(_not_too_near(location_id), is_open=True, doctor__is_active=True)
    if doctor_ids is not None:
        slots = slots.filter(doctor_id__in=doctor_ids)
    if specialty_id is not None:
        slots = slots.filter(doctor__specialty_id=specialty_id)
    return slots


def _not_too_near(location_id: int | None) -> Q:
    """Starts after now and after the lead time of its location, which must be active."""
    now = timezone.now()
    everywhere = list(Location.objects.values_list("pk", "is_active", "lead_minutes"))
    leads = {pk: lead for pk, active, lead in everywhere if active and location_id in (None, pk)}
    condition = Q(starts_at__gt=now)
    if len(leads) < len(everywhere):  # naming every place would lead the planner to an index that does not help
        condition &= Q(location_id__in=leads)
    for pk, lead in leads.items():
        if lead:
            condition &= ~Q(location_id=pk, starts_at__lte=now + timedelta(minutes=lead))
    return condition


def free_slots(
    *,
    doctor_ids: Collection[int] | None = None,
    specialty_id: int | None = None,
    location_id: int | None = None,
) -> QuerySet[Slot]:
    """Those of `offered_slots` that have a free seat, with doctor and location."""
    slots = offered_slots(doctor_ids=doctor_ids, specialty_id=specialty_id, location_id=location_id)
    return slots.filter(has_free_seat()).select_related("doctor__specialty", "location")


def has_free_seat() -> Q:
    """Whether a slot has a seat that nobody keeps now; one query for claims that ran out."""
    free = Q(taken__lt=F("capacity"))
    overdue = overdue_slot_ids()
    return free | Q(pk__in=overdue) if overdue else free


def next_free_by_doctor(
    *, doctor_ids: Collection[int] | None = None, specialty_id: int | None = None, location_id: int | None = None
) -> dict[int, Slot]:
    """The next free slot of each active doctor who has one, by the doctor's id.

    Looks each doctor up in the index of their calendar, so it costs the same with ten days or ten years of slots.
    """
    found = _next_slot_ids(doctor_ids, specialty_id, location_id)
    return {slot.doctor_id: slot for slot in _read(found)}


def next_free_slots(
    *,
    doctor_ids: Collection[int] | None = None,
    specialty_id: int | None = None,
    location_id: int | None = None,
    limit: int = 1,
) -> list[Slot]:
    """The earliest free slots, at most one a doctor, earliest first."""
    first = _next_slot_ids(doctor_ids, specialty_id, location_id, limit=limit)
    slots = {slot.pk: slot for slot in _read(first)}
    return [slots[pk] for pk in first]


def _next_slot_ids(
    doctor_ids: Collection[int] | None, specialty_id: int | None, location_id: int | None, limit: int | None = None
) -> list[int]:
    """The next free slot of each active doctor who has one: of all, or of the `limit` earliest, in order."""
    upcoming = Slot.objects.filter(
        _not_too_near(location_id), has_free_seat(), is_open=True, doctor=OuterRef("pk")
    ).order_by("starts_at")
    doctors = Doctor.objects.filter(is_active=True).order_by()
    if doctor_ids is not None:
        doctors = doctors.filter(pk__in=doctor_ids)
    if specialty_id is not None:
        doctors = doctors.filter(specialty_id=specialty_id)
    with_slot = doctors.annotate(next_slot=Subquery(upcoming.values("pk")[:1]))
    if limit is not None:
        start = Subquery(upcoming.values("starts_at")[:1])
        with_slot = with_slot.order_by(start.asc(nulls_last=True), "pk")[:limit]
    found = with_slot.values_list("next_slot", flat=True)
    return [pk for pk in found if pk is not None]


def _read(slot_ids: Sequence[int]) -> QuerySet[Slot]:
    return Slot.objects.select_related("doctor__specialty", "location").filter(pk__in=slot_ids)


def days_with_slots(
    *,
    first: date,
    last: date,
    doctor_id: int | None = None,
    specialty_id: int | None = None,
    location_id: int | None = None,
) -> list[Day]:
    """The local days from `first` to `last` that have slots, in order; one query a time zone."""
    days: dict[date, Day] = {}
    for zone, location_ids in _zones(location_id).items():
        start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
        slots = _offered(doctor_id, specialty_id, location_id).filter(
            location_id__in=location_ids, starts_at__gte=start, starts_at__lt=end
        )
        for row in _count_by_day(slots, zone):
            before = days.get(row.date, Day(date=row.date, free=0, total=0))
            days[row.date] = Day(date=row.date, free=before.free + row.free, total=before.total + row.total)
    return [days[day] for day in sorted(days)]


def _count_by_day(slots: QuerySet[Slot], zone: ZoneInfo) -> list[Day]:
    overdue = overdue_slot_ids()
    rows = (
        slots.order_by()
        .annotate(day=TruncDate("starts_at", tzinfo=zone))
        .values("day")
        .annotate(
            seats=Sum(F("capacity") - F("taken")),
            total=Count("pk"),
            overdue=Count("pk", filter=Q(pk__in=overdue)),
        )
    )
    return [Day(date=row["day"], free=row["seats"] + row["overdue"], total=row["total"]) for row in rows]


def _zones(location_id: int | None) -> dict[ZoneInfo, list[int]]:
    locations = Location.objects.filter(is_active=True)
    if location_id is not None:
        locations = locations.filter(pk=location_id)
    zones: dict[ZoneInfo, list[int]] = {}
    for pk, name in locations.values_list("pk", "time_zone"):
        zones.setdefault(ZoneInfo(name), []).append(pk)
    return zones


def _offered(doctor_id: int | None, specialty_id: int | None, location_id: int | None) -> QuerySet[Slot]:
    return offered_slots(
        doctor_ids=None if doctor_id is None else [doctor_id], specialty_id=specialty_id, location_id=location_id
    )


def slots_on(
    *,
    day: date,
    doctor_id: int | None = None,
    specialty_id: int | None = None,
    location_id: int | None = None,
) -> list[Slot]:
    """The slots that begin on a local day, in order, each with `free` (seats) and `is_free`."""
    in_day = Q(pk__in=[])
    for zone, location_ids in _zones(location_id).items():
        start, end = day_bounds(day, zone)
        in_day |= Q(location_id__in=location_ids, starts_at__gte=start, starts_at__lt=end)
    slots = _offered(doctor_id, specialty_id, location_id).filter(in_day)
    return with_free_seats(slots.select_related("doctor__specialty", "location").order_by("starts_at", "doctor_id"))


def with_free_seats(slots: QuerySet[Slot]) -> list[Slot]:
    """The slots of a query, each with `free` (seats nobody keeps now) and `is_free`; three queries for any number."""
    found = list(slots)
    count_free_seats(found)
    return found


def count_free_seats(slots: Sequence[Slot]) -> None:
    """Put `free` and `is_free` on slots that were read; two queries for any number."""
    lapsing = _overdue_seats([slot.pk for slot in slots])
    for slot in slots:
        slot.free = slot.capacity - slot.taken + lapsing.get(slot.pk, 0)  # type: ignore[attr-defined]
        slot.is_free = slot.free > 0  # type: ignore[attr-defined]


def _overdue_seats(slot_ids: Sequence[int]) -> dict[int, int]:
    """Claims that ran out, by slot."""
    seats: dict[int, int] = {}
    for claims in (overdue_holds(), overdue_pending()):
        rows = claims.order_by().values_list("slot_id").annotate(claims=Count("pk"))
        for slot_id, number in rows:
            seats[slot_id] = seats.get(slot_id, 0) + number
    return {slot_id: number for slot_id, number in seats.items() if slot_id in set(slot_ids)}


def nearest_free_slots(*, slot: Slot, limit: int = 3) -> list[Slot]:
    """The free slots nearest in time to one that could not be had: of the same doctor, else of the specialty."""
    nearest = _nearest(free_slots(doctor_ids=[slot.doctor_id]).exclude(pk=slot.pk), slot.starts_at, limit)
    if len(nearest) < limit:
        others = free_slots(specialty_id=slot.doctor.specialty_id).exclude(doctor_id=slot.doctor_id)
        nearest += _nearest(others, slot.starts_at, limit - len(nearest))
    return nearest


def _nearest(slots: QuerySet[Slot], moment: datetime, limit: int) -> list[Slot]:
    before = list(slots.filter(starts_at__lt=moment).order_by("-starts_at")[:limit])
    after = list(slots.filter(starts_at__gte=moment).order_by("starts_at")[:limit])
    return sorted(before + after, key=lambda slot: abs(slot.starts_at - moment))[:limit]
