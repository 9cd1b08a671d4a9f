"""What there is to say of a payment to whoever made it: its state, read together with the visit and with what went
back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from payments.models import Payment, Refund
from payments.states import CAPTURED, PaymentStatus, ProviderName, RefundReason, RefundStatus


class Stage(StrEnum):
    """What the page of a payment is about."""

    WAITING = "waiting"
    """The payer is, or was, on the provider's page; what came of it is not known yet."""
    TRANSFER = "transfer"
    UPI = "upi"
    DECLINED = "declined"
    GIVEN_UP = "given_up"
    PAID = "paid"
    SEAT_GONE = "seat_gone"
    TWICE = "twice"
    BACK = "back"
    """The money has gone back, or is about to, for another reason."""
    STUCK = "stuck"
    """It was to go back, and the provider refused; the staff see to it."""


def stage_of(payment: Payment, refunds: Sequence[Refund]) -> Stage:
    """The stage of a payment whose refunds are these."""
    if payment.status in CAPTURED:
        return _stage_of_money(payment, refunds)
    if payment.status == PaymentStatus.PENDING:
        by_hand = {ProviderName.BANK: Stage.TRANSFER, ProviderName.UPI: Stage.UPI}
        return by_hand.get(ProviderName(payment.provider), Stage.DECLINED if payment.failure else Stage.WAITING)
    return Stage.DECLINED if payment.status == PaymentStatus.FAILED else Stage.GIVEN_UP


def _stage_of_money(payment: Payment, refunds: Sequence[Refund]) -> Stage:
    if payment.refunded + payment.refunding < payment.captured:
        return Stage.STUCK if any(refund.status == RefundStatus.FAILED for refund in refunds) else Stage.PAID
    reasons = {refund.reason for refund in refunds if refund.status != RefundStatus.FAILED}
    if RefundReason.SEAT_GONE in reasons:
        return Stage.SEAT_GONE
    return Stage.TWICE if reasons == {RefundReason.PAID_TWICE} else Stage.BACK
