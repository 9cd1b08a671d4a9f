"""The one place that changes the state and the amounts of payments and refunds. Call inside a `recorded` block."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.actors import Actor
from payments.errors import RefundTooHigh, WrongPaymentState
from payments.models import Payment, Refund
from payments.signals import payment_changed
from payments.states import (
    CAPTURED,
    PaymentStatus,
    RefundStatus,
    payment_sources_of,
    refund_sources_of,
)


def change_payment(payment: Payment, to: PaymentStatus, *, actor: Actor, **changes: Any) -> Payment:
    """Move a payment to the state `to` together with `changes`, and tell the floors above.

    Of two writers one wins; the other, and whoever asks for a step the table does not allow, gets WrongPaymentState.
    """
    previous = PaymentStatus(payment.status)
    if previous not in payment_sources_of(to):
        raise WrongPaymentState
    changes = {"status": to, "changed_at": timezone.now(), **changes}
    if Payment.objects.filter(pk=payment.pk, status=previous).update(**changes) != 1:
        raise WrongPaymentState
    for name, value in changes.items():
        setattr(payment, name, value)
    announce(payment, actor, previous=previous)
    return payment


def reserve_refund(payment: Payment, amount: Decimal) -> None:
    """Set an amount aside to be paid back: the statement that decides. Raises RefundTooHigh."""
    left = Payment.objects.filter(
        pk=payment.pk, status__in=CAPTURED, captured__gte=F("refunded") + F("refunding") + amount
    )
    if left.update(refunding=F("refunding") + amount, changed_at=timezone.now()) != 1:
        raise RefundTooHigh
    payment.refunding += amount


def change_refund(refund: Refund, to: RefundStatus, *, actor: Actor, **changes: Any) -> Refund:
    """Move a refund to the state `to` together with `changes`, its payment with it, and tell the floors above.

    Success moves the amount from `refunding` to `refunded`, failure gives it back. Raises WrongPaymentState, and
    RefundTooHigh where a refund that had failed finds its amount gone.
    """
    previous = RefundStatus(refund.status)
    if previous not in refund_sources_of(to):
        raise WrongPaymentState
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=refund.payment_id)
    if Refund.objects.filter(pk=refund.pk, status=previous).update(status=to, **changes) != 1:
        raise WrongPaymentState
    for name, value in {"status": to, **changes}.items():
        setattr(refund, name, value)
    if previous == RefundStatus.FAILED:
        reserve_refund(payment, refund.amount)
    if to == RefundStatus.SUCCEEDED:
        _move_back(payment, refund.amount)
    elif to == RefundStatus.FAILED:
        _give_back(payment, refund.amount)
    announce(payment, actor, previous=PaymentStatus(payment.status), refund=refund)
    refund.payment = payment
    return refund


def _move_back(payment: Payment, amount: Decimal) -> None:
    refunded = payment.refunded + amount
    whole = refunded == payment.captured
    payment.status = PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    payment.refunded, payment.refunding = refunded, payment.refunding - amount
    payment.save(update_fields=["status", "refunded", "refunding", "changed_at"])


def _give_back(payment: Payment, amount: Decimal) -> None:
    payment.refunding -= amount
    payment.save(update_fields=["refunding", "changed_at"])


def announce(payment: Payment, actor: Actor, *, previous: PaymentStatus | None, refund: Refund | None = None) -> None:
    """Tell the floors above."""
    payment_changed.send(sender=Payment, payment=payment, previous=previous, refund=refund, actor=actor)
