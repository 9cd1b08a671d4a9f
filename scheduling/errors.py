"""What can go wrong on the ground floor, each with a stable code and a sentence for the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import DomainError
from scheduling.states import AppointmentStatus

if TYPE_CHECKING:
    from scheduling.models import Appointment


class SlotUnknown(DomainError):
    """No slot has that number."""

    code = "slot_unknown"
    sentence = _("We do not know that time. Please choose another one.")
    status = 404


class SlotTaken(DomainError):
    """Every seat of the slot is somebody's."""

    code = "slot_taken"
    sentence = _("Somebody else has just taken that time. Please choose another one.")


class SlotClosed(DomainError):
    """Staff closed the slot, or the doctor or location is no longer active."""

    code = "slot_closed"
    sentence = _("That time is no longer offered. Please choose another one.")


class SlotPast(DomainError):
    """The slot has begun, or begins too soon to be booked online."""

    code = "slot_past"
    sentence = _("That time can no longer be booked. Please choose a later one.")


class SlotBooked(DomainError):
    """Somebody has a seat in the slot, so it cannot be removed."""

    code = "slot_booked"
    sentence = _("Somebody is booked at that time, so it cannot be removed.")


class HoldExpired(DomainError):
    """The hold ran out, was given back, or never was."""

    code = "hold_expired"
    sentence = _("We could not keep your time any longer. Please choose a time again.")


class HoldProlongedTooOften(DomainError):
    """The hold cannot be prolonged any more."""

    code = "hold_prolonged_too_often"
    sentence = _("We cannot keep this time for you any longer. Please finish, or choose it again later.")


class BookingKeyReused(DomainError):
    """The same key came again with another request."""

    code = "key_reused"
    sentence = _("This booking was already made, with other details. Please look at it before you book again.")


class InvalidVisit(DomainError):
    """What was said about the visit does not make sense."""

    code = "invalid_visit"
    sentence = _("Please check the details of the visit.")
    status = 400


class PatientBusy(DomainError):
    """The patient has another appointment at that time."""

    code = "patient_busy"
    sentence = _("This patient already has an appointment at that time.")


class SeatGone(DomainError):
    """A cancelled visit gave its seat back, so it cannot simply come to life again."""

    code = "seat_gone"
    sentence = _("The seat of this visit was given back. Please book or register the patient again.")


class PatientKnown(DomainError):
    """A record with the same name, birthday and contact is already there."""

    code = "patient_known"
    sentence = _("There is already a record with this name, date of birth and contact.")


class InvalidPatient(DomainError):
    """What was said about the patient does not make sense."""

    code = "invalid_patient"
    sentence = _("Please check the details of the patient.")
    status = 400


class PatientUnknown(DomainError):
    """No patient has that number, or not for whoever asks."""

    code = "patient_unknown"
    sentence = _("We do not know that patient.")
    status = 404


class AppointmentUnknown(DomainError):
    """No appointment has that number, or not for whoever asks."""

    code = "appointment_unknown"
    sentence = _("We do not know that appointment.")
    status = 404


class LinkExpired(DomainError):
    """The secret link is too old to be trusted."""

    code = "link_expired"
    sentence = _("This link is too old. Please have a fresh one sent to you.")
    status = 404


class SameSlot(DomainError):
    """Moving an appointment to where it already is."""

    code = "same_slot"
    sentence = _("The appointment is already at that time.")


class WrongState(DomainError):
    """The appointment is not in a state that allows this."""

    code = "wrong_state"
    sentence = _("That is not possible with the appointment as it is now.")

    def __init__(self, sentence: str | Promise | None = None, *, status_now: str = "") -> None:
        if sentence is None and status_now:
            named = {"state": AppointmentStatus(status_now).label}
            sentence = _("That is not possible: the state of the appointment is now “%(state)s”.") % named
        super().__init__(sentence)
        self.status_now = status_now
        self.members = {"status_now": str(status_now)} if status_now else {}


class PaymentDue(DomainError):
    """The booking is confirmed by paying for it, and by nothing else."""

    code = "payment_due"
    sentence = _("This appointment is confirmed once it is paid for.")


class TooLate(DomainError):
    """The clinic asks for more notice than is left."""

    code = "too_late"
    sentence = _("It is too late to change this appointment online. Please phone the clinic.")


class OfferExpired(DomainError):
    """The waitlist offer ran out or was answered before."""

    code = "offer_expired"
    sentence = _("This offer is no longer open.")


class InvalidWaitlistRequest(DomainError):
    """The wish for the waitlist does not make sense."""

    code = "invalid_waitlist_request"
    sentence = _("Please check what you would like to wait for.")
    status = 400


class AppointmentsAffected(DomainError):
    """A change of the calendar would strand appointments that nobody has decided about."""

    code = "appointments_affected"
    sentence = _("People are booked at times that would go. Please choose what becomes of each of them.")

    def __init__(self, appointments: Sequence[Appointment]) -> None:
        super().__init__()
        self.appointments = list(appointments)
        self.members = {"appointments": [appointment.pk for appointment in appointments]}


class InvalidCalendar(DomainError):
    """Hours, days or a plan for slots that make no sense; `field` names the one that does not."""

    code = "invalid_calendar"
    sentence = _("Please check the days and times.")
    status = 400


class SlotOverlap(DomainError):
    """The doctor already has a slot at that time."""

    code = "slot_overlap"
    sentence = _("The doctor already has a slot that overlaps this time.")


class CapacityBelowTaken(DomainError):
    """More seats are taken than the slot would have."""

    code = "capacity_below_taken"
    sentence = _("More people are booked than that. Move or cancel some of them first.")


class CalendarEntryUnknown(DomainError):
    """No such hours, time off or batch of slots."""

    code = "calendar_entry_unknown"
    sentence = _("We do not know that entry of the calendar.")
    status = 404


class InvalidClinicEntry(DomainError):
    """What was said about a location, a specialty or a doctor does not make sense; `field` names what."""

    code = "invalid_clinic_entry"
    sentence = _("Please check what you entered.")
    status = 400


class AlreadyThere(DomainError):
    """Another location, specialty or doctor already has that name, address or number."""

    code = "already_there"
    sentence = _("There already is one with that name, address or number.")


class SlotsAhead(DomainError):
    """Slots to come stand in the way of a change of the clinic."""

    code = "slots_ahead"
    sentence = _("There are slots to come. Retire the hours and remove these slots first.")


class InUse(DomainError):
    """Something hangs on what should be deleted."""

    code = "in_use"
    sentence = _("This is in use and cannot be deleted. Make it inactive instead.")


class ClinicEntryUnknown(DomainError):
    """No such location, specialty or doctor."""

    code = "clinic_entry_unknown"
    sentence = _("We do not know that entry.")
    status = 404


class InvalidReport(DomainError):
    """The days that a report is asked about do not make sense."""

    code = "invalid_report"
    sentence = _("Please check the days of the report.")
    status = 400
