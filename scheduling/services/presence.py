"""What follows for a visit from what happens to a patient who is here. The queue calls it, with the visit locked."""

from __future__ import annotations

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.errors import SeatGone, SlotTaken
from scheduling.models import Appointment
from scheduling.services import seats
from scheduling.services.booking import patient_in_one_place
from scheduling.services.lifecycle import read_appointment
from scheduling.services.transitions import change_status, correct_status
from scheduling.signals import appointment_changed
from scheduling.states import AppointmentStatus


def miss_call(*, appointment_id: int, actor: Actor) -> Appointment:
    """A patient who was checked in did not come when called, whether or not the booked time has come.

    Raises WrongState.
    """
    with recorded(actor, "appointment.no_show"):
        return change_status(read_appointment(appointment_id), AppointmentStatus.NO_SHOW, actor=actor)


def leave_unseen(*, appointment_id: int, actor: Actor, message: str = "") -> Appointment:
    """A patient who was checked in goes home without having seen the doctor. Raises WrongState."""
    with recorded(actor, "appointment.leave"):
        appointment = read_appointment(appointment_id)
        change_status(
            appointment,
            AppointmentStatus.CANCELLED,
            actor=actor,
            message=message,
            cancellation_message=message.replace("\x00", "").strip(),
            calendar_sequence=appointment.calendar_sequence + 1,
        )
        seats.free_seat_of(appointment)
    return appointment


def take_back_to(status: AppointmentStatus, *, appointment_id: int, actor: Actor) -> Appointment:
    """Take back the step that led away from `status`: it was a mistake, or they came after all.

    A cancelled visit takes its seat again. Raises WrongState; SeatGone where that is somebody else's by now;
    PatientBusy where the patient has another visit at that time.
    """
    with recorded(actor, "appointment.correct"):
        appointment = read_appointment(appointment_id)
        if appointment.status != AppointmentStatus.CANCELLED:
            with patient_in_one_place():
                return correct_status(appointment, status, actor=actor)
        _take_seat_again(appointment)
        with patient_in_one_place():
            return correct_status(appointment, status, actor=actor, cancellation_message="")


def _take_seat_again(appointment: Appointment) -> None:
    if appointment.slot_id is None:
        return
    try:
        seats.take_seat(appointment.slot_id)
    except SlotTaken as error:
        raise SeatGone from error
    seats.announce(appointment.slot_id, appointment.doctor_id, "booked")


def hand_over(*, appointment_id: int, doctor_id: int, actor: Actor) -> Appointment:
    """Another doctor sees the patient; the seat stays where it was booked."""
    with recorded(actor, "appointment.hand_over"):
        Appointment.objects.filter(pk=appointment_id).update(doctor_id=doctor_id, changed_at=timezone.now())
        appointment = read_appointment(appointment_id)
        appointment_changed.send(
            sender=Appointment, appointment=appointment, previous=appointment.status, actor=actor, message=""
        )
    return appointment
