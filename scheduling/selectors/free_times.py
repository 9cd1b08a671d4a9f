"""Free times of many doctors at once, each at each of their places, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from scheduling.clock import day_bounds, local_date
from scheduling.models import Doctor, Location, Slot
from scheduling.selectors.availability import count_free_seats, free_slots

Practice = Any
"""A doctor at one of their places: a row of the table between the two, with `doctor`, `location`, `doctor_name`."""


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The free slots of a practice on the days asked for, whether there are more of them, and the next one at all."""

    practice: Practice
    slots: list[Slot]
    more: bool
    next_free: Slot | None


def practices() -> QuerySet[Practice]:
    """Every active doctor at each active location where they work."""
    rows: QuerySet[Any] = Doctor.locations.through.objects.filter(doctor__is_active=True, location__is_active=True)
    return rows.select_related("doctor__specialty", "location").annotate(doctor_name=F("doctor__name"))


def free_of_length(*, minutes: int | None = None) -> QuerySet[Slot]:
    """Free slots of at least so many minutes; ready to be narrowed without asking again what is free."""
    slots = free_slots().select_related(None)
    return slots if minutes is None else slots.filter(ends_at__gte=F("starts_at") + timedelta(minutes=minutes))


def first_free_day(rows: QuerySet[Practice], free: QuerySet[Slot]) -> date:
    """The first day on which any of these has a free slot; today if none has."""
    next_start = Subquery(_of_the_row(free).values("starts_at")[:1])
    soonest = rows.annotate(next_start=next_start).order_by(F("next_start").asc(nulls_last=True)).first()
    if soonest is None or soonest.next_start is None:
        return today()
    day: date = local_date(soonest.next_start, soonest.location.zone)
    return day


def today() -> date:
    """The day it is in the clinic: where its places lie far apart, the earlier one."""
    now = timezone.now()
    return min((local_date(now, place.zone) for place in Location.objects.filter(is_active=True)), default=now.date())


def free_times(
    rows: Sequence[Practice], free: QuerySet[Slot], *, first: date, last: date, most: int
) -> list[FreeTimes]:
    """The free times of these, on the days from `first` to `last`, at most so many for each."""
    slots = _slots_between(rows, free, first, last, most)
    coming = _next_free(rows, free)
    return [
        FreeTimes(row, found[:most], more=len(found) > most, next_free=coming.get(row.pk))
        for row in rows
        for found in [slots.get((row.doctor_id, row.location_id), [])]
    ]


def _slots_between(
    rows: Collection[Practice], free: QuerySet[Slot], first: date, last: date, most: int
) -> dict[tuple[int, int], list[Slot]]:
    """By doctor and location, one more than `most` where there are more."""
    in_days = Q(pk__in=[])
    for place in {row.location_id: row.location for row in rows}.values():
        start, end = day_bounds(first, place.zone)[0], day_bounds(last, place.zone)[1]
        in_days |= Q(location=place, starts_at__gte=start, starts_at__lt=end)
    number = Window(RowNumber(), partition_by=[F("doctor_id"), F("location_id")], order_by="starts_at")
    wanted = free.filter(in_days, doctor_id__in={row.doctor_id for row in rows})
    found = list(wanted.annotate(number=number).filter(number__lte=most + 1).order_by("starts_at"))
    count_free_seats(found)
    grouped: dict[tuple[int, int], list[Slot]] = defaultdict(list)
    for slot in found:
        grouped[slot.doctor_id, slot.location_id].append(slot)
    return grouped


def _next_free(rows: Collection[Practice], free: QuerySet[Slot]) -> dict[int, Slot]:
    """The next free slot of each, by the key of the row."""
    next_slot = Subquery(_of_the_row(free).values("pk")[:1])
    with_next = practices().filter(pk__in=[row.pk for row in rows]).annotate(next_slot=next_slot)
    found = {pk: slot_id for pk, slot_id in with_next.values_list("pk", "next_slot") if slot_id is not None}
    slots = Slot.objects.in_bulk(list(found.values()))
    return {pk: slots[slot_id] for pk, slot_id in found.items() if slot_id in slots}


def _of_the_row(free: QuerySet[Slot]) -> QuerySet[Slot]:
    """Free slots of the practice that the outer query is at, the earliest first."""
    return free.filter(doctor=OuterRef("doctor_id"), location=OuterRef("location_id")).order_by("starts_at")
