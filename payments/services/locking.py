"""Locking a payment with the visit it is for, in the one order of locks: slots, patient, visit, payments, refunds."""

from __future__ import annotations

from payments.errors import PaymentUnknown
from payments.models import Payment
from scheduling.models import Appointment
from scheduling.selectors.appointments import live_visit_of
from scheduling.services.locking import lock_visit


def lock_payment_with_visit(payment_id: int) -> tuple[Payment, Appointment]:
    """Lock a payment and the visit it is for, where that has moved, the one it moved to; both as they are from then on.

    Call inside a transaction. Raises PaymentUnknown.
    """
    begun_for = Payment.objects.filter(pk=payment_id).values_list("appointment_id", flat=True).first()
    if begun_for is None:
        raise PaymentUnknown
    visit = lock_live_visit(begun_for)
    return lock_payment(payment_id), visit


def lock_live_visit(appointment_id: int) -> Appointment:
    """Lock a visit, or the one that it was moved to, as it is from then on."""
    visit = lock_visit(appointment_id=live_visit_of(appointment_id).pk)
    while visit.successor_id is not None:  # moved while we waited for the lock
        visit = lock_visit(appointment_id=live_visit_of(visit.pk).pk)
    return visit


def lock_payment(payment_id: int) -> Payment:
    """Lock a payment. Raises PaymentUnknown."""
    rows = Payment.objects.select_for_update(of=("self",)).select_related("appointment", "location")
    payment = rows.filter(pk=payment_id).first()
    if payment is None:
        raise PaymentUnknown
    return payment
