"""People who would come sooner: some wait, one has just been offered a seat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.db.models import F

from scheduling.models import Appointment, Hold, Patient, Slot, WaitlistEntry
from scheduling.states import AppointmentStatus, WaitlistStatus

OFFER_STANDS = timedelta(hours=12)


def make_waitlist(
    *, patients: Sequence[Patient], booked: Sequence[Appointment], chance: Random, now: datetime
) -> int:
    """Put a few people with late bookings on the list, offer the first a seat, and count them."""
    late = [
        visit
        for visit in booked
        if visit.status == AppointmentStatus.CONFIRMED and visit.starts_at and visit.starts_at > now + timedelta(days=4)
    ]
    chosen = chance.sample(late, min(5, len(late)))
    entries = [_sooner(visit, now) for visit in chosen]
    WaitlistEntry.objects.bulk_create(entries)
    for entry in entries:
        if _offer(entry, now):
            break
    return len(entries)


def _sooner(visit: Appointment, now: datetime) -> WaitlistEntry:
    """The wish for an earlier seat with the same doctor."""
    start = visit.starts_at or now
    return WaitlistEntry(
        patient=visit.patient,
        doctor=visit.doctor,
        location=visit.location,
        earliest_date=now.date() + timedelta(days=1),
        latest_date=start.date() - timedelta(days=1),
        instead_of=visit,
    )


def _offer(entry: WaitlistEntry, now: datetime) -> bool:
    """Offer the first free seat of the wished days, if there is one."""
    slot = (
        Slot.objects.filter(
            doctor=entry.doctor,
            location=entry.location,
            taken__lt=F("capacity"),
            starts_at__date__gte=entry.earliest_date,
            starts_at__date__lte=entry.latest_date,
        )
        .exclude(appointments__patient=entry.patient)
        .order_by("starts_at")
        .first()
    )
    if slot is None:
        return False
    expires_at = min(now + OFFER_STANDS, slot.starts_at)
    Hold.objects.create(slot=slot, waitlist_entry=entry, holder=f"waitlist:{entry.pk}", expires_at=expires_at)
    Slot.objects.filter(pk=slot.pk).update(taken=F("taken") + 1)
    WaitlistEntry.objects.filter(pk=entry.pk).update(
        status=WaitlistStatus.OFFERED, offered_slot=slot, offer_expires_at=expires_at
    )
    return True
