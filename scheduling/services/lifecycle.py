"""The life of an appointment after it was booked: one function per step.

Each step is harmless to repeat: asked for the state it already has, an appointment is simply returned. Patients act
within the clinic's notice rule; staff always.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.errors import AppointmentUnknown, PaymentDue, TooLate, WrongState
from scheduling.models import Appointment, WaitlistEntry
from scheduling.selectors.seats import count_overdue, overdue_holds, overdue_pending
from scheduling.services import offers, seats
from scheduling.services.transitions import change_status
from scheduling.states import UPCOMING, AppointmentStatus, WaitlistStatus

EARLIEST_CHECK_IN = timedelta(hours=12)
"""So long before the visit the patient may be here at the earliest; nights of a clinic past midnight included."""


def read_appointment(appointment_id: int) -> Appointment:
    """The appointment with all that its rules need, in one query. Raises AppointmentUnknown."""
    appointment = (
        Appointment.objects.select_related("patient", "doctor", "location", "slot", "successor")
        .filter(pk=appointment_id)
        .first()
    )
    if appointment is None:
        raise AppointmentUnknown
    return appointment


def confirm_appointment(*, appointment_id: int, actor: Actor) -> Appointment:
    """Confirm a pending appointment before it runs out. Raises WrongState when it is too late for that.

    Where something has to be paid first, staff may waive it by confirming; for anybody else it raises PaymentDue:
    who takes the money confirms the booking (`prepaid.confirm_paid`).
    """

    def confirm(appointment: Appointment) -> None:
        require_in_time(appointment)
        if appointment.prepayment and not actor.is_staff:
            raise PaymentDue
        change_status(appointment, AppointmentStatus.CONFIRMED, actor=actor, expires_at=None, prepayment=0)

    return _once(appointment_id, AppointmentStatus.CONFIRMED, "appointment.confirm", actor, confirm)


def require_in_time(appointment: Appointment) -> None:
    """Refuse what is done with a booking after its time to confirm ran out, ended already or not. Raises WrongState."""
    if _has_run_out(appointment):
        raise WrongState(_("The time to confirm this appointment has run out."), status_now=appointment.status)


def _has_run_out(appointment: Appointment) -> bool:
    return appointment.expires_at is not None and appointment.expires_at <= timezone.now()


def confirm_attendance(*, appointment_id: int, actor: Actor) -> Appointment:
    """Note that the patient says they will come. Raises WrongState unless the visit is confirmed and still to come."""
    appointment = read_appointment(appointment_id)
    now = timezone.now()
    if appointment.status != AppointmentStatus.CONFIRMED:
        raise WrongState(status_now=appointment.status)
    if appointment.ends_at is not None and appointment.ends_at <= now:
        raise WrongState(_("The visit is over."), status_now=appointment.status)
    if appointment.attendance_confirmed_at is None:
        with recorded(actor, "appointment.confirm_attendance"):
            confirmed = Appointment.objects.filter(pk=appointment.pk, status=AppointmentStatus.CONFIRMED)
            if not confirmed.update(attendance_confirmed_at=now):
                raise WrongState(status_now=appointment.status)
        appointment.attendance_confirmed_at = now
    return appointment


def cancel_appointment(*, appointment_id: int, actor: Actor, message: str = "") -> Appointment:
    """Cancel a visit and give its seat back, to the first on the waitlist if somebody waits for it.

    `message` is what staff tell the patient, or why the patient cannot come. Raises WrongState; TooLate for patients.
    """

    def cancel(appointment: Appointment) -> None:
        require_changeable(appointment, actor=actor)
        seats.lock_slots([appointment.slot_id])
        change_status(
            appointment,
            AppointmentStatus.CANCELLED,
            actor=actor,
            message=message,
            cancellation_message=message.replace("\x00", "").strip(),
            expires_at=None,
            calendar_sequence=appointment.calendar_sequence + 1,
        )
        seats.free_seat_of(appointment)
        offers.offer_slot(appointment.slot_id)
        if not actor.is_staff:  # whoever does not want the visit does not want an earlier one instead of it either
            WaitlistEntry.objects.filter(instead_of=appointment, status=WaitlistStatus.WAITING).update(
                status=WaitlistStatus.CANCELLED
            )

    return _once(appointment_id, AppointmentStatus.CANCELLED, "appointment.cancel", actor, cancel)


def check_in_appointment(*, appointment_id: int, actor: Actor) -> Appointment:
    """The patient is here. Raises WrongState long before the visit: that is somebody else's line in the list."""
    appointment = read_appointment(appointment_id)
    if appointment.starts_at is not None and appointment.starts_at > timezone.now() + EARLIEST_CHECK_IN:
        raise WrongState(_("The visit is not due yet."), status_now=appointment.status)
    return _step(appointment_id, AppointmentStatus.CHECKED_IN, "appointment.check_in", actor)


def start_appointment(*, appointment_id: int, actor: Actor) -> Appointment:
    """The patient is with the doctor."""
    return _step(appointment_id, AppointmentStatus.IN_PROGRESS, "appointment.start", actor)


def complete_appointment(*, appointment_id: int, actor: Actor) -> Appointment:
    """The visit is over."""
    return _step(appointment_id, AppointmentStatus.COMPLETED, "appointment.complete", actor)


def mark_no_show(*, appointment_id: int, actor: Actor) -> Appointment:
    """The patient did not come. Raises WrongState before the visit was due."""
    appointment = read_appointment(appointment_id)
    if appointment.starts_at is not None and appointment.starts_at > timezone.now():
        raise WrongState(_("The visit is not due yet."), status_now=appointment.status)
    return _step(appointment_id, AppointmentStatus.NO_SHOW, "appointment.no_show", actor)


def take_step(*, appointment_id: int, to: AppointmentStatus, actor: Actor, message: str = "") -> Appointment:
    """Bring a visit into the state `to` by the one step that leads there, and no other way.

    `message` goes with a cancellation only. Raises WrongState where no step leads there (moving a visit is no step:
    it needs a time), and what the step raises.
    """
    if to == AppointmentStatus.CANCELLED:
        return cancel_appointment(appointment_id=appointment_id, actor=actor, message=message)
    step = _STEPS.get(to)
    if step is None:
        raise WrongState(status_now=read_appointment(appointment_id).status)
    return step(appointment_id=appointment_id, actor=actor)


def _step(appointment_id: int, to: AppointmentStatus, verb: str, actor: Actor) -> Appointment:
    def step(appointment: Appointment) -> None:
        change_status(appointment, to, actor=actor)

    return _once(appointment_id, to, verb, actor, step)


def _once(
    appointment_id: int,
    to: AppointmentStatus,
    verb: str,
    actor: Actor,
    change: Callable[[Appointment], None],
) -> Appointment:
    """Make the change unless it is made already, also when somebody else makes the same one at this moment."""
    appointment = read_appointment(appointment_id)
    if appointment.status == to:
        return appointment
    try:
        with recorded(actor, verb):
            change(appointment)
    except WrongState as refused:
        if refused.status_now != to:
            raise
        return read_appointment(appointment_id)
    return appointment


def require_changeable(appointment: Appointment, *, actor: Actor) -> None:
    """Refuse to cancel or move what is over, and, for patients, what is too near. Raises WrongState or TooLate."""
    if actor.is_staff:
        return
    if appointment.status not in UPCOMING:
        raise WrongState(status_now=appointment.status)
    if appointment.status == AppointmentStatus.PENDING or appointment.starts_at is None:
        return
    notice = timedelta(minutes=appointment.location.cancel_notice_minutes)
    if appointment.starts_at - timezone.now() < notice:
        phone = appointment.location.phone
        if not phone:
            raise TooLate
        raise TooLate(
            _("It is too late to change this appointment online. Please phone the clinic: %(phone)s.")
            % {"phone": phone.as_international}
        )


def expire_appointment(*, appointment_id: int, actor: Actor) -> Appointment:
    """End a pending appointment whose time to confirm has run out. Raises WrongState before that."""

    def expire(appointment: Appointment) -> None:
        if not _has_run_out(appointment):
            raise WrongState(status_now=appointment.status)
        seats.lock_slots([appointment.slot_id])
        if not overdue_pending().filter(pk=appointment.pk).exists():  # paid, or given more time to pay, meanwhile
            raise WrongState(status_now=read_appointment(appointment.pk).status)
        change_status(appointment, AppointmentStatus.EXPIRED, actor=actor)
        seats.free_seat_of(appointment)
        offers.offer_slot(appointment.slot_id)

    return _once(appointment_id, AppointmentStatus.EXPIRED, "appointment.expire", actor, expire)


_STEPS: dict[AppointmentStatus, Callable[..., Appointment]] = {
    AppointmentStatus.CONFIRMED: confirm_appointment,
    AppointmentStatus.CHECKED_IN: check_in_appointment,
    AppointmentStatus.IN_PROGRESS: start_appointment,
    AppointmentStatus.COMPLETED: complete_appointment,
    AppointmentStatus.NO_SHOW: mark_no_show,
    AppointmentStatus.EXPIRED: expire_appointment,
}


def expire_overdue(*, actor: Actor, limit: int = 500, dry_run: bool = False) -> int:
    """The sweep: give back the seats of holds and pending appointments that ran out; return how many.

    Every slot is a transaction of its own, so that a long pause is worked off without long locks. Safe to run twice,
    or at once with another.
    """
    if dry_run:
        return count_overdue()
    return _lapse_slots(limit) + _expire_without_slot(actor, limit)


def _lapse_slots(limit: int) -> int:
    holds = overdue_holds().order_by().values_list("slot_id", flat=True)
    pending = overdue_pending().filter(slot__isnull=False).order_by().values_list("slot_id", flat=True)
    freed, faults = 0, []
    for slot_id in sorted({slot_id for slot_id in holds.union(pending)[:limit] if slot_id is not None}):
        try:
            freed += _lapse_and_offer(slot_id)
        except Exception as fault:
            faults.append(fault)
    if faults:  # one slot that cannot be ended must not keep the others from it
        raise ExceptionGroup("slots whose claims could not be ended", faults)
    return freed


def _lapse_and_offer(slot_id: int) -> int:
    """End what ran out on a slot and offer every seat that came free."""
    freed = seats.lapse_overdue_claims(slot_id=slot_id)
    for _seat in range(freed):
        if offers.offer_slot(slot_id) is None:
            break
    return freed


def _expire_without_slot(actor: Actor, limit: int) -> int:
    stranded = list(overdue_pending().filter(slot__isnull=True).values_list("pk", flat=True)[:limit])
    for appointment_id in stranded:
        expire_appointment(appointment_id=appointment_id, actor=actor)
    return len(stranded)
