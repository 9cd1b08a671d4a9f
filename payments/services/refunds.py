"""Deciding that money goes back, and writing down that it did. `refund_sending.py` asks the providers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from payments.card_numbers import refuse_card_number
from payments.errors import (
    PaymentKeyReused,
    ProofMissing,
    ReasonMissing,
    RefundTooHigh,
    RefundUnknown,
    WrongAmount,
    WrongPaymentState,
)
from payments.models import LedgerEntry, Payment, Refund
from payments.models.payments import new_key
from payments.money import is_amount, smallest_unit
from payments.providers.contract import Refunded
from payments.selectors.accounts import payments_of_visit
from payments.services.locking import lock_payment, lock_payment_with_visit
from payments.services.receipts import issue_receipt
from payments.services.transitions import announce, change_refund, reserve_refund
from payments.states import CAPTURED, HOSTED, EntryKind, PaymentStatus, RefundReason, RefundStatus
from scheduling.models import Appointment
from scheduling.selectors.appointments import live_visit_of


def refund_payment(
    *,
    payment_id: int,
    amount: Decimal,
    words: str,
    actor: Actor,
    reason: RefundReason = RefundReason.STAFF,
    request_key: str | None = None,
    proof: str = "",
) -> Refund:
    """Decide that an amount of a payment goes back, and say why.

    Providers are asked by the sweep `send_refunds`; what was paid in cash or by transfer waits until staff have paid it
    back (`mark_refunded`), unless `proof` says that they just did. The same `request_key` again finds the same refund.
    Raises PaymentUnknown, ReasonMissing, WrongAmount, WrongPaymentState before any money came, RefundTooHigh,
    CardNumberEntered.
    """
    words = refuse_card_number(words, field="words")
    proof = refuse_card_number(proof, field="proof")
    if not words:
        raise ReasonMissing(field="words")
    if request_key is not None:
        request_key = f"{payment_id}:{request_key}"  # the same word about another payment is another request
        if (before := _with_key(request_key)) is not None:
            return _same_request(before, amount)
    try:
        with recorded(actor, "payment.refund"):
            payment, visit = lock_payment_with_visit(payment_id)
            if payment.status not in CAPTURED:
                raise WrongPaymentState
            if not is_amount(amount, payment.currency):
                raise WrongAmount(field="amount")
            refund = give_back(payment, amount, reason=reason, actor=actor, words=words[:300], request_key=request_key)
            if proof and refund.try_at is None:
                _succeed(refund, visit, actor, proof=proof[:300], paid_back_by=actor.user)
    except IntegrityError:
        if request_key is not None and (before := _with_key(request_key)) is not None:  # a moment earlier
            return _same_request(before, amount)
        raise
    return refund


def give_back(
    payment: Payment,
    amount: Decimal,
    *,
    reason: RefundReason,
    actor: Actor,
    words: str = "",
    request_key: str | None = None,
) -> Refund:
    """Set an amount of a payment aside to go back. Call inside a `recorded` block. Raises RefundTooHigh."""
    reserve_refund(payment, amount)
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        reason=reason,
        words=words,
        request_key=request_key,
        try_at=timezone.now() if payment.provider in HOSTED else None,
        decided_by=actor.user,
    )
    announce(payment, actor, previous=PaymentStatus(payment.status), refund=refund)
    return refund


def refund_cancelled_visit(*, appointment: Appointment, share: Decimal, reason: RefundReason, actor: Actor) -> None:
    """Give back a share (0 to 1) of what was paid for a visit that was cancelled. Call inside a transaction."""
    for payment in payments_of_visit(appointment).select_for_update(of=("self",)).filter(status__in=CAPTURED):
        left = payment.captured - payment.refunded - payment.refunding
        amount = (left * share).quantize(smallest_unit(payment.currency), rounding=ROUND_HALF_UP)
        if amount > 0:
            give_back(payment, amount, reason=reason, actor=actor)


def mark_refunded(*, refund_id: int, proof: str, actor: Actor) -> Refund:
    """Staff have paid it back by hand, and say what shows it. Raises RefundUnknown, ProofMissing, WrongPaymentState
    while a provider is to pay it back; one that the provider refused, staff may."""
    proof = refuse_card_number(proof, field="proof")
    if not proof:
        raise ProofMissing(field="proof")
    with recorded(actor, "refund.mark_paid_back"):
        refund, visit = _lock_refund(refund_id)
        if refund.payment.provider in HOSTED and refund.status != RefundStatus.FAILED:
            raise WrongPaymentState
        _succeed(refund, visit, actor, proof=proof[:300], paid_back_by=actor.user)
    return refund


def retry_refund(*, refund_id: int, actor: Actor) -> Refund:
    """Let the provider be asked once more about a refund it refused. Raises RefundUnknown, WrongPaymentState,
    RefundTooHigh where the money has gone back another way since.

    One that came to nothing at the provider gets another key: the old one stands for what failed there. One that never
    got so far keeps its key, by which the provider finds what it may have done all the same.
    """
    with recorded(actor, "refund.retry"):
        refund, _visit = _lock_refund(refund_id)
        try_at = timezone.now() if refund.payment.provider in HOSTED else None
        if refund.status != RefundStatus.FAILED:
            raise WrongPaymentState
        key = new_key() if refund.provider_refund else refund.key
        again = {"error": "", "attempts": 0, "try_at": try_at, "key": key, "provider_refund": ""}
        change_refund(refund, RefundStatus.PENDING, actor=actor, **again)
    return refund


def note_refund(payment: Payment, fact: Refunded, *, actor: Actor) -> Refund | None:
    """Write down what a provider says of a refund. One that we never asked for was made at the provider itself.

    Call inside a `recorded` block with the payment locked. Raises RefundTooHigh when more is said to have gone back
    than came.
    """
    refund = _named_by(payment, fact)
    if refund is None:
        if not fact.succeeded:  # somebody tried at the provider, and nothing came of it
            return None
        reserve_refund(payment, fact.amount)
        refund = Refund.objects.create(
            payment=payment, amount=fact.amount, reason=RefundReason.PROVIDER, provider_refund=fact.refund
        )
    return note_outcome(refund, fact, actor=actor)


def note_outcome(refund: Refund, fact: Refunded, *, actor: Actor, **changes: Any) -> Refund:
    """Write down what became of a refund; what is known already changes nothing. Call inside a `recorded` block."""
    free = {"claim": "", "claimed_until": None, "provider_refund": fact.refund or refund.provider_refund, **changes}
    if refund.status == RefundStatus.SUCCEEDED:
        _note_return(refund, fact)
    elif not fact.is_settled:
        Refund.objects.filter(pk=refund.pk).update(**free)
        refund.provider_refund = free["provider_refund"]
    elif fact.succeeded:
        visit = live_visit_of(refund.payment.appointment_id)
        _succeed(refund, visit, actor, **free)
    elif refund.status != RefundStatus.FAILED:
        change_refund(refund, RefundStatus.FAILED, actor=actor, error=fact.why[:300], try_at=None, **free)
    return refund


def _note_return(refund: Refund, fact: Refunded) -> None:
    """A bank may send a refund back days after it went through: staff must see to it that the patient gets it."""
    if fact.is_settled and not fact.succeeded:
        Refund.objects.filter(pk=refund.pk).update(error=(fact.why or "returned")[:300])


def _succeed(refund: Refund, visit: Appointment, actor: Actor, **changes: Any) -> None:
    """The money has gone back: write it into the ledger, with its credit note."""
    now = timezone.now()
    change_refund(refund, RefundStatus.SUCCEEDED, actor=actor, settled_at=now, try_at=None, error="", **changes)
    entry = LedgerEntry.objects.create(
        payment=refund.payment,
        refund=refund,
        kind=EntryKind.REFUND,
        amount=refund.amount,
        currency=refund.payment.currency,
        at=now,
    )
    issue_receipt(entry=entry, payment=refund.payment, visit=visit)


def _lock_refund(refund_id: int) -> tuple[Refund, Appointment]:
    payment_id = Refund.objects.filter(pk=refund_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise RefundUnknown
    payment = lock_payment(payment_id)
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    refund.payment = payment
    return refund, live_visit_of(payment.appointment_id)


def _named_by(payment: Payment, fact: Refunded) -> Refund | None:
    refunds = payment.refunds.select_for_update(of=("self",))
    found = refunds.filter(key=fact.key).first() if fact.key else None
    if found is None and fact.refund:
        found = refunds.filter(provider_refund=fact.refund).first()
    if found is not None:
        found.payment = payment
        if found.amount != fact.amount:
            raise RefundTooHigh
    return found


def _with_key(request_key: str) -> Refund | None:
    return Refund.objects.select_related("payment").filter(request_key=request_key).first()


def _same_request(before: Refund, amount: Decimal) -> Refund:
    if before.amount != amount:
        raise PaymentKeyReused
    return before
