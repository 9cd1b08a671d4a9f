"""What somebody on the waitlist wants to know."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from scheduling.models import Appointment, WaitlistEntry
from scheduling.states import SEATED, WaitlistStatus

IN_LINE = (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)


class Wait(StrEnum):
    """How somebody on the waitlist stands: their state, read with the clock in hand."""

    WAITING = "waiting"
    OFFERED = "offered"
    BOOKED = "booked"
    LAPSED = "lapsed"
    LEFT = "left"
    OVER = "over"


def entry_by_secret(secret: str) -> WaitlistEntry | None:
    """The entry behind a secret link, with all that its page shows."""
    return (
        WaitlistEntry.objects.select_related(
            "patient",
            "doctor__specialty",
            "specialty",
            "location",
            "instead_of__location",
            "instead_of__successor",
            "offered_slot__doctor__specialty",
            "offered_slot__location",
        )
        .filter(secret=secret)
        .first()
    )


def wait_of(entry: WaitlistEntry) -> Wait:
    """How the entry stands now: an offer that ran out and a wait past its last day are over before any job says so."""
    now = timezone.now()
    if entry.status == WaitlistStatus.OFFERED:
        stands = entry.offer_expires_at is not None and entry.offer_expires_at > now
        return Wait.OFFERED if stands else Wait.LAPSED
    if entry.status == WaitlistStatus.WAITING:
        zone = entry.location.zone if entry.location else None
        return Wait.OVER if entry.latest_date < timezone.localdate(now, zone) else Wait.WAITING
    return {
        WaitlistStatus.BOOKED: Wait.BOOKED,
        WaitlistStatus.LAPSED: Wait.LAPSED,
        WaitlistStatus.CANCELLED: Wait.LEFT,
    }[WaitlistStatus(entry.status)]


def people_ahead(entry: WaitlistEntry) -> int:
    """How many came earlier and wait for a seat that this entry would take too."""
    specialty_id = entry.doctor.specialty_id if entry.doctor else entry.specialty_id
    whole_specialty = Q(doctor__isnull=True, specialty=specialty_id)
    same_wish = Q(doctor=entry.doctor_id) if entry.doctor_id else Q(doctor__specialty=specialty_id)
    earlier = Q(created_at__lt=entry.created_at) | Q(created_at=entry.created_at, pk__lt=entry.pk)
    rivals = WaitlistEntry.objects.filter(earlier, same_wish | whole_specialty, status__in=IN_LINE)
    rivals = rivals.filter(earliest_date__lte=entry.latest_date, latest_date__gte=entry.earliest_date)
    if entry.location_id:
        rivals = rivals.filter(Q(location=entry.location_id) | Q(location__isnull=True))
    return rivals.count()


def booked_from(entry: WaitlistEntry) -> Appointment | None:
    """The appointment that came of an accepted offer."""
    if entry.status != WaitlistStatus.BOOKED:
        return None
    return (
        Appointment.objects.filter(patient=entry.patient_id, slot=entry.offered_slot_id, status__in=SEATED)
        .exclude(slot__isnull=True)
        .first()
    )
