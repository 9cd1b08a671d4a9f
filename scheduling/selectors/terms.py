"""What a visit would cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scheduling.models import Appointment, Doctor, Location, Patient
from scheduling.signals import asked_for_terms
from scheduling.states import AppointmentType
from scheduling.visit_terms import VisitTerms


def terms_of(
    *,
    doctor: Doctor,
    location: Location,
    patient: Patient | None = None,
    starts_at: datetime | None = None,
    type: str = AppointmentType.ONLINE,
) -> VisitTerms:
    """What a visit to this doctor costs there, and what of it has to be paid before it is confirmed.

    Whoever takes money says it; where nobody does, it is the doctor's fee, paid at the clinic. Without `patient` and
    `starts_at` it is what somebody new would pay.
    """
    answers: Sequence[tuple[object, Any]] = asked_for_terms.send(
        sender=Doctor, doctor=doctor, location=location, patient=patient, starts_at=starts_at, type=type
    )
    said: VisitTerms | None = next((terms for _receiver, terms in answers if terms is not None), None)
    return said or VisitTerms(fee=doctor.consultation_fee, currency=doctor.currency)


def terms_of_move(
    appointment: Appointment, *, doctor: Doctor, location: Location, starts_at: datetime | None
) -> VisitTerms:
    """What a visit costs once it is moved: the same with the same doctor, else what the other one asks for it.

    What was to be paid before the visit is no more than before, so a visit that is paid for needs no further payment to
    stay confirmed.
    """
    if doctor.pk == appointment.doctor_id:
        return VisitTerms(appointment.fee, appointment.currency, appointment.prepayment)
    asked = terms_of(
        doctor=doctor, location=location, patient=appointment.patient, starts_at=starts_at, type=appointment.type
    )
    return VisitTerms(asked.fee, asked.currency, min(appointment.prepayment, asked.fee))
