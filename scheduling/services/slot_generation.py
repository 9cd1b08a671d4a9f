"""Making slots from the rules, ahead of time.

The days up to `Availability.generated_until` are done: slots that staff removed there stay removed. Whoever makes or
unmakes slots of a doctor locks the doctor first (`lock_doctors`), before slots, patients, holds and appointments; so
two sweeps at once, or a sweep and somebody at the desk, take turns for each doctor and bookings never wait for them.
"""

from __future__ import annotations

import logging
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.clock import local_date
from scheduling.errors import InvalidCalendar
from scheduling.models import Availability, Doctor, Location, Slot, TimeOff
from scheduling.recurrence import Break, Days, Period, Session, session_slots
from scheduling.services.slot_rows import insert_slots
from scheduling.signals import slot_changed

logger = logging.getLogger(__name__)

FURTHEST_DAYS = 730


@dataclass(slots=True)
class GenerationReport:
    """What a run of `generate_slots` made (or would make) and left out.

    `clashes`: times at which the doctor already has a slot; `off`: times in leave or closure; `unusable`: the ids of
    hours that make no sense (written past the services), which hold up nobody else.
    """

    availabilities: int = 0
    created: int = 0
    clashes: int = 0
    off: int = 0
    unusable: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        """As the list of jobs shows it."""
        return (
            f"{self.created} slots made, {self.clashes} clashes, {self.off} in time off, {len(self.unusable)} unusable"
        )


class Occupied:
    """The times a doctor already has slots at. They never overlap, so each question is one step by bisection."""

    def __init__(self, periods: Iterable[Period] = ()) -> None:
        self._periods = sorted(periods)

    def clashes(self, period: Period) -> bool:
        """Whether the doctor has a slot that overlaps the period."""
        if not self._periods or self._periods[-1].ends_at <= period.starts_at:  # nearly always, when days are made
            return False
        place = bisect_left(self._periods, period)
        return any(other.overlaps(period) for other in self._periods[max(place - 1, 0) : place + 1])

    def add(self, period: Period) -> None:
        """Take the period, which must be free."""
        insort(self._periods, period)


def generate_slots(
    *, actor: Actor, until: date | None = None, availability_id: int | None = None, dry_run: bool = False
) -> GenerationReport:
    """Make the slots of every availability that is due, up to `until` or to where its location's calendar opens.

    Leaves out time off, times that have begun, and times at which the doctor already has a slot. One short
    transaction per doctor; running it twice, or twice at once, makes nothing twice.
    """
    report = GenerationReport()
    for doctor_id in _doctors_due(until, availability_id):
        with recorded(actor, "slot.generate"):
            if not dry_run:
                lock_doctors([doctor_id])
            due = [
                availability
                for availability in active_availabilities().filter(doctor_id=doctor_id)
                if availability_id in (None, availability.pk) and _days_due(availability, until)
            ]
            _generate_for_doctor(due, until=until, report=report, dry_run=dry_run)
    return report


def lock_doctors(doctor_ids: Iterable[int]) -> None:
    """Let nobody else make or unmake slots of these doctors until the transaction ends. Locks by id."""
    wanted = sorted(set(doctor_ids))
    list(
        Doctor.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    )


def session_of(availability: Availability, breaks: Sequence[Break]) -> Session:
    """The hours of an availability as pure rules."""
    return Session(availability.start_time, availability.end_time, availability.slot_minutes, tuple(breaks))


def days_of(availability: Availability) -> Days:
    """The days of an availability as pure rules."""
    return Days(
        valid_from=availability.valid_from,
        valid_until=availability.valid_until,
        weekdays=frozenset(availability.weekdays or ()),
        rule=availability.rrule,
    )


def breaks_of(availability: Availability) -> list[Break]:
    """The stored breaks of an availability."""
    return [(pause.start_time, pause.end_time) for pause in availability.breaks.all()]


def periods_between(availability: Availability, breaks: Sequence[Break], first: date, last: date) -> list[Period]:
    """What the rule means for the days from `first` to `last`, time off not yet taken away."""
    session, zone = session_of(availability, breaks), availability.location.zone
    days = days_of(availability).between(first, last)
    return [period for day in days for period in session_slots(day, session, zone)]


def is_off(period: Period, time_off: Iterable[Period]) -> bool:
    """Whether any of the time off touches the period."""
    return any(away.overlaps(period) for away in time_off)


def time_off_of(doctor_id: int, location_id: int, *, but_not: Sequence[int] = ()) -> list[Period]:
    """The leave and closures to come that concern this doctor at this location, but for the entries `but_not`."""
    rows = TimeOff.objects.filter(
        Q(doctor_id=doctor_id) | Q(doctor=None),
        Q(location_id=location_id) | Q(location=None),
        ends_at__gt=timezone.now(),
    ).exclude(pk__in=but_not)
    return [Period(starts_at, ends_at) for starts_at, ends_at in rows.values_list("starts_at", "ends_at")]


def occupied_times(doctor_id: int, periods: Sequence[Period]) -> Occupied:
    """The doctor's slots around these periods."""
    if not periods:
        return Occupied()
    rows = Slot.objects.filter(
        doctor_id=doctor_id,
        starts_at__lt=max(period.ends_at for period in periods),
        starts_at__gt=min(periods).starts_at - timedelta(days=1),
    ).order_by("starts_at")
    return Occupied(Period(starts_at, ends_at) for starts_at, ends_at in rows.values_list("starts_at", "ends_at"))


def add_slots(availability: Availability, periods: Sequence[Period]) -> int:
    """Make free periods slots of the availability, and tell who listens. Call with the doctor locked."""
    made = insert_slots(
        periods,
        doctor_id=availability.doctor_id,
        location_id=availability.location_id,
        capacity=availability.capacity,
        availability_id=availability.pk,
    )
    if made:
        slot_changed.send(sender=Slot, doctor_id=availability.doctor_id, slot_ids=made, what="added")
    return len(made)


def horizon_of(location: Location) -> date:
    """The last day for which the calendar of the location is open."""
    return local_date(timezone.now(), location.zone) + timedelta(days=location.days_ahead)


def active_availabilities() -> QuerySet[Availability]:
    """Hours that count: of doctors and at locations that are active, with what is needed to make slots of them."""
    return (
        Availability.objects.filter(is_active=True, doctor__is_active=True, location__is_active=True)
        .select_related("location")
        .prefetch_related("breaks")
        .order_by("pk")
    )


def _doctors_due(until: date | None, availability_id: int | None) -> list[int]:
    """The doctors with hours whose slots are not made yet, by id."""
    rows = active_availabilities()
    if availability_id is not None:
        rows = rows.filter(pk=availability_id)
    return sorted({availability.doctor_id for availability in rows if _days_due(availability, until)})


def _days_due(availability: Availability, until: date | None) -> tuple[date, date] | None:
    """The days that are still to be made, if any."""
    today = local_date(timezone.now(), availability.location.zone)
    first = max(today, availability.valid_from)
    if availability.generated_until is not None:
        first = max(first, availability.generated_until + timedelta(days=1))
    last = min(until or horizon_of(availability.location), today + timedelta(days=FURTHEST_DAYS))
    if availability.valid_until is not None:
        last = min(last, availability.valid_until)
    return (first, last) if first <= last else None


def _generate_for_doctor(
    due: Sequence[Availability], *, until: date | None, report: GenerationReport, dry_run: bool
) -> None:
    """Make what is due for one doctor. Where two availabilities want the same time, the older one has it."""
    wanted = []
    for availability, days in _with_days(due, until):
        try:
            wanted.append((availability, days, _periods_due(availability, days)))
        except InvalidCalendar as error:
            logger.warning("Hours %s make no slots: %s", availability.pk, error)
            report.unusable.append(availability.pk)
    if not wanted:
        return
    everything = [period for _availability, _days, periods in wanted for period in periods]
    occupied = occupied_times(due[0].doctor_id, everything)
    for availability, (_first, last), periods in wanted:
        time_off = time_off_of(availability.doctor_id, availability.location_id)
        working = [period for period in periods if not is_off(period, time_off)]
        free = take_free(occupied, working)
        report.availabilities += 1
        report.off += len(periods) - len(working)
        report.clashes += len(working) - len(free)
        if dry_run:
            report.created += len(free)
        else:
            report.created += add_slots(availability, free)
            Availability.objects.filter(pk=availability.pk).update(generated_until=last)


def _with_days(due: Sequence[Availability], until: date | None) -> list[tuple[Availability, tuple[date, date]]]:
    pairs = [(availability, _days_due(availability, until)) for availability in due]
    return [(availability, days) for availability, days in pairs if days is not None]


def _periods_due(availability: Availability, days: tuple[date, date]) -> list[Period]:
    now = timezone.now()
    periods = periods_between(availability, breaks_of(availability), *days)
    return [period for period in periods if period.starts_at > now]


def take_free(occupied: Occupied, periods: Iterable[Period]) -> list[Period]:
    """Those of the periods at which the doctor is free; they are occupied from then on."""
    free: list[Period] = []
    for period in periods:
        if not occupied.clashes(period):
            occupied.add(period)
            free.append(period)
    return free
