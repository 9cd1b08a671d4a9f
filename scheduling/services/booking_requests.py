"""Booking as a program asks for it: by ids. Who may book what for whom, and where, is decided here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import NotPermitted
from accounts.services.throttling import count_attempt
from scheduling import rules
from scheduling.errors import AppointmentUnknown, InvalidVisit, PatientUnknown, SlotClosed, SlotUnknown
from scheduling.models import Appointment, Hold, Patient, Slot
from scheduling.services.booking import VisitDetails, book_hold, book_slot, register_walk_in
from scheduling.services.holds import ADDRESS_WINDOW
from scheduling.services.patients import PatientDetails
from scheduling.services.rescheduling import require_followable
from scheduling.states import AppointmentType, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """What is asked for. The seat is the one a hold keeps, or one of a slot, or none: a walk-in to `doctor_id` at
    `location_id`. With `follows_id`, the id of a visit to follow up, the patient is that visit's."""

    visit: VisitDetails
    patient: int | PatientDetails | None = None
    hold: str | None = None
    slot_id: int | None = None
    doctor_id: int | None = None
    location_id: int | None = None
    follows_id: int | None = None


def book_as_asked(*, asked: BookingRequest, actor: Actor) -> Appointment:
    """Book what is asked for.

    Visitors book for whom they describe, patients for their family too, reception at its locations for patients it
    sees. A hold's token asked for again finds the same appointment. Raises NotPermitted, PatientUnknown,
    AppointmentUnknown, SlotUnknown, and what `book_hold`, `book_slot` and `register_walk_in` raise.
    """
    _require_permitted(asked, actor)
    visit, patient = asked.visit, _patient_of(asked, actor)
    if asked.follows_id is not None:
        first = _followed(asked.follows_id, actor)
        visit = replace(visit, type=AppointmentType.FOLLOW_UP, follows=first, reason=visit.reason or first.reason)
        if patient not in (None, first.patient):
            raise InvalidVisit(_("A follow-up is for the patient of the first visit."), field="patient")
        patient = first.patient
    if patient is None:
        raise InvalidVisit(_("Say who the appointment is for."), field="patient")
    return _book(asked, patient, visit, actor)


def _book(asked: BookingRequest, patient: Patient | PatientDetails, visit: VisitDetails, actor: Actor) -> Appointment:
    if asked.hold is not None:
        return book_hold(token=asked.hold, patient=patient, visit=visit, actor=actor)
    if asked.slot_id is not None:
        return _book_at_once(asked.slot_id, patient, visit, actor)
    if asked.doctor_id is None or asked.location_id is None:
        raise SlotUnknown
    return register_walk_in(
        doctor_id=asked.doctor_id, location_id=asked.location_id, patient=patient, visit=visit, actor=actor
    )


def _book_at_once(slot_id: int, patient: Patient | PatientDetails, visit: VisitDetails, actor: Actor) -> Appointment:
    """Book without a hold. It counts as one: an address takes no more seats by leaving holds out."""
    limit = settings.HOLDS_PER_ADDRESS
    if not limit or actor.is_staff:
        return book_slot(slot_id=slot_id, patient=patient, visit=visit, actor=actor)
    with transaction.atomic():
        made = book_slot(slot_id=slot_id, patient=patient, visit=visit, actor=actor)
        count_attempt(subject=f"hold:{actor.address}", limit=limit, window=ADDRESS_WINDOW)
    return made


def _require_permitted(asked: BookingRequest, actor: Actor) -> None:
    if actor.user is not None and actor.user.is_staff:
        if not rules.works_the_desk(actor.user):
            raise NotPermitted(_("Reception and managers book for patients."))
        require_own_location(actor, slot_id=asked.slot_id, hold=asked.hold, location_id=asked.location_id)
        return
    visit = asked.visit
    for_staff = {
        "notes": visit.notes,
        "meeting_link": visit.meeting_link,
        "type": visit.type != AppointmentType.ONLINE,
        "urgency": visit.urgency == Urgency.EMERGENCY,  # nobody waits for an appointment with one
        "doctor": asked.doctor_id,
        "location": asked.location_id,
    }
    for name, said in for_staff.items():
        if said:
            raise NotPermitted(_("Only the clinic's staff can say this."), field=name)


def require_own_location(
    actor: Actor, *, slot_id: int | None = None, hold: str | None = None, location_id: int | None = None
) -> None:
    """Keep a member of staff to times and places of the locations they see; for them there are no others.

    Raises SlotUnknown, SlotClosed.
    """
    if actor.user is None or rules.sees_all_locations(actor.user):
        return
    own = rules.locations_of(actor.user)
    if slot_id is not None and not Slot.objects.filter(pk=slot_id, location__in=own).exists():
        raise SlotUnknown
    if hold is not None and Hold.objects.filter(token=hold).exclude(slot__location__in=own).exists():
        raise SlotUnknown
    if location_id is not None and not own.filter(pk=location_id).exists():
        raise SlotClosed(_("This doctor does not see patients there."))


def _patient_of(asked: BookingRequest, actor: Actor) -> Patient | PatientDetails | None:
    if not isinstance(asked.patient, int):
        return asked.patient
    return patient_by_id(asked.patient, actor)


def patient_by_id(patient_id: int, actor: Actor) -> Patient:
    """The patient with that id, if they are the actor's to speak for. Raises PatientUnknown."""
    found = rules.patients_visible_to(actor.user or AnonymousUser()).filter(pk=patient_id).first()
    if found is None:
        raise PatientUnknown(field="patient")
    return found


def _followed(appointment_id: int, actor: Actor) -> Appointment:
    visits = rules.appointments_visible_to(actor.user or AnonymousUser()).select_related("patient")
    first = visits.filter(pk=appointment_id).first()
    if first is None:
        raise AppointmentUnknown(field="follows")
    require_followable(first)
    return first
