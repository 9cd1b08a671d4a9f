"""What a single demo visit looks like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from scheduling.demo import cast
from scheduling.models import Appointment, Doctor, Location, Patient, Slot
from scheduling.states import AppointmentStatus, AppointmentType, Source, Urgency

LINK_LIVES = timedelta(days=30)


def past_status(draw: float) -> AppointmentStatus:
    """What became of a visit whose time is over; `draw` is in [0, 1)."""
    if draw < 0.86:
        return AppointmentStatus.COMPLETED
    if draw < 0.92:
        return AppointmentStatus.NO_SHOW
    if draw < 0.96:
        return AppointmentStatus.CANCELLED
    return AppointmentStatus.RESCHEDULED if draw < 0.98 else AppointmentStatus.EXPIRED


def coming_status(draw: float, *, needs_confirmation: bool) -> AppointmentStatus:
    """How a visit to come stands; `draw` is in [0, 1)."""
    if draw < 0.05:
        return AppointmentStatus.CANCELLED
    if draw < 0.08:
        return AppointmentStatus.RESCHEDULED
    if needs_confirmation and draw < 0.4:
        return AppointmentStatus.PENDING if draw < 0.35 else AppointmentStatus.EXPIRED
    return AppointmentStatus.CONFIRMED


def visit_for(*, slot: Slot, patient: Patient, status: AppointmentStatus, chance: Random, now: datetime) -> Appointment:
    """A visit of `patient` in `slot`, with a reason that suits the doctor."""
    urgency = chance.choices([Urgency.LOW, Urgency.MEDIUM, Urgency.HIGH], weights=[75, 20, 5])[0]
    visit = Appointment(
        patient=patient,
        doctor=slot.doctor,
        location=slot.location,
        slot=slot,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        status=status,
        type=AppointmentType.ONLINE,
        reason=chance.choice(cast.REASONS[slot.doctor.specialty.name]),
        urgency=urgency,
        special_requirements=chance.choice(cast.SPECIAL_REQUIREMENTS) if chance.random() < 0.06 else "",
        source=chance.choices([Source.WEB, Source.ADMIN, Source.KIOSK], weights=[70, 25, 5])[0],
        fee=slot.doctor.consultation_fee,
        currency=slot.doctor.currency,
        secret_expires_at=slot.ends_at + LINK_LIVES,
    )
    if status == AppointmentStatus.PENDING:
        visit.expires_at = min(now + timedelta(minutes=slot.location.pending_minutes), slot.starts_at)
    if status == AppointmentStatus.EXPIRED:
        visit.expires_at = min(now, slot.starts_at) - timedelta(hours=2)
    if status == AppointmentStatus.CANCELLED and chance.random() < 0.5:
        visit.cancellation_message = "Sorry, we had to close the surgery that day."
    if status == AppointmentStatus.CONFIRMED and chance.random() < 0.3:
        visit.attendance_confirmed_at = now - timedelta(hours=chance.randint(1, 20))
    return visit


def walk_in(*, doctor: Doctor, patient: Patient, chance: Random, location: Location | None = None) -> Appointment:
    """Somebody who came to the desk without an appointment and waits; where the doctor is first, unless said."""
    return Appointment(
        patient=patient,
        doctor=doctor,
        location=location or doctor.locations.order_by("pk")[0],
        status=AppointmentStatus.CHECKED_IN,
        type=AppointmentType.WALK_IN,
        source=Source.ADMIN,
        reason=chance.choice(cast.REASONS[doctor.specialty.name]),
        fee=doctor.consultation_fee,
        currency=doctor.currency,
    )


def follow_up(past: Sequence[Appointment], coming: Sequence[Appointment]) -> None:
    """Let coming visits follow a completed one of the same patient with the same doctor."""
    completed = {
        (visit.patient_id, visit.doctor_id): visit for visit in past if visit.status == AppointmentStatus.COMPLETED
    }
    for visit in coming:
        before = completed.get((visit.patient_id, visit.doctor_id))
        if before is not None and visit.slot_id:
            visit.follows = before
            visit.type = AppointmentType.FOLLOW_UP
            visit.reason = f"Follow-up: {before.reason}"
