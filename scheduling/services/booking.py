"""Booking: a seat becomes somebody's appointment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from scheduling.errors import BookingKeyReused, HoldExpired, InvalidVisit, PatientBusy, PatientKnown, SlotClosed
from scheduling.models import Appointment, Doctor, Hold, Location, Patient, Slot, WaitlistEntry
from scheduling.selectors.terms import terms_of
from scheduling.services import seats
from scheduling.services.holds import consume_hold
from scheduling.services.patients import PatientDetails, find_or_add_patient, lock_patient
from scheduling.signals import appointment_changed
from scheduling.states import AppointmentStatus, AppointmentType, Source, Urgency, WaitlistStatus
from scheduling.visit_terms import VisitTerms

LINK_OUTLIVES_VISIT = timedelta(days=30)
"""How long after the visit its secret link still opens it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDetails:
    """What somebody says about the visit when they book."""

    reason: str = ""
    symptoms: str = ""
    urgency: str = Urgency.LOW
    special_requirements: str = ""
    type: str = AppointmentType.ONLINE
    source: str = Source.WEB
    notes: str = ""
    meeting_link: str = ""
    follows: Appointment | None = None


def book_hold(*, token: str, patient: Patient | PatientDetails, visit: VisitDetails, actor: Actor) -> Appointment:
    """Turn a held seat into an appointment: confirmed, or pending where the location wants a confirmation or the terms
    of the visit a prepayment.

    The same token again (a double click, a retry) finds the same appointment; with other details it raises
    BookingKeyReused. Raises HoldExpired, PatientBusy, InvalidPatient, InvalidVisit.
    At most eight statements of its own, and those of who listens.
    """
    return _once_more_if_known(lambda: _book_hold(token, patient, visit, actor))


def _book_hold(token: str, patient: Patient | PatientDetails, visit: VisitDetails, actor: Actor) -> Appointment:
    try:
        with recorded(actor, "appointment.book"):
            hold = (
                Hold.objects.select_related("slot__doctor", "slot__location")
                .filter(token=token, expires_at__gt=timezone.now())
                .first()
            )
            if hold is None:
                raise HoldExpired
            record = _record_of(patient, actor)
            if not consume_hold(hold):
                raise HoldExpired
            appointment = _insert(slot=hold.slot, patient=record, visit=visit, actor=actor, key=token)
            if hold.waitlist_entry_id is not None:
                WaitlistEntry.objects.filter(pk=hold.waitlist_entry_id).update(status=WaitlistStatus.BOOKED)
    except HoldExpired:
        return _booked_before(token, patient, visit)
    return appointment


def book_slot(
    *,
    slot_id: int,
    patient: Patient | PatientDetails,
    visit: VisitDetails,
    actor: Actor,
    key: str | None = None,
) -> Appointment:
    """Take a seat and book it in one transaction, for those who need no form in between (staff, programs).

    With a `key`, the same key again finds the same appointment; with another slot or other details it raises
    BookingKeyReused. Raises what `seats.glance_at_free_seat` and `book_hold` raise.
    """
    if key is not None and (before := _with_key(key)) is not None:
        return _same_request(before, patient, visit, slot_id)
    try:
        return _once_more_if_known(lambda: _book_slot(slot_id, patient, visit, actor, key))
    except (DomainError, IntegrityError):
        if key is not None and (before := _with_key(key)) is not None:  # the same request, a moment earlier
            return _same_request(before, patient, visit, slot_id)
        raise


def _book_slot(
    slot_id: int, patient: Patient | PatientDetails, visit: VisitDetails, actor: Actor, key: str | None
) -> Appointment:
    seats.glance_at_free_seat(slot_id=slot_id, actor=actor)
    with recorded(actor, "appointment.book"):
        seats.take_seat(slot_id)
        slot = seats.read_slot(slot_id)
        record = _record_of(patient, actor)
        return _insert(slot=slot, patient=record, visit=visit, actor=actor, key=key)


def register_walk_in(
    *,
    doctor_id: int,
    location_id: int,
    patient: Patient | PatientDetails,
    visit: VisitDetails,
    actor: Actor,
    key: str | None = None,
) -> Appointment:
    """A confirmed visit without a slot, for somebody who is standing at the desk.

    With a `key`, the same key again finds the same visit. Raises SlotClosed if the doctor does not work there.
    """
    if key is not None and (before := _with_key(key)) is not None:
        return _same_request(before, patient, visit)
    doctor = Doctor.objects.filter(pk=doctor_id, is_active=True, locations=location_id).first()
    location = Location.objects.filter(pk=location_id, is_active=True).first()
    if doctor is None or location is None:
        raise SlotClosed(_("This doctor does not see patients there."))

    def register() -> Appointment:
        with recorded(actor, "appointment.walk_in"):
            record = _record_of(patient, actor)
            terms = terms_of(
                doctor=doctor, location=location, patient=record, starts_at=timezone.now(), type=visit.type
            ).at_the_clinic()
            appointment = _new_appointment(
                doctor=doctor, location=location, patient=record, terms=terms, visit=visit, actor=actor
            )
            appointment.status = AppointmentStatus.CONFIRMED
            appointment.booking_key = key
            return _save(appointment, actor)

    try:
        return _once_more_if_known(register)
    except IntegrityError:
        if key is not None and (before := _with_key(key)) is not None:  # the same request, a moment earlier
            return _same_request(before, patient, visit)
        raise


def _once_more_if_known(book: Callable[[], Appointment]) -> Appointment:
    """Book; and once more if the patient was registered by somebody else meanwhile: now the record is found."""
    try:
        return book()
    except PatientKnown:
        return book()


def _record_of(patient: Patient | PatientDetails, actor: Actor) -> Patient:
    if isinstance(patient, Patient):
        lock_patient(patient)
        return patient
    owner = None if actor.is_staff else actor.user
    return find_or_add_patient(details=patient, user=owner)


def _insert(*, slot: Slot, patient: Patient, visit: VisitDetails, actor: Actor, key: str | None) -> Appointment:
    terms = terms_of(
        doctor=slot.doctor, location=slot.location, patient=patient, starts_at=slot.starts_at, type=visit.type
    )
    if actor.is_staff:  # whom they book for pays when they come
        terms = terms.at_the_clinic()
    appointment = _new_appointment(
        doctor=slot.doctor, location=slot.location, patient=patient, terms=terms, visit=visit, actor=actor
    )
    appointment.slot = slot
    appointment.starts_at = slot.starts_at
    appointment.ends_at = slot.ends_at
    appointment.secret_expires_at = slot.ends_at + LINK_OUTLIVES_VISIT
    appointment.booking_key = key
    appointment.expires_at = _keep_until(appointment, terms, actor)
    appointment.status = AppointmentStatus.PENDING if appointment.expires_at else AppointmentStatus.CONFIRMED
    _save(appointment, actor)
    seats.announce(slot.pk, slot.doctor_id, "booked")
    return appointment


def _keep_until(appointment: Appointment, terms: VisitTerms, actor: Actor) -> datetime | None:
    """When a booking lapses unless it is paid or confirmed, at the start of the visit at the latest; None where neither
    is wanted: staff's bookings are confirmed at once."""
    location = appointment.location
    if appointment.prepayment:
        minutes = terms.minutes
    elif location.needs_confirmation and not actor.is_staff:
        minutes = location.pending_minutes
    else:
        return None
    until = timezone.now() + timedelta(minutes=minutes)
    return until if appointment.starts_at is None else min(until, appointment.starts_at)


def _new_appointment(
    *, doctor: Doctor, location: Location, patient: Patient, terms: VisitTerms, visit: VisitDetails, actor: Actor
) -> Appointment:
    return Appointment(
        patient=patient,
        doctor=doctor,
        location=location,
        fee=terms.fee,
        currency=terms.currency,
        prepayment=terms.prepayment,
        booked_by=actor.user,
        reason=visit.reason.strip(),
        symptoms=visit.symptoms.strip(),
        urgency=visit.urgency,
        special_requirements=visit.special_requirements.strip(),
        type=visit.type,
        source=visit.source,
        notes=visit.notes,
        meeting_link=visit.meeting_link,
        follows=visit.follows,
    )


def _save(appointment: Appointment, actor: Actor) -> Appointment:
    check_visit(appointment)
    insert_appointment(appointment)
    appointment_changed.send(sender=Appointment, appointment=appointment, previous=None, actor=actor, message="")
    return appointment


def check_visit(appointment: Appointment) -> None:
    """Refuse what makes no sense of a visit, naming the field. Raises InvalidVisit."""
    said = ("reason", "symptoms", "special_requirements", "notes", "meeting_link")
    typed = {"urgency", "type", "source", *said}
    try:
        appointment.clean_fields(exclude={field.name for field in Appointment._meta.fields} - typed)
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise InvalidVisit(sentences[0], field=name) from error
    for name in said:
        if "\x00" in getattr(appointment, name):
            raise InvalidVisit(_("Some characters in these details cannot be stored."), field=name)


def insert_appointment(appointment: Appointment) -> None:
    """Insert the row; the database refuses a patient in two places at one time, which raises PatientBusy."""
    with patient_in_one_place():
        appointment.save(force_insert=True)


@contextmanager
def patient_in_one_place() -> Iterator[None]:
    """Say PatientBusy where the database refuses a patient in two places at one time."""
    try:
        yield
    except IntegrityError as error:
        said = str(error)
        guards = (
            "appointment_patient_busy",
            "one_live_appointment_per_patient_and_slot",
            "scheduling_appointment.patient_id, scheduling_appointment.slot_id",
        )
        if any(guard in said for guard in guards):
            raise PatientBusy from error
        raise


def _with_key(key: str) -> Appointment | None:
    return Appointment.objects.select_related("patient", "doctor", "location", "slot").filter(booking_key=key).first()


def _booked_before(token: str, patient: Patient | PatientDetails, visit: VisitDetails) -> Appointment:
    before = _with_key(token)
    if before is None:
        raise HoldExpired
    return _same_request(before, patient, visit)


def _same_request(
    before: Appointment, patient: Patient | PatientDetails, visit: VisitDetails, slot_id: int | None = None
) -> Appointment:
    """The appointment made before, if it is what is asked for now; else BookingKeyReused.

    The token of a hold stands for its slot; a key that a client made up does not.
    """
    if slot_id is not None and before.slot_id not in (slot_id, None):  # None: the slot was removed since
        raise BookingKeyReused
    if isinstance(patient, Patient):
        same_patient = before.patient_id == patient.pk
    else:
        asked = patient.cleaned()
        same_patient = (
            before.patient.first_name.casefold() == asked.first_name.casefold()
            and before.patient.last_name.casefold() == asked.last_name.casefold()
            and before.patient.date_of_birth == asked.date_of_birth
        )
    same_visit = (before.reason, before.symptoms, before.urgency, before.special_requirements) == (
        visit.reason.strip(),
        visit.symptoms.strip(),
        visit.urgency,
        visit.special_requirements.strip(),
    )
    if not (same_patient and same_visit):
        raise BookingKeyReused
    return before
