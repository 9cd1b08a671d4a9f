"""What the wing of money does on events from below: it says what a visit costs, and pays back what was cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.actors import Actor
from payments.selectors.policies import terms_for
from payments.services.cancelling import settle_cancellation, settle_expiry, settle_move
from scheduling.models import Appointment, Doctor, Location, Patient
from scheduling.signals import appointment_changed, asked_for_terms
from scheduling.states import AppointmentStatus
from scheduling.visit_terms import VisitTerms


def connect() -> None:
    """Hang the receivers on their events."""
    asked_for_terms.connect(say_terms)
    appointment_changed.connect(pay_back)


def say_terms(
    sender: object,
    *,
    doctor: Doctor,
    location: Location,
    patient: Patient | None,
    starts_at: datetime | None,
    **kwargs: Any,
) -> VisitTerms:
    """What a booking would cost, by the rules of the place and the doctor."""
    return terms_for(doctor=doctor, location=location, patient=patient, starts_at=starts_at)


def pay_back(
    sender: object, *, appointment: Appointment, previous: AppointmentStatus | None, actor: Actor, **kwargs: Any
) -> None:
    """Whoever cancels in time, or is cancelled, gets their money back; so does whoever paid too little for too long.
    Whoever moves to a doctor who asks for less gets back what is too much."""
    if previous is None and appointment.calendar_sequence:  # where a visit moved to
        settle_move(appointment=appointment, actor=actor)
    elif appointment.status == AppointmentStatus.CANCELLED and previous is not None:
        settle_cancellation(appointment=appointment, previous=previous, actor=actor)
    elif appointment.status == AppointmentStatus.EXPIRED:
        settle_expiry(appointment=appointment, actor=actor)
