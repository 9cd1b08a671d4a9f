"""People who would come sooner: some wait for the busiest doctor, one has just been offered a seat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduling.models import Appointment, Doctor, Hold, Patient, WaitlistEntry
from scheduling.states import AppointmentStatus, WaitlistStatus

OFFER_STANDS = timedelta(hours=12)
WAITING = 5


def make_waitlist(*, doctor: Doctor, patients: Sequence[Patient], booked: Sequence[Appointment], now: datetime) -> int:
    """Let a few people without a visit to `doctor` wait for one, offer the first a seat, and count them."""
    busy = {visit.patient_id for visit in booked if visit.doctor_id == doctor.pk}
    hopeful = [patient for patient in patients[3:] if patient.pk not in busy][:WAITING]
    entries = [
        WaitlistEntry(
            patient=patient,
            doctor=doctor,
            earliest_date=now.date() + timedelta(days=1),
            latest_date=now.date() + timedelta(days=7),
        )
        for patient in hopeful
    ]
    WaitlistEntry.objects.bulk_create(entries)
    given_up = _visit_to_give_up(doctor, booked, now)
    if entries and given_up is not None:
        _offer(entries[0], given_up, now)
    return len(entries)


def _visit_to_give_up(doctor: Doctor, booked: Sequence[Appointment], now: datetime) -> Appointment | None:
    """A visit of the coming week whose seat somebody else may have; not one that other visits hang on."""
    for visit in booked:
        soon = visit.starts_at and now + timedelta(days=2) < visit.starts_at < now + timedelta(days=6)
        plain = visit.calendar_sequence == 0 and visit.follows is None
        if visit.doctor_id == doctor.pk and visit.status == AppointmentStatus.CONFIRMED and soon and plain:
            return visit
    return None


def _offer(entry: WaitlistEntry, given_up: Appointment, now: datetime) -> None:
    """The visit is cancelled, and its seat is kept for `entry` by a hold: the slot stays as taken as it was."""
    assert given_up.slot is not None  # it has a time, so it has a slot
    Appointment.objects.filter(pk=given_up.pk).update(status=AppointmentStatus.CANCELLED)
    expires_at = now + OFFER_STANDS
    Hold.objects.create(slot=given_up.slot, waitlist_entry=entry, expires_at=expires_at)
    WaitlistEntry.objects.filter(pk=entry.pk).update(
        status=WaitlistStatus.OFFERED, offered_slot=given_up.slot, offer_expires_at=expires_at
    )
