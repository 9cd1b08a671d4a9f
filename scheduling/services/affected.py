"""When the calendar changes under people who are booked: who is affected, and what becomes of each.

Changed hours, leave and closures all end here: a set of slots should go. Those that nobody has go at once. For every
appointment in the others staff decide: keep it (its slot stays, closed for others), cancel it with a message, or move
it to another slot. Nothing happens until every one is decided; then all happens in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.errors import AppointmentsAffected, InvalidCalendar
from scheduling.models import Appointment, Slot
from scheduling.selectors.availability import free_slots
from scheduling.selectors.seats import overdue_slot_ids
from scheduling.services import lifecycle, rescheduling, seats
from scheduling.signals import slot_changed
from scheduling.states import ACTIVE, AffectedChoice, AppointmentStatus

AT_ONCE = 5_000
"""How many ids one statement names; SQLite counts them."""

SEARCHED_BEFORE, SEARCHED_AFTER = timedelta(days=7), timedelta(days=30)
OTHERS_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """What staff chose for one appointment; made by `keep`, `cancel` and `move`."""

    choice: AffectedChoice
    message: str = ""
    slot_id: int | None = None


Decisions = Mapping[int, Decision]
"""By the id of the appointment."""


def keep() -> Decision:
    """The appointment stays at its time."""
    return Decision(AffectedChoice.KEEP)


def cancel(message: str = "") -> Decision:
    """The appointment is cancelled; the patient reads the message."""
    return Decision(AffectedChoice.CANCEL, message=message)


def move(slot_id: int) -> Decision:
    """The appointment moves to this slot."""
    return Decision(AffectedChoice.MOVE, slot_id=slot_id)


@dataclass(frozen=True, slots=True)
class Affected:
    """An appointment whose slot would go, and the free slots nearest to it."""

    appointment: Appointment
    suggestions: list[Slot]


@dataclass(slots=True)
class CalendarOutcome:
    """What a change of the calendar did: slots added, removed and left closed; appointments moved and cancelled."""

    added: int = 0
    removed: int = 0
    closed: int = 0
    moved: int = 0
    cancelled: int = 0


@dataclass(slots=True)
class CalendarPreview:
    """What a change of the calendar would do, and who must be decided about."""

    added: int = 0
    removed: int = 0
    affected: list[Affected] = field(default_factory=list)


def preview_unmaking(slot_ids: Collection[int], *, added: int = 0) -> CalendarPreview:
    """What `unmake_slots` would do to these slots. Writes nothing."""
    appointments = _affected_appointments(slot_ids)
    booked = sum(_slots(chunk).filter(taken__gt=0).count() for chunk in _chunks(slot_ids))
    return CalendarPreview(
        added=added, removed=len(slot_ids) - booked, affected=_with_suggestions(appointments, slot_ids)
    )


def unmake_slots(*, slot_ids: Collection[int], decisions: Decisions, actor: Actor) -> CalendarOutcome:
    """Take these slots away as far as nobody has them, and do to the appointments in the others what was decided.

    Slots that somebody still has, or holds just now, stay but are closed for others. Raises AppointmentsAffected with
    those that are undecided, and whatever cancelling and moving raise; then nothing has changed.
    """
    with recorded(actor, "slot.unmake"):
        _lock(slot_ids, decisions)
        for chunk in _chunks(slot_ids):  # first of all, so that no seat that comes free now is offered to anybody
            _slots(chunk).filter(taken__gt=0).update(is_open=False)
        for slot_id in sorted(overdue_slot_ids() & set(slot_ids)):
            seats.lapse_overdue_claims(slot_id=slot_id)
        appointments = _affected_appointments(slot_ids)
        undecided = [appointment for appointment in appointments if appointment.pk not in decisions]
        if undecided:
            raise AppointmentsAffected(undecided)
        outcome = CalendarOutcome()
        for appointment in appointments:
            _carry_out(decisions[appointment.pk], appointment, outcome, slot_ids, actor)
        _remove(slot_ids, outcome)
    return outcome


def _lock(slot_ids: Collection[int], decisions: Decisions) -> None:
    """Lock what goes and where people go, all in the order of their ids."""
    targets = {decision.slot_id for decision in decisions.values() if decision.slot_id is not None}
    for chunk in _chunks(targets | set(slot_ids)):
        seats.lock_slots(chunk)


def _carry_out(
    decision: Decision, appointment: Appointment, outcome: CalendarOutcome, going: Collection[int], actor: Actor
) -> None:
    if decision.choice == AffectedChoice.CANCEL:
        lifecycle.cancel_appointment(appointment_id=appointment.pk, message=decision.message, actor=actor)
        outcome.cancelled += 1
    elif decision.choice == AffectedChoice.MOVE:
        if decision.slot_id is None or decision.slot_id in going:
            raise InvalidCalendar(
                _("%(number)s cannot move to a time that goes as well.") % {"number": appointment.number},
                field=f"decision_{appointment.pk}",
            )
        rescheduling.reschedule_appointment(appointment_id=appointment.pk, slot_id=decision.slot_id, actor=actor)
        outcome.moved += 1


def _remove(going: Collection[int], outcome: CalendarOutcome) -> None:
    """Delete the slots that nobody has, and tell who listens about all of them."""
    removed: dict[int, list[Slot]] = defaultdict(list)
    closed: dict[int, list[int]] = defaultdict(list)
    for chunk in _chunks(going):
        for slot in _slots(chunk):
            if slot.taken:
                closed[slot.doctor_id].append(slot.pk)
            else:
                removed[slot.doctor_id].append(slot)
        _slots(chunk).filter(taken=0).delete()
    outcome.removed = sum(map(len, removed.values()))
    outcome.closed = sum(map(len, closed.values()))
    for doctor_id, gone in removed.items():
        slot_ids = [slot.pk for slot in gone]
        slot_changed.send(sender=Slot, doctor_id=doctor_id, slot_ids=slot_ids, what="removed", gone=gone)
    _announce(closed, "closed")


def _announce(slots_by_doctor: Mapping[int, list[int]], what: str) -> None:
    for doctor_id, slot_ids in slots_by_doctor.items():
        slot_changed.send(sender=Slot, doctor_id=doctor_id, slot_ids=slot_ids, what=what)


def _affected_appointments(slot_ids: Collection[int]) -> list[Appointment]:
    """The visits to come in these slots; those whose time to be confirmed ran out do not count."""
    overdue = Q(status=AppointmentStatus.PENDING, expires_at__lte=timezone.now())
    found: list[Appointment] = []
    for chunk in _chunks(slot_ids):
        rows = Appointment.objects.filter(slot_id__in=chunk, status__in=ACTIVE).exclude(overdue)
        found += rows.select_related("patient", "doctor", "location", "slot")
    return sorted(found, key=lambda appointment: (appointment.slot_id or 0, appointment.pk))


def _slots(slot_ids: Collection[int]) -> QuerySet[Slot]:
    return Slot.objects.filter(pk__in=slot_ids)


def _chunks(slot_ids: Iterable[int]) -> Iterator[list[int]]:
    """The ids in order, some thousands at a time."""
    ordered = sorted(slot_ids)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


# --- Where they could go ----------------------------------------------------------------------------------------


def _with_suggestions(appointments: Sequence[Appointment], going: Collection[int], limit: int = 3) -> list[Affected]:
    """Each appointment with the nearest free slots of its doctor, else of the doctor's specialty.

    A fixed number of queries, however many are affected.
    """
    if not appointments:
        return []
    gone = set(going)
    own = _free_nearby(free_slots(doctor_ids={one.doctor_id for one in appointments}), appointments, gone)
    affected = [Affected(one, _nearest(one, own.get(one.doctor_id, []), limit)) for one in appointments]
    lacking = [one.appointment for one in affected if len(one.suggestions) < limit]
    if lacking:
        _add_colleagues(affected, lacking, gone, limit)
    return affected


def _add_colleagues(affected: list[Affected], lacking: list[Appointment], gone: set[int], limit: int) -> None:
    specialties = {one.doctor.specialty_id for one in lacking}
    others = free_slots().filter(doctor__specialty_id__in=specialties)
    others = others.exclude(doctor_id__in={one.doctor_id for one in lacking})
    by_doctor = _free_nearby(others, lacking, gone, limit=OTHERS_LOOKED_AT)
    for one in affected:
        missing = limit - len(one.suggestions)
        colleagues = [
            slot
            for slots in by_doctor.values()
            for slot in slots
            if slot.doctor.specialty_id == one.appointment.doctor.specialty_id
        ]
        one.suggestions.extend(_nearest(one.appointment, colleagues, missing))


def _free_nearby(
    slots: QuerySet[Slot], appointments: Sequence[Appointment], gone: set[int], limit: int | None = None
) -> dict[int, list[Slot]]:
    """Free slots around these appointments by doctor, without those that go."""
    times = [one.starts_at for one in appointments if one.starts_at is not None]
    nearby = slots.filter(starts_at__gte=min(times) - SEARCHED_BEFORE, starts_at__lt=max(times) + SEARCHED_AFTER)
    by_doctor: dict[int, list[Slot]] = defaultdict(list)
    for slot in nearby.order_by("starts_at")[:limit]:
        if slot.pk not in gone:
            by_doctor[slot.doctor_id].append(slot)
    return by_doctor


def _nearest(appointment: Appointment, slots: Iterable[Slot], limit: int) -> list[Slot]:
    moment = appointment.starts_at or timezone.now()
    return sorted(slots, key=lambda slot: (abs(slot.starts_at - moment), slot.pk))[:limit]
