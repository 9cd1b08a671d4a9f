"""Recounting what must always be true of the ground floor (invariants 1, 2 and 7, and its part of 3, of the domain)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Cast, Coalesce, Lag

from accounts.models import AuditEntry
from scheduling.models import Appointment, Hold, Slot, WaitlistEntry
from scheduling.states import (
    ACTIVE,
    SEATED,
    AppointmentStatus,
    WaitlistStatus,
    corrected_from,
    revived_from,
    sources_of,
)


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is not as it must be: a stable code, the row, and a sentence that explains it."""

    code: str
    row: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.code} {self.row}: {self.sentence}"


def check() -> Iterator[Drift]:
    """Everything that drifted; nothing, if all is well. Reads only."""
    yield from _miscounted_slots()
    yield from _overlapping_slots()
    yield from _patients_in_two_places()
    yield from _appointments_at_odds_with_their_state()
    yield from _visits_confirmed_without_their_money()
    yield from _offers_without_a_seat()
    yield from _changes_without_exactly_one_audit_entry()


def _claims(rows: QuerySet[Hold] | QuerySet[Appointment]) -> Subquery:
    return Subquery(rows.filter(slot=OuterRef("pk")).order_by().values("slot").annotate(n=Count("pk")).values("n"))


def _miscounted_slots() -> Iterator[Drift]:
    """Invariant 1: what a slot counts as taken is its holds and its seated appointments, and never over capacity."""
    claims = Coalesce(_claims(Hold.objects.all()), 0) + Coalesce(
        _claims(Appointment.objects.filter(status__in=SEATED)), 0
    )
    slots = Slot.objects.annotate(claims=claims)
    for slot in slots.filter(~Q(taken=F("claims")) | Q(taken__gt=F("capacity"))).iterator():
        yield Drift(
            "slot_miscounted",
            f"slot {slot.pk}",
            f"{slot.taken} seats counted as taken, {slot.claims} claims found, capacity {slot.capacity}",
        )


def _overlapping_slots() -> Iterator[Drift]:
    """Invariant 2: slots of one doctor never overlap."""
    before = Window(Lag("ends_at"), partition_by="doctor_id", order_by="starts_at")
    for slot in Slot.objects.annotate(before=before).filter(before__gt=F("starts_at")).iterator():
        yield Drift("slots_overlap", f"slot {slot.pk}", "begins before the doctor's slot before it ends")


def _patients_in_two_places() -> Iterator[Drift]:
    """Invariant 1: a patient is never in two overlapping appointments."""
    before = Window(Lag("ends_at"), partition_by="patient_id", order_by="starts_at")
    active = Appointment.objects.filter(status__in=ACTIVE, starts_at__isnull=False)
    for appointment in active.annotate(before=before).filter(before__gt=F("starts_at")).iterator():
        yield Drift("patient_in_two_places", appointment.number, "overlaps another appointment of the same patient")


def _appointments_at_odds_with_their_state() -> Iterator[Drift]:
    moved = Q(status=AppointmentStatus.RESCHEDULED)
    odd = Appointment.objects.filter((moved & Q(successor__isnull=True)) | (~moved & Q(successor__isnull=False)))
    for appointment in odd.iterator():
        yield Drift(
            "successor_at_odds",
            appointment.number,
            f"is {appointment.status} with successor {appointment.successor_id}",
        )
    seated = Appointment.objects.filter(status__in=ACTIVE, slot__isnull=False)
    for appointment in seated.exclude(starts_at=F("slot__starts_at"), ends_at=F("slot__ends_at")).iterator():
        yield Drift("times_at_odds", appointment.number, "is at another time than its slot")


def _visits_confirmed_without_their_money() -> Iterator[Drift]:
    """Invariant 3, as far as it can be seen without the money: whoever confirms by hand waives what was to be paid
    first; else a visit is confirmed by what takes the money, which recounts it (payments/invariants.py)."""
    by_hand = AuditEntry.objects.filter(
        object_type=Appointment._meta.db_table,
        object_id=Cast(OuterRef("pk"), CharField()),
        verb="appointment.confirm",
        changes__status__1=AppointmentStatus.CONFIRMED,
    )
    for appointment in Appointment.objects.filter(Exists(by_hand), prepayment__gt=0).iterator():
        yield Drift("confirmed_without_money", appointment.number, "was confirmed by hand, and still has to be prepaid")


def _offers_without_a_seat() -> Iterator[Drift]:
    for entry in WaitlistEntry.objects.filter(status=WaitlistStatus.OFFERED, hold__isnull=True).iterator():
        yield Drift("offer_without_seat", f"waitlist entry {entry.pk}", "is offered a seat that nobody keeps")
    stray = Hold.objects.filter(waitlist_entry__isnull=False).exclude(waitlist_entry__status=WaitlistStatus.OFFERED)
    for hold in stray.iterator():
        yield Drift("seat_without_offer", f"hold {hold.pk}", "keeps a seat for an entry that is not offered one")


def _changes_without_exactly_one_audit_entry() -> Iterator[Drift]:
    """Invariant 7: the trail of each appointment leads from its making, step by allowed step, to its state."""
    states = dict(Appointment.objects.order_by().values_list("pk", "status").iterator())
    trail = AuditEntry.objects.filter(object_type=Appointment._meta.db_table, changes__has_key="status")
    rows = trail.order_by("object_id", "id").values_list("object_id", "changes__status").iterator()
    for object_id, entries in groupby(rows, key=lambda row: row[0]):
        status = states.pop(int(object_id), None)
        fault = _fault_of_trail([changes for _object_id, changes in entries], status)
        if fault:
            yield Drift("trail_at_odds", f"appointment {object_id}", fault)
    for pk in states:
        yield Drift("trail_missing", f"appointment {pk}", "has no audit entry at all")


def _fault_of_trail(steps: list[list[str | None]], status: str | None) -> str:
    """What is wrong with a trail of [before, after] that should end in `status` (None: the row is gone)."""
    now: str | None = None
    for before, after in steps:
        if before != now:
            return f"a step from {before} follows {now}"
        if before is not None and after is not None and before not in _sources(AppointmentStatus(after)):
            return f"a step from {before} to {after} is not allowed"
        now = after
    return "" if now == status else f"ends in {now}, the row says {status}"


def _sources(status: AppointmentStatus) -> frozenset[AppointmentStatus]:
    return sources_of(status) | corrected_from(status) | revived_from(status)
