"""The sweep that asks providers to pay back.

That it is asked is committed before the provider hears of it, what came of it after. A worker that dies between the two
leaves a refund that is being sent; when its lease is over, whoever finds it asks again by the same key, for which a
provider pays back once, however much later. So nothing goes back twice, whenever anybody dies.

Whoever holds a refund has written a claim of its own into the row. A worker that was thought dead, and comes back with
a refusal, speaks for nothing any more; money that went back is a fact, whoever tells it.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from payments.models import Refund
from payments.providers.contract import PermanentRefusal, Provider, Refunded, RefundOrder, Refusal, TryLater, Unclear
from payments.providers.registry import provider_of
from payments.selectors.asking import count_to_send, refunds_to_send
from payments.services.locking import lock_payment
from payments.services.reconciling import known_of
from payments.services.settling import settle
from payments.services.transitions import change_refund
from payments.states import RefundStatus

logger = logging.getLogger("frontdesk.payments")

LEASE = timedelta(seconds=120)
"""So long after an attempt began nobody else looks at the refund: much longer than any provider is waited for."""

RUN_SECONDS = 30.0
"""So long a run begins to send; the last answer may take twenty seconds more."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
UNDER_WAY_PAUSE = timedelta(minutes=10)
"""So long after a provider said that it is still at it, it is asked how it stands; it tells by itself, as a rule."""

FREE = {"claim": "", "claimed_until": None}

_chance = secrets.SystemRandom()


class Came(StrEnum):
    """What came of a refund in a run, in the words of its report."""

    PAID_BACK = "paid back"
    UNDER_WAY = "under way at the provider"
    LATER = "to be tried later"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"


@dataclass(slots=True)
class Sent:
    """What came of the refunds of a run; `more` when it ended before everything that was due had its turn."""

    counts: Counter[Came] = field(default_factory=Counter)
    more: bool = False

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __str__(self) -> str:
        said = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        return (said or "nothing due") + ("; more is due" if self.more else "")


def send_refunds(
    *,
    actor: Actor,
    limit: int | None = None,
    dry_run: bool = False,
    provider_of: Callable[[str], Provider] = provider_of,
) -> Sent | int:
    """The sweep: ask providers for the refunds that are due. Safe to run twice, at once, or after a day's pause.

    One that fails does not keep the others from it. With `dry_run` it only says how many are due.
    """
    if dry_run:
        return count_to_send()
    outcome, faults = Sent(), []
    ends_at = time.monotonic() + RUN_SECONDS
    due = refunds_to_send(timezone.now()).order_by("try_at", "pk")
    for refund_id in list(due.values_list("pk", flat=True)[:limit]):
        if time.monotonic() > ends_at:
            outcome.more = True
            break
        try:
            outcome.counts[_send(refund_id, actor, provider_of)] += 1
        except Exception as fault:
            faults.append(fault)
    if faults:
        raise ExceptionGroup("refunds that could not be sent", faults)
    return outcome


def _send(refund_id: int, actor: Actor, provider_of: Callable[[str], Provider]) -> Came:
    refund = _begin(refund_id, actor)
    if refund is None:
        return Came.OVERTAKEN
    try:
        fact = _ask(refund, provider_of(refund.payment.provider))
    except PermanentRefusal as refusal:
        return _refuse(refund, refusal, actor)
    except TryLater as refusal:
        return _try_later(refund, refusal, actor)
    except Unclear as refusal:
        return _leave(refund, refusal)
    if not _held(refund).exists() and not fact.succeeded:
        return Came.OVERTAKEN
    settle(payment_id=refund.payment_id, facts=[fact], actor=actor)
    if not fact.is_settled:
        Refund.objects.filter(pk=refund.pk).update(try_at=timezone.now() + UNDER_WAY_PAUSE)
        return Came.UNDER_WAY
    return Came.PAID_BACK if fact.succeeded else Came.REFUSED


def _begin(refund_id: int, actor: Actor) -> Refund | None:
    """Take a refund in hand and write down that the provider is asked for it now; None when somebody else has it."""
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    with recorded(actor, "refund.send"):
        payment = lock_payment(payment_id)
        now = timezone.now()
        refund = refunds_to_send(now).filter(pk=refund_id).first()
        if refund is None:
            return None
        refund.payment = payment
        mine = {"claim": secrets.token_hex(8), "claimed_until": now + LEASE, "attempts": refund.attempts + 1}
        if refund.status == RefundStatus.SENDING:  # somebody asked for it, and never said what came of it
            Refund.objects.filter(pk=refund.pk).update(**mine)
            refund.claim, refund.attempts = str(mine["claim"]), refund.attempts + 1
        else:
            change_refund(refund, RefundStatus.SENDING, actor=actor, **mine)
    return refund


def _ask(refund: Refund, provider: Provider) -> Refunded:
    """Ask for it. Raises Refusal, and nothing else: after a fault of ours nobody knows what came of it."""
    order = RefundOrder(key=refund.key, known=known_of(refund.payment), amount=refund.amount)
    try:
        return replace(provider.refund(order), key=refund.key)
    except Refusal:
        raise
    except Exception as fault:
        logger.exception("refund %s met a fault", refund.pk)
        raise Unclear(f"fault: {type(fault).__name__}") from fault


def _refuse(refund: Refund, refusal: PermanentRefusal, actor: Actor) -> Came:
    """It never will: the amount is free again, and staff see why."""
    if not _held(refund).exists():
        return Came.OVERTAKEN
    refused = Refunded(
        refund=refund.provider_refund,
        amount=refund.amount,
        currency=refund.payment.currency,
        at=timezone.now(),
        key=refund.key,
        succeeded=False,
        why=refusal.detail,
    )
    settle(payment_id=refund.payment_id, facts=[refused], actor=actor)
    return Came.REFUSED


def _try_later(refund: Refund, refusal: TryLater, actor: Actor) -> Came:
    """It certainly did not do it now."""
    with recorded(actor, "refund.postpone"):
        lock_payment(refund.payment_id)
        held = _held(refund).first()
        if held is None:
            return Came.OVERTAKEN
        try_at = timezone.now() + pause_after(refund.attempts)
        change_refund(held, RefundStatus.PENDING, actor=actor, try_at=try_at, error=refusal.detail[:300], **FREE)
    return Came.LATER


def _leave(refund: Refund, refusal: Unclear) -> Came:
    """Nobody knows. It stays as it is until the lease is over; then the provider is asked again, by the same key."""
    try_at = timezone.now() + max(pause_after(refund.attempts), LEASE)
    _held(refund).update(error=refusal.detail[:300], try_at=try_at, claimed_until=timezone.now() + LEASE)
    return Came.UNCLEAR


def pause_after(attempts: int) -> timedelta:
    """How long after so many attempts the next one comes: three times as long each time, and never quite the same."""
    whole = min(FIRST_PAUSE * 3 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return whole * _chance.uniform(0.5, 1.0)


def _held(refund: Refund) -> QuerySet[Refund]:
    """The row, as long as it is in our hands."""
    return Refund.objects.filter(pk=refund.pk, claim=refund.claim, status=RefundStatus.SENDING)
