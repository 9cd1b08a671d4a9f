"""Money that staff take, or see on the clinic's account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from payments.card_numbers import refuse_card_number
from payments.errors import MethodNotOffered, NothingDue, PaymentKeyReused, ProofMissing, WrongAmount, WrongPaymentState
from payments.models import Payment
from payments.money import is_amount
from payments.providers.contract import Captured
from payments.selectors.accounts import account_of
from payments.services.locking import lock_live_visit
from payments.services.settling import settle
from payments.services.starting import scoped
from payments.services.transitions import announce
from payments.states import CAPTURED, Method, ProviderName

AT_THE_DESK = (Method.CASH, Method.CARD, Method.UPI)
"""In notes and coins, by the card machine on the counter, or by a phone held to the desk's own QR."""


def take_at_desk(
    *,
    appointment_id: int,
    amount: Decimal,
    actor: Actor,
    method: str = Method.CASH,
    proof: str = "",
    request_key: str | None = None,
) -> Payment:
    """Somebody paid at the desk: write it down as paid, with its receipt.

    `proof` is what the card machine or the phone printed; cash needs none. The same `request_key` again finds the same
    payment. Raises NothingDue, WrongAmount for more than is outstanding, MethodNotOffered, ProofMissing,
    CardNumberEntered.
    """
    proof = refuse_card_number(proof, field="proof")
    request_key = scoped(request_key, appointment_id)
    if request_key is not None and (before := _with_key(request_key)) is not None:
        return _same_request(before, amount, method)
    try:
        with recorded(actor, "payment.take_at_desk"):
            return _take(appointment_id, amount, method, proof, actor, request_key)
    except IntegrityError:
        if request_key is not None and (before := _with_key(request_key)) is not None:  # a moment earlier
            return _same_request(before, amount, method)
        raise


def _take(
    appointment_id: int, amount: Decimal, method: str, proof: str, actor: Actor, request_key: str | None
) -> Payment:
    if method not in AT_THE_DESK:
        raise MethodNotOffered(field="method")
    if method != Method.CASH and not proof:
        raise ProofMissing(field="proof")
    visit = lock_live_visit(appointment_id)
    takeable = account_of(visit).takeable
    if takeable <= 0:
        raise NothingDue
    if not is_amount(amount, visit.currency) or amount > takeable:
        raise WrongAmount(field="amount")
    payment = Payment.objects.create(
        request_key=request_key,
        appointment=visit,
        location=visit.location,
        method=method,
        provider=ProviderName.DESK,
        amount=amount,
        currency=visit.currency,
        begun_by=actor.user,
    )
    announce(payment, actor, previous=None)
    came = Captured(payment="", amount=amount, currency=visit.currency, at=timezone.now())
    return settle(payment_id=payment.pk, facts=[came], actor=actor, proof=proof[:300], received_by=actor.user)


def mark_paid(
    *, payment_id: int, proof: str, actor: Actor, amount: Decimal | None = None, at: datetime | None = None
) -> Payment:
    """The money of a transfer or a UPI payment is on the clinic's account; `proof` says what shows it.

    `amount` is what came, where it is not what was asked for. Raises PaymentUnknown, ProofMissing, WrongAmount,
    WrongPaymentState for what providers tell by themselves, or for what is paid already.
    """
    proof = refuse_card_number(proof, field="proof")
    if not proof:
        raise ProofMissing(field="proof")
    with recorded(actor, "payment.mark_paid"):
        payment = Payment.objects.filter(pk=payment_id).first()
        if payment is not None and (
            payment.provider not in (ProviderName.BANK, ProviderName.UPI) or payment.status in CAPTURED
        ):
            raise WrongPaymentState
        if payment is not None and amount is not None and not is_amount(amount, payment.currency):
            raise WrongAmount(field="amount")
        asked, currency = (payment.amount, payment.currency) if payment else (Decimal(0), "")
        came = Captured(payment="", amount=amount or asked, currency=currency, at=at or timezone.now())
        return settle(
            payment_id=payment_id,
            facts=[came],
            actor=actor,
            accepts_other_amount=amount is not None,
            proof=proof[:300],
            received_by=actor.user,
        )


def _with_key(request_key: str) -> Payment | None:
    return Payment.objects.select_related("appointment", "location").filter(request_key=request_key).first()


def _same_request(before: Payment, amount: Decimal, method: str) -> Payment:
    if before.amount != amount or before.method != method:
        raise PaymentKeyReused
    return before
