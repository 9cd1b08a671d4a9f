"""What follows for a visit from the money that was asked for before it. Who takes money calls it.

Money may come when the time to pay has run out: the visit is the patient's still, while nobody else has the seat.
Every step locks the visit first, in the one order of locks, so a sweep that ends the booking at the same moment comes
before it or after it, never between.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.errors import SlotClosed, SlotPast, WrongState
from scheduling.models import Appointment
from scheduling.selectors.seats import glance_at
from scheduling.services import seats
from scheduling.services.booking import patient_in_one_place
from scheduling.services.locking import lock_visit
from scheduling.services.transitions import change_status, revive_status
from scheduling.states import AppointmentStatus

CONFIRMED_OR_LATER = frozenset(
    {
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.CHECKED_IN,
        AppointmentStatus.IN_PROGRESS,
        AppointmentStatus.COMPLETED,
        AppointmentStatus.NO_SHOW,
    }
)
"""Where there is nothing left to confirm."""


def confirm_paid(*, appointment_id: int, actor: Actor) -> Appointment:
    """Confirm a booking whose prepayment has come, in time or late; a visit that is confirmed stays as it is.

    A pending one may have run out, as long as nobody has ended it; one that expired takes its seat again, if that is
    free. Raises SlotPast once the visit was to begin, SlotTaken and SlotClosed where the seat is somebody else's or
    nobody's any more, PatientBusy, and WrongState for a visit that was cancelled or moved.
    """
    with recorded(actor, "appointment.confirm_paid"):
        appointment = lock_visit(appointment_id=appointment_id)
        status = AppointmentStatus(appointment.status)
        if status in CONFIRMED_OR_LATER:
            return appointment
        if status not in {AppointmentStatus.PENDING, AppointmentStatus.EXPIRED}:
            raise WrongState(status_now=status)
        if appointment.starts_at is None or appointment.starts_at <= timezone.now():
            raise SlotPast
        if status == AppointmentStatus.PENDING:
            return change_status(appointment, AppointmentStatus.CONFIRMED, actor=actor, expires_at=None)
        _take_seat_again(appointment)
        with patient_in_one_place():
            revive_status(appointment, AppointmentStatus.CONFIRMED, actor=actor, expires_at=None)
        seats.announce(appointment.slot_id, appointment.doctor_id, "booked")
    return appointment


def _take_seat_again(appointment: Appointment) -> None:
    """Take the seat that an expired booking gave back. Raises SlotClosed and SlotTaken.

    Ending here what ran out on the slot is safe, although the visit is locked already: whoever has one of these rows
    waits neither for this patient nor for this visit.
    """
    seen = glance_at(appointment.slot_id) if appointment.slot_id is not None else None
    if seen is None or not seen.is_offered:
        raise SlotClosed
    if seen.overdue:
        seats.lapse_overdue_claims(slot_id=seen.slot_id)
    seats.take_seat(seen.slot_id)


def prolong_pending(*, appointment_id: int, until: datetime, actor: Actor) -> Appointment:
    """Keep the seat of a pending booking until `until`, while it is being paid; never shorter than before, and no
    longer than to the start of the visit.

    Raises WrongState once the booking has run out, or is pending no longer.
    """
    with recorded(actor, "appointment.prolong"):
        appointment = lock_visit(appointment_id=appointment_id)
        ends = appointment.expires_at
        if appointment.status != AppointmentStatus.PENDING or ends is None or ends <= timezone.now():
            raise WrongState(status_now=appointment.status)
        if appointment.starts_at is not None:
            until = min(until, appointment.starts_at)
        if until > ends:
            appointment.expires_at = until
            appointment.save(update_fields=["expires_at", "changed_at"])
    return appointment
