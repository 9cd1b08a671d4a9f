"""Receipts to look at, without a payment having gone through its services."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from payments.models import LedgerEntry, Payment, Receipt, Refund
from payments.states import EntryKind, Method, PaymentStatus, ProviderName, RefundReason, RefundStatus
from scheduling.models import Appointment


def paid(
    appointment: Appointment,
    amount: Decimal | int = 60,
    *,
    method: Method = Method.CARD,
    provider: ProviderName = ProviderName.STRIPE,
    at: datetime | None = None,
    **receipt: Any,
) -> Receipt:
    """The receipt of a payment that has come for a visit."""
    when = at or timezone.now()
    payment = Payment.objects.create(
        appointment=appointment,
        location=appointment.location,
        method=method,
        provider=provider,
        amount=amount,
        captured=amount,
        currency=appointment.currency,
        status=PaymentStatus.PAID,
        paid_at=when,
    )
    entry = LedgerEntry.objects.create(
        payment=payment, kind=EntryKind.CAPTURE, amount=amount, currency=payment.currency, at=when
    )
    return _receipt(entry, when, receipt)


def paid_back(
    receipt: Receipt,
    amount: Decimal | int = 60,
    *,
    reason: RefundReason = RefundReason.CANCELLED,
    at: datetime | None = None,
    **fields: Any,
) -> Receipt:
    """The credit note of a refund of what a receipt is about."""
    when = at or timezone.now()
    payment = receipt.entry.payment
    is_all = payment.refunded + amount == payment.captured
    payment.refunded += amount
    payment.status = PaymentStatus.REFUNDED if is_all else PaymentStatus.PARTIALLY_REFUNDED
    payment.save()
    refund = Refund.objects.create(
        payment=payment, amount=amount, reason=reason, status=RefundStatus.SUCCEEDED, settled_at=when, **fields
    )
    entry = LedgerEntry.objects.create(
        payment=payment, refund=refund, kind=EntryKind.REFUND, amount=amount, currency=payment.currency, at=when
    )
    return _receipt(entry, when, {})


def _receipt(entry: LedgerEntry, when: datetime, fields: dict[str, Any]) -> Receipt:
    visit = entry.payment.appointment
    last = Receipt.objects.filter(location=visit.location, year=when.year).count()
    values = {
        "location": visit.location,
        "year": when.year,
        "sequence": last + 1,
        "issued_at": when,
        "clinic": visit.location.name,
        "clinic_address": visit.location.address,
        "payer": visit.patient.full_name,
        "doctor": visit.doctor.name,
        "visit_number": visit.number,
        "visit_at": visit.starts_at,
        "fee": visit.fee or entry.amount,
        **fields,
    }
    return Receipt.objects.create(entry=entry, **values)
