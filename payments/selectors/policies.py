"""What a clinic asks for a visit, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from payments.models import DoctorTerms, PaymentPolicy
from payments.money import ZERO
from payments.selectors.methods import is_payable_online
from payments.states import Terms
from scheduling.models import Appointment, Doctor, Location, Patient
from scheduling.states import AppointmentStatus
from scheduling.visit_terms import VisitTerms


def policy_of(location_id: int) -> PaymentPolicy:
    """The rules of a location; the defaults where nobody set any."""
    return PaymentPolicy.objects.filter(location_id=location_id).first() or PaymentPolicy(location_id=location_id)


def policies_of(location_ids: Iterable[int]) -> dict[int, PaymentPolicy]:
    """The rules of several locations, in one query."""
    wanted = set(location_ids)
    found = {policy.location_id: policy for policy in PaymentPolicy.objects.filter(location_id__in=wanted)}
    return {pk: found.get(pk) or PaymentPolicy(location_id=pk) for pk in wanted}


def terms_for(
    *, doctor: Doctor, location: Location, patient: Patient | None = None, starts_at: datetime | None = None
) -> VisitTerms:
    """What a visit would cost, and what of it is to be paid before it is confirmed.

    A doctor's own terms go before those of the location. Nothing is asked for before the visit where there is no way
    to pay it. Two statements; one more where follow-ups are free.
    """
    policy = policy_of(location.pk)
    own = DoctorTerms.objects.filter(doctor_id=doctor.pk).first()
    rules: PaymentPolicy | DoctorTerms = own or policy
    fee = doctor.consultation_fee
    if fee > 0 and _is_free_follow_up(rules.free_follow_up_days, doctor, patient, starts_at):
        fee = ZERO
    prepayment = _prepayment(rules, fee)
    if prepayment and not is_payable_online(policy, currency=doctor.currency, starts_at=starts_at):
        prepayment = ZERO
    return VisitTerms(fee=fee, currency=doctor.currency, prepayment=prepayment, minutes=policy.pay_minutes)


def _prepayment(rules: PaymentPolicy | DoctorTerms, fee: Decimal) -> Decimal:
    if rules.terms == Terms.PREPAID:
        return fee
    if rules.terms == Terms.DEPOSIT:
        return min(rules.deposit, fee)
    return ZERO


def _is_free_follow_up(days: int, doctor: Doctor, patient: Patient | None, starts_at: datetime | None) -> bool:
    """Whether the patient was with this doctor within so many days before the visit.

    A visit that was itself a free one does not count: else one fee would last for ever.
    """
    if not days or patient is None or patient.pk is None:
        return False
    begins = starts_at or timezone.now()
    visits = Appointment.objects.filter(
        patient_id=patient.pk, doctor_id=doctor.pk, status=AppointmentStatus.COMPLETED, fee__gt=0
    )
    since = begins - timedelta(days=days)
    booked = Q(starts_at__gte=since, starts_at__lt=begins)
    walked_in = Q(starts_at__isnull=True, created_at__gte=since, created_at__lt=begins)
    return visits.filter(booked | walked_in).exists()
