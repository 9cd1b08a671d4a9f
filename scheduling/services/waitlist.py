"""Joining the waitlist, leaving it, and answering an offer."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.clock import local_date
from scheduling.errors import InvalidWaitlistRequest, OfferExpired, WrongState
from scheduling.models import Appointment, Doctor, Hold, Location, Patient, Specialty, WaitlistEntry
from scheduling.selectors.self_service import Standing, standing_of, waiting_instead_of
from scheduling.services import offers, seats
from scheduling.services.booking import VisitDetails, book_hold
from scheduling.services.holds import consume_hold
from scheduling.services.offers import offer_free_seats
from scheduling.services.patients import PatientDetails, lock_patient, register_patient
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import SEATED, Source, WaitlistStatus

__all__ = ["accept_offer", "decline_offer", "join_waitlist", "leave_waitlist", "offer_free_seats"]

LAST_TO_CHANGE = ZoneInfo("Etc/GMT+12")
"""Where a day ends last on earth."""

LONGEST_WAIT = timedelta(days=365)

OPEN = (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)


def join_waitlist(
    *,
    patient: Patient | PatientDetails,
    earliest_date: date,
    latest_date: date,
    actor: Actor,
    doctor_id: int | None = None,
    specialty_id: int | None = None,
    location_id: int | None = None,
    instead_of: Appointment | None = None,
) -> WaitlistEntry:
    """Put a patient on the list for a doctor, or for any doctor of a specialty, on some days.

    The same wish again returns the entry that is already there. Raises InvalidWaitlistRequest, InvalidPatient.
    """
    _check_wish(doctor_id, specialty_id)
    _check_days(earliest_date, latest_date, _zone_of(location_id))
    with recorded(actor, "waitlist.join"):
        if isinstance(patient, PatientDetails):
            owner = None if actor.is_staff else actor.user
            patient = register_patient(details=patient, user=owner, actor=actor)
        lock_patient(patient)  # so that pressing twice makes one entry
        wish = {
            "patient": patient,
            "doctor_id": doctor_id,
            "specialty_id": specialty_id,
            "location_id": location_id,
            "earliest_date": earliest_date,
            "latest_date": latest_date,
            "instead_of": instead_of,
        }
        before = WaitlistEntry.objects.filter(**wish, status__in=OPEN).first()
        return before or WaitlistEntry.objects.create(**wish)


def join_for_earlier(*, appointment: Appointment, actor: Actor) -> WaitlistEntry:
    """Wait for a seat with the same doctor at the same place, from today until the day of the visit, which is kept
    until an earlier one is accepted.

    Whoever waits already keeps their place. Raises WrongState for a visit that is not to come.
    """
    if standing_of(appointment) not in {Standing.PENDING, Standing.UPCOMING} or appointment.starts_at is None:
        raise WrongState(status_now=appointment.status)
    before = waiting_instead_of(appointment)
    if before is not None:
        return before
    zone = appointment.location.zone
    today = timezone.localdate(timezone=zone)
    return join_waitlist(
        patient=appointment.patient,
        doctor_id=appointment.doctor_id,
        location_id=appointment.location_id,
        earliest_date=today,
        latest_date=min(local_date(appointment.starts_at, zone), today + LONGEST_WAIT),
        instead_of=appointment,
        actor=actor,
    )


def _check_wish(doctor_id: int | None, specialty_id: int | None) -> None:
    if doctor_id is None and specialty_id is None:
        raise InvalidWaitlistRequest(_("Choose a doctor or a specialty to wait for."), field="doctor")
    if doctor_id is not None and not Doctor.objects.filter(pk=doctor_id, is_active=True).exists():
        raise InvalidWaitlistRequest(_("We do not know that doctor."), field="doctor")
    if specialty_id is not None and not Specialty.objects.filter(pk=specialty_id, is_active=True).exists():
        raise InvalidWaitlistRequest(_("We do not know that specialty."), field="specialty")


def _zone_of(location_id: int | None) -> ZoneInfo:
    """Whose calendar says which day it is; for somebody who would come anywhere the one that is last to change."""
    if location_id is None:
        return LAST_TO_CHANGE
    location = Location.objects.filter(pk=location_id, is_active=True).first()
    if location is None:
        raise InvalidWaitlistRequest(_("We do not know that location."), field="location")
    return location.zone


def _check_days(earliest: date, latest: date, zone: ZoneInfo) -> None:
    if latest < earliest:
        raise InvalidWaitlistRequest(_("The last day must not be before the first."), field="latest_date")
    today = local_date(timezone.now(), zone)
    if latest < today:
        raise InvalidWaitlistRequest(_("These days are in the past."), field="latest_date")
    if latest > today + LONGEST_WAIT:
        raise InvalidWaitlistRequest(_("Choose a last day within a year."), field="latest_date")


def leave_waitlist(*, entry_id: int, actor: Actor) -> WaitlistEntry:
    """Take somebody off the list; a seat they were offered goes to the next. Harmless to repeat."""
    entry = WaitlistEntry.objects.get(pk=entry_id)
    while entry.status in OPEN:  # once more if an offer came or ran out at that moment
        _end(entry, WaitlistStatus.CANCELLED, "waitlist.leave", actor)
    return entry


def decline_offer(*, entry_id: int, actor: Actor) -> WaitlistEntry:
    """Say no to an offer but keep waiting for another; the seat goes to the next in line. Raises OfferExpired."""
    entry = WaitlistEntry.objects.get(pk=entry_id)
    if entry.status != WaitlistStatus.OFFERED or not _end(entry, WaitlistStatus.WAITING, "waitlist.decline", actor):
        raise OfferExpired
    return entry


def _end(entry: WaitlistEntry, status: WaitlistStatus, verb: str, actor: Actor) -> bool:
    """Give up what the entry is offered, put it into `status`, and offer the seat on; then `entry` is as it is stored.

    False, and nothing happened, if the entry is no longer as it was read. The entry remembers the slot, so that
    nobody is offered again what they have just declined.
    """
    as_read = WaitlistEntry.objects.filter(pk=entry.pk, status=entry.status, offered_slot=entry.offered_slot_id)
    try:
        with recorded(actor, verb):
            hold = Hold.objects.select_related("slot").filter(waitlist_entry=entry).first()
            seats.lock_slots([hold.slot_id if hold else None])
            freed = hold if hold is not None and consume_hold(hold) else None
            if freed is not None:
                seats.give_back_seat(freed.slot_id)
            if not as_read.update(status=status, offer_expires_at=None):
                raise OfferExpired
            if freed is not None:
                seats.announce(freed.slot_id, freed.slot.doctor_id, "freed")
                offers.offer_slot(freed.slot_id)
    except OfferExpired:
        ended = False
    else:
        ended = True
    entry.refresh_from_db()
    return ended


def accept_offer(*, entry_id: int, actor: Actor) -> Appointment:
    """Take the offered seat: as a new booking, or in place of the booking the entry stands for.

    Raises OfferExpired when the offer has run out or was answered, and what booking raises.
    """
    entry = WaitlistEntry.objects.select_related("patient", "instead_of", "offered_slot").get(pk=entry_id)
    hold = Hold.objects.filter(waitlist_entry=entry, expires_at__gt=timezone.now()).first()
    if hold is None:
        return _accepted_before(entry)
    if entry.instead_of is not None and entry.instead_of.is_active:
        return reschedule_appointment(
            appointment_id=entry.instead_of.pk, slot_id=hold.slot_id, hold_token=hold.token, actor=actor
        )
    visit = VisitDetails(source=Source.WAITLIST)
    return book_hold(token=hold.token, patient=entry.patient, visit=visit, actor=actor)


def _accepted_before(entry: WaitlistEntry) -> Appointment:
    """The appointment that answering the offer made (a second press of the button), else OfferExpired."""
    entry.refresh_from_db()
    if entry.status != WaitlistStatus.BOOKED:
        raise OfferExpired
    made = Appointment.objects.filter(patient=entry.patient, slot=entry.offered_slot, status__in=SEATED).first()
    if made is None:
        raise OfferExpired
    return made
