"""Asking providers what became of payments, and coming back to events that could not be applied.

Webhooks may not arrive; a payment that nobody tells of is asked about, the longer it is under way the more seldom,
until a day after its page has closed. Providers are asked outside any transaction.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from accounts.actors import Actor
from payments.errors import PaymentUnknown, ProviderUnavailable
from payments.models import Payment
from payments.providers.contract import Captured, Declined, Fact, Known, Lapsed, PermanentRefusal, Refusal
from payments.providers.registry import provider_of
from payments.selectors.asking import count_to_reconcile, events_to_apply, payments_to_ask
from payments.services.events import apply_event, apply_waiting
from payments.services.settling import settle
from payments.states import CAPTURED, HOSTED, PaymentStatus, ProviderName

logger = logging.getLogger("frontdesk.payments")

NOT_AGAIN_FOR = timedelta(seconds=3)
"""So long after a provider was asked about a payment nobody asks again, whoever looks at the page however often."""

FIRST_GAP = timedelta(minutes=1)
LONGEST_GAP = timedelta(hours=6)
ASKED_FOR = timedelta(days=1)
"""So long after the page has closed a provider is asked whether money came after all."""

NEVER_REACHED = timedelta(hours=1)
"""A payment that never got to the provider is given up after so long."""

RUN_SECONDS = 30.0
"""So long a run begins to ask; each answer may take ten seconds more."""


@dataclass(slots=True)
class Reconciled:
    """What came of a run; `more` when it ended before everything that was due had its turn."""

    asked: int = 0
    unreachable: int = 0
    events: Counter[str] = field(default_factory=Counter)
    more: bool = False

    def __bool__(self) -> bool:
        return bool(self.asked or self.unreachable or self.events)

    def __str__(self) -> str:
        said = [f"{self.asked} payments asked about"]
        if self.unreachable:
            said.append(f"{self.unreachable} in vain")
        said += [f"{count} events {status}" for status, count in sorted(self.events.items())]
        return ", ".join(said) + ("; more is due" if self.more else "")


def ask_provider(*, payment_id: int, actor: Actor) -> Payment:
    """Ask the provider what became of a payment, and write it down; returns the payment as it is then.

    Whoever asks again within a few seconds gets what is known. Raises PaymentUnknown, and ProviderUnavailable when the
    provider cannot be asked.
    """
    payment = _read(payment_id)
    if payment.provider not in HOSTED or payment.status in CAPTURED or not _take_turn(payment):
        return _read(payment_id)
    try:
        _ask(payment, actor)
    except Refusal as refused:
        raise ProviderUnavailable from refused
    return _read(payment_id)


def reconcile_payments(*, actor: Actor, limit: int | None = None, dry_run: bool = False) -> Reconciled | int:
    """The sweep: ask about payments that are due, close pages that are given up, apply events that were not applied.

    Safe to run twice, or at once with another; bounded in time. One that fails does not keep the others from it. With
    `dry_run` it only says how many are due.
    """
    if dry_run:
        return count_to_reconcile()
    run = _Run(actor, limit)
    run.each_event()
    run.each_payment()
    if run.faults:
        raise ExceptionGroup("payments and events that could not be reconciled", run.faults)
    return run.outcome


class _Run:
    """One run of the sweep."""

    def __init__(self, actor: Actor, limit: int | None) -> None:
        self.actor = actor
        self.outcome = Reconciled()
        self.faults: list[Exception] = []
        self._limit = limit
        self._ends_at = time.monotonic() + RUN_SECONDS

    def each_event(self) -> None:
        """Try again what is stored and was not applied, the oldest first."""
        due = events_to_apply(timezone.now()).order_by("pk")
        self._each(list(due.values_list("pk", flat=True)[: self._limit]), self._apply)

    def each_payment(self) -> None:
        """Ask about payments, those that waited longest first."""
        due = payments_to_ask(timezone.now()).order_by("ask_at", "pk")
        self._each(list(due.values_list("pk", flat=True)[: self._limit]), self._ask)

    def _each(self, ids: list[int], do: Callable[[int], None]) -> None:
        for pk in ids:
            if time.monotonic() > self._ends_at:
                self.outcome.more = True
                return
            try:
                do(pk)
            except Exception as fault:
                self.faults.append(fault)

    def _apply(self, event_id: int) -> None:
        self.outcome.events[apply_event(event_id=event_id, actor=self.actor).status] += 1

    def _ask(self, payment_id: int) -> None:
        payment = _read(payment_id)
        if payment.status in CAPTURED or not _take_turn(payment, due=True):
            return
        try:
            _ask(payment, self.actor)
        except Refusal as refused:
            logger.warning("%s cannot be asked about payment %s: %s", payment.provider, payment.pk, refused.detail)
            self.outcome.unreachable += 1
        else:
            self.outcome.asked += 1


def known_of(payment: Payment) -> Known:
    """A payment in the words in which a provider is asked about it."""
    return Known(
        key=payment.key,
        reference=payment.provider_reference,
        payment=payment.provider_payment,
        amount=payment.amount,
        currency=payment.currency,
    )


def _read(payment_id: int) -> Payment:
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        raise PaymentUnknown
    return payment


def _take_turn(payment: Payment, *, due: bool = False) -> bool:
    """Whether it is ours to ask now, by one statement; the next turn is set before the provider is asked."""
    now = timezone.now()
    rows = Payment.objects.filter(Q(asked_at=None) | Q(asked_at__lte=now - NOT_AGAIN_FOR), pk=payment.pk)
    if due:
        rows = rows.filter(ask_at__lte=now)
    gap = min(max((now - payment.created_at) / 2, FIRST_GAP), LONGEST_GAP)
    return bool(rows.update(asked_at=now, asked=F("asked") + 1, ask_at=now + gap))


def _ask(payment: Payment, actor: Actor) -> None:
    """Ask, and write down what was said. Raises Refusal."""
    try:
        facts = _facts_of(payment)
    except PermanentRefusal:  # it knows no such payment, of another account perhaps
        if not _is_too_old(payment):
            raise
        facts = ()
    if not facts and _is_too_old(payment):
        facts = (Lapsed(),)  # nothing will come; should it come all the same, an event tells
    if facts:
        settle(payment_id=payment.pk, facts=facts, actor=actor)
    if any(isinstance(fact, Captured | Lapsed) or (isinstance(fact, Declined) and fact.final) for fact in facts):
        Payment.objects.filter(pk=payment.pk).update(ask_at=None)
    if any(isinstance(fact, Captured) for fact in facts):
        apply_waiting(payment=_read(payment.pk), actor=actor)


def _facts_of(payment: Payment) -> tuple[Fact, ...]:
    if not payment.provider_reference:  # it never got there: nobody can have paid it
        return ()
    provider = provider_of(ProviderName(payment.provider))
    if payment.status == PaymentStatus.CANCELLED:
        try:
            provider.give_up(known_of(payment))
        except PermanentRefusal as refused:  # it is closed already, or paid: that is what is asked for next
            logger.info("the page of payment %s is not open: %s", payment.pk, refused.detail)
    return provider.fetch(known_of(payment))


def _is_too_old(payment: Payment) -> bool:
    """Whether money will come no more, as far as anybody can tell."""
    now = timezone.now()
    if not payment.provider_reference:
        return payment.created_at < now - NEVER_REACHED
    return (payment.expires_at or payment.created_at) < now - ASKED_FOR
