"""Moving a visit to another time, and following one up.

A moved appointment keeps its old seat until the new one is sure: both happen in one transaction, or neither. The old
row stays as history and points at its successor, which carries the calendar identity on.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from scheduling.errors import BookingKeyReused, HoldExpired, SameSlot, SlotUnknown, WrongState
from scheduling.models import Appointment, Hold, Slot, WaitlistEntry
from scheduling.selectors.terms import terms_of_move
from scheduling.services import offers, seats
from scheduling.services.booking import LINK_OUTLIVES_VISIT, VisitDetails, book_slot, insert_appointment
from scheduling.services.holds import consume_hold
from scheduling.services.lifecycle import read_appointment, require_changeable, require_in_time
from scheduling.services.patients import lock_patient
from scheduling.services.transitions import change_status
from scheduling.signals import appointment_changed
from scheduling.states import UPCOMING, AppointmentStatus, AppointmentType, Source, WaitlistStatus

CARRIED_OVER = (
    "patient",
    "type",
    "reason",
    "symptoms",
    "urgency",
    "special_requirements",
    "source",
    "notes",
    "meeting_link",
    "booked_by",
    "follows",
    "calendar_uid",
)
"""What the successor of a moved appointment takes over as it is."""


def reschedule_appointment(
    *, appointment_id: int, actor: Actor, slot_id: int | None = None, hold_token: str | None = None
) -> Appointment:
    """Move an appointment to a seat of another slot; returns its successor.

    With `hold_token` the seat is the one that hold keeps, of `slot_id` if both are given. Asked again for the same
    move, it returns the same successor. Raises WrongState, TooLate (patients), SameSlot, HoldExpired, SlotUnknown
    without either, and what taking a seat raises.
    """
    try:
        return _reschedule(appointment_id, slot_id, hold_token, actor)
    except DomainError:
        old = read_appointment(appointment_id)
        if old.successor is None:
            raise
        return _moved_before(old, slot_id, hold_token)  # by the same request, a moment earlier


def _reschedule(appointment_id: int, slot_id: int | None, hold_token: str | None, actor: Actor) -> Appointment:
    old = read_appointment(appointment_id)
    require_changeable(old, actor=actor)
    if old.status not in UPCOMING:
        raise WrongState(status_now=old.status)
    require_in_time(old)
    hold = _live_hold(hold_token, slot_id) if hold_token else None
    target = hold.slot_id if hold else slot_id
    if target is None:
        raise SlotUnknown
    if old.slot_id == target:
        raise SameSlot
    if hold is None:
        seats.glance_at_free_seat(slot_id=target, actor=actor)
    slot = hold.slot if hold else seats.read_slot(target)
    with recorded(actor, "appointment.reschedule"):
        seats.lock_slots([old.slot_id, slot.pk])
        lock_patient(old.patient)
        if hold is None:
            seats.take_seat(target)
        elif not consume_hold(hold):
            raise HoldExpired
        successor = _replace(old, slot, actor, key=hold.token if hold else None)
        _close_waitlist(old, successor, hold)
        seats.free_seat_of(old)
        seats.announce(slot.pk, slot.doctor_id, "booked")
        offers.offer_slot(old.slot_id)
    return successor


def _moved_before(old: Appointment, slot_id: int | None, hold_token: str | None) -> Appointment:
    successor = old.successor
    same_slot = slot_id is not None and successor is not None and successor.slot_id == slot_id
    same_hold = slot_id is None and successor is not None and successor.booking_key == hold_token
    if successor is None or not (same_slot or same_hold):
        raise WrongState(status_now=old.status)
    return read_appointment(successor.pk)


def _live_hold(token: str, slot_id: int | None) -> Hold:
    hold = (
        Hold.objects.select_related("slot__doctor", "slot__location")
        .filter(token=token, expires_at__gt=timezone.now())
        .first()
    )
    if hold is None:
        raise HoldExpired
    if slot_id not in (None, hold.slot_id):
        raise BookingKeyReused
    return hold


def _replace(old: Appointment, slot: Slot, actor: Actor, *, key: str | None) -> Appointment:
    status = AppointmentStatus(old.status)
    terms = terms_of_move(old, doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at)
    if old.fee and terms.currency != old.currency:  # what was paid for it could not be counted any more
        raise WrongState(_("This doctor's fee is in another currency. Please cancel the appointment and book anew."))
    successor = Appointment(
        **{name: getattr(old, name) for name in CARRIED_OVER},
        doctor=slot.doctor,
        location=slot.location,
        slot=slot,
        booking_key=key,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        secret_expires_at=slot.ends_at + LINK_OUTLIVES_VISIT,
        status=status,
        expires_at=min(old.expires_at, slot.starts_at) if old.expires_at else None,
        fee=terms.fee,
        currency=terms.currency,
        prepayment=terms.prepayment,
        calendar_sequence=old.calendar_sequence + 1,
    )
    change_status(old, AppointmentStatus.RESCHEDULED, actor=actor, expires_at=None)
    insert_appointment(successor)
    Appointment.objects.filter(pk=old.pk).update(successor=successor)
    old.successor = successor
    appointment_changed.send(sender=Appointment, appointment=successor, previous=None, actor=actor, message="")
    return successor


def _close_waitlist(old: Appointment, successor: Appointment, hold: Hold | None) -> None:
    """Whoever waited for an earlier seat instead of this one has it now; another one on offer would replace it."""
    if hold is not None and hold.waitlist_entry_id is not None:
        WaitlistEntry.objects.filter(pk=hold.waitlist_entry_id).update(status=WaitlistStatus.BOOKED)
    entries = WaitlistEntry.objects.filter(instead_of=old)
    entries.filter(status=WaitlistStatus.WAITING).update(status=WaitlistStatus.CANCELLED)
    entries.filter(status=WaitlistStatus.OFFERED).update(instead_of=successor)


def book_follow_up(*, appointment_id: int, slot_id: int, actor: Actor, reason: str = "") -> Appointment:
    """Book a visit that follows up a completed or running one, for the same patient.

    Raises WrongState before the first visit began, and what book_slot raises.
    """
    first = read_appointment(appointment_id)
    require_followable(first)
    visit = VisitDetails(
        reason=reason or first.reason,
        type=AppointmentType.FOLLOW_UP,
        source=Source.ADMIN if actor.is_staff else Source.WEB,
        follows=first,
    )
    return book_slot(slot_id=slot_id, patient=first.patient, visit=visit, actor=actor)


def require_followable(first: Appointment) -> None:
    """Refuse to follow up a visit that has not begun. Raises WrongState."""
    if first.status not in {AppointmentStatus.COMPLETED, AppointmentStatus.IN_PROGRESS}:
        raise WrongState(status_now=first.status)
