"""Where money moves: what a provider, a statement or the desk says of a payment is applied here, and nowhere else.

Every fact is true whenever it is heard, and however often: what is known already changes nothing. What money does to
the visit is decided in the same transaction, so that money and seats never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from payments.errors import NotYetCaptured, WrongAmount
from payments.models import LedgerEntry, Payment
from payments.providers.contract import Captured, Declined, Fact, Lapsed, Refunded
from payments.selectors.accounts import Account, account_of, payments_of_visit
from payments.services.locking import lock_payment_with_visit
from payments.services.receipts import issue_receipt
from payments.services.refunds import give_back, note_refund
from payments.services.transitions import change_payment
from payments.states import CAPTURED, HOSTED, EntryKind, PaymentStatus, RefundReason
from scheduling.models import Appointment
from scheduling.services.prepaid import confirm_paid
from scheduling.states import AppointmentStatus


def settle(
    *, payment_id: int, facts: Sequence[Fact], actor: Actor, accepts_other_amount: bool = False, **entered: Any
) -> Payment:
    """Apply what is known of a payment; return it as it is then.

    `entered` are columns that staff fill in with a capture (`proof`, `received_by`), who may also accept another
    amount than was asked for. Raises PaymentUnknown; WrongAmount for an amount or currency that is not what was asked
    for; NotYetCaptured for a refund whose payment has not been heard of.
    """
    with recorded(actor, "payment.settle"):
        payment, visit = lock_payment_with_visit(payment_id)
        for fact in sorted(facts, key=_rank):
            if isinstance(fact, Captured):
                if payment.status not in CAPTURED:
                    _require_amount(payment, fact, accepts_other_amount)
                    _capture(payment, visit, fact, actor, entered)
            else:
                _apply(fact, payment, actor)
        payment.refresh_from_db(fields=["status", "refunded", "refunding"])
    return payment


def _rank(fact: Fact) -> int:
    """Money that came goes before all that is said about it."""
    return 0 if isinstance(fact, Captured) else 1


def _apply(fact: Declined | Lapsed | Refunded, payment: Payment, actor: Actor) -> None:
    match fact:
        case Declined():
            _decline(payment, fact, actor)
        case Lapsed():
            _lapse(payment, actor)
        case Refunded():
            _go_back(payment, fact, actor)


def _decline(payment: Payment, fact: Declined, actor: Actor) -> None:
    if payment.status != PaymentStatus.PENDING:
        return
    why = fact.why[:300]
    if fact.final:
        change_payment(payment, PaymentStatus.FAILED, actor=actor, failure=why, ask_at=None)
    elif why != payment.failure:
        Payment.objects.filter(pk=payment.pk).update(failure=why)
        payment.failure = why


def _lapse(payment: Payment, actor: Actor) -> None:
    """Nothing will come any more, so there is nothing to ask for either."""
    if payment.status == PaymentStatus.PENDING:
        change_payment(payment, PaymentStatus.CANCELLED, actor=actor, ask_at=None)
    elif payment.status not in CAPTURED and payment.ask_at is not None:
        Payment.objects.filter(pk=payment.pk).update(ask_at=None)
        payment.ask_at = None


def _go_back(payment: Payment, fact: Refunded, actor: Actor) -> None:
    if payment.status not in CAPTURED:
        raise NotYetCaptured
    if fact.currency.upper() != payment.currency:
        raise WrongAmount
    note_refund(payment, fact, actor=actor)


def _require_amount(payment: Payment, fact: Captured, accepts_other_amount: bool) -> None:
    if fact.currency.upper() != payment.currency or fact.amount <= 0:
        raise WrongAmount
    if fact.amount != payment.amount and not accepts_other_amount:
        raise WrongAmount


def _capture(payment: Payment, visit: Appointment, fact: Captured, actor: Actor, entered: dict[str, Any]) -> None:
    """The money has come: write it down, then let the visit follow."""
    change_payment(
        payment,
        PaymentStatus.PAID,
        actor=actor,
        captured=fact.amount,
        provider_payment=fact.payment,
        paid_at=fact.at,
        failure="",
        ask_at=None,
        **entered,
    )
    # The ledger's clock is ours: a receipt must not be dated into a year whose numbers are long given.
    entry = LedgerEntry.objects.create(
        payment=payment,
        kind=EntryKind.CAPTURE,
        amount=fact.amount,
        currency=payment.currency,
        at=timezone.now(),
    )
    _follow(payment, visit, actor)
    issue_receipt(entry=entry, payment=payment, visit=visit)


def _follow(payment: Payment, visit: Appointment, actor: Actor) -> None:
    """What the money means for the visit: it is confirmed, or, where that cannot be, the money goes back."""
    if visit.status == AppointmentStatus.CANCELLED:
        give_back(payment, payment.captured, reason=RefundReason.CANCELLED, actor=actor)
        return
    account = account_of(visit)
    if visit.status in (AppointmentStatus.PENDING, AppointmentStatus.EXPIRED) and not _seated(visit, account, actor):
        return
    excess = min(account.held - visit.fee, payment.captured)
    if excess > 0:
        give_back(payment, excess, reason=RefundReason.PAID_TWICE, actor=actor)
    if account.captured >= visit.fee:
        _ask_no_more(visit, actor)


def _ask_no_more(visit: Appointment, actor: Actor) -> None:
    """Nobody waits for what was begun besides; should its money come after all, it goes back as paid twice."""
    for other in payments_of_visit(visit).select_for_update(of=("self",)).filter(status=PaymentStatus.PENDING):
        ask_at = timezone.now() if other.provider in HOSTED else None
        change_payment(other, PaymentStatus.CANCELLED, actor=actor, ask_at=ask_at)


def _seated(visit: Appointment, account: Account, actor: Actor) -> bool:
    """Confirm the visit; where its seat is gone, everything paid for it goes back. Whether it takes place."""
    if account.held < visit.prepayment:
        return _waits_for_the_rest(visit, actor)
    try:
        with transaction.atomic():
            confirmed = confirm_paid(appointment_id=visit.pk, actor=actor)
    except DomainError:
        _give_all_back(visit, RefundReason.SEAT_GONE, actor)
        return False
    visit.status = confirmed.status
    return True


def _waits_for_the_rest(visit: Appointment, actor: Actor) -> bool:
    """Less has come than was asked for. A booking that still waits goes on waiting; one that ran out is over."""
    if visit.status == AppointmentStatus.PENDING:
        return True
    _give_all_back(visit, RefundReason.UNPAID, actor)
    return False


def _give_all_back(visit: Appointment, reason: RefundReason, actor: Actor) -> None:
    for payment in payments_of_visit(visit).select_for_update(of=("self",)):
        left: Decimal = payment.captured - payment.refunded - payment.refunding
        if left > 0:
            give_back(payment, left, reason=reason, actor=actor)
