"""What providers tell us: stored before anything is done with it, applied once, in whatever order it comes.

An event is committed on its own before it is applied, so that what we have acknowledged is never lost. Applying is one
transaction that begins by taking the row: of fifty that deliver the same event at once, one applies it. What cannot be
applied now is looked at again by the sweep (`services/reconciling.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation

from accounts.actors import Actor, gateway
from accounts.audit import recorded
from accounts.errors import DomainError
from payments.errors import EventUnknown, NotYetCaptured
from payments.models import Payment, WebhookEvent
from payments.providers.contract import Captured, Event
from payments.providers.registry import provider_of
from payments.services.settling import settle
from payments.states import CAPTURED, EventStatus

logger = logging.getLogger("frontdesk.payments")

LONGEST_ERROR = 300

OPEN = (EventStatus.RECEIVED, EventStatus.WAITING, EventStatus.FAILED)
"""States from which an event may still be applied."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
TRIED_FOR = timedelta(days=3)
"""So long the sweep comes back to an event; after that it is for staff to say that it is tried again."""

MOST_WAITING = 50
"""So many waiting events are looked at when a payment has come; the sweep looks at the others."""

UNKNOWN_PAYMENT = "unknown_payment: no payment of ours is meant"
OTHER_MONEY = "other_money: this payment was paid already, by another number at the provider; see to it there"
OUR_FAULT = "fault"


def receive_event(*, provider: str, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
    """Store what a provider tells, and apply it. Told again, it is counted, and applied if it was not yet.

    Raises BadSignature, and stores nothing, for what the provider did not sign. Whatever else it raises, the event may
    not be stored: the provider must be answered so that it comes again.
    """
    event = provider_of(provider).read_event(body=body, headers=headers)
    actor = gateway(provider)
    stored = _store(provider, event, actor)
    if stored.status in OPEN:
        return apply_event(event_id=stored.pk, actor=actor)
    return stored


def _store(provider: str, event: Event, actor: Actor) -> WebhookEvent:
    """The row of an event, committed; made now, or by somebody who was told the same before."""
    told = WebhookEvent.objects.filter(provider=provider, event_id=event.event_id)
    row = WebhookEvent(
        provider=provider,
        event_id=event.event_id,
        kind=event.kind,
        payload=dict(event.payload),
        happened_at=event.happened_at,
        times_received=0,
        try_at=timezone.now() + FIRST_PAUSE,
    )
    with recorded(actor, "payment_event.receive"):
        WebhookEvent.objects.bulk_create([row], ignore_conflicts=True)
        told.update(times_received=F("times_received") + 1)
        return told.get()


def apply_event(*, event_id: int, actor: Actor) -> WebhookEvent:
    """Apply a stored event unless that was done. Raises EventUnknown.

    An event about money that goes back before it has come waits for that; one that cannot be applied says why. A fault
    of our own is noted beside the event, which stays as it is, and the sweep comes back to it. Where the database is
    away nothing can be noted, and the exception is the caller's.
    """
    outcome = _apply(event_id, actor)
    if outcome.status == EventStatus.WAITING and _has_come_meanwhile(outcome):
        outcome = _apply(event_id, actor)
    return outcome


def _apply(event_id: int, actor: Actor) -> WebhookEvent:
    row = _read(event_id)
    if row.status not in OPEN:
        return row
    payment: Payment | None = None
    captured = False
    try:
        event = provider_of(row.provider).read_stored(row.payload)
        payment = payment_of(row.provider, event)
        captured = any(isinstance(fact, Captured) for fact in event.facts)
        with recorded(actor, "payment_event.apply"):
            if not _take(row, payment, EventStatus.APPLIED if event.facts else EventStatus.IGNORED):
                return _read(event_id)
            if event.facts:
                if payment is None:
                    status = EventStatus.WAITING if _may_become_known(event) else EventStatus.FAILED
                    raise _MakesNoSense(status, UNKNOWN_PAYMENT)
                _require_same_money(settle(payment_id=payment.pk, facts=event.facts, actor=actor), event)
    except _MakesNoSense as odd:
        _put_aside(row, odd.status, odd.why, payment)
    except NotYetCaptured as early:
        _put_aside(row, EventStatus.WAITING, _words(early), payment)
    except DomainError as refused:
        _put_aside(row, EventStatus.FAILED, _words(refused), payment)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        logger.exception("event %s could not be applied", row.pk)
        _put_aside(row, EventStatus(row.status), f"{OUR_FAULT}: {type(fault).__name__}", payment)
    else:
        if captured and payment is not None:
            apply_waiting(payment=payment, actor=actor)
    return _read(event_id)


class _MakesNoSense(Exception):
    """Ends the transaction that took an event which fits nothing we know."""

    def __init__(self, status: EventStatus, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(why)


def _require_same_money(payment: Payment, event: Event) -> None:
    """Refuse money by another number than that which came for the payment: somebody has paid one page twice, and staff
    have to give it back at the provider."""
    came = {fact.payment for fact in event.facts if isinstance(fact, Captured)}
    if came - {payment.provider_payment}:
        raise _MakesNoSense(EventStatus.FAILED, OTHER_MONEY)


def payment_of(provider: str, event: Event) -> Payment | None:
    """The payment that an event is about: by our key, or by the provider's number of the page or of the money."""
    rows = Payment.objects.filter(provider=provider)
    named = {"key": event.key, "provider_reference": event.reference, "provider_payment": event.payment}
    for name, value in named.items():
        found = rows.filter(**{name: value}).first() if value else None
        if found is not None:
            return found
    return None


def _may_become_known(event: Event) -> bool:
    """Whether it names nothing but the provider's number of the money, which we learn when that has come."""
    return bool(event.payment) and not event.key and not event.reference


def apply_waiting(*, payment: Payment, actor: Actor) -> int:
    """Apply what was told about a payment before its money had come; returns how many events.

    Call it when the capture is committed: every event is a transaction of its own, so that nobody who holds a payment
    waits for an event.
    """
    about = Q(payment=payment) | Q(payment=None, provider=payment.provider)
    waiting = WebhookEvent.objects.filter(about, status=EventStatus.WAITING).order_by("pk")
    done = 0
    for event_id in list(waiting.values_list("pk", flat=True)[:MOST_WAITING]):
        done += _apply(event_id, actor).status == EventStatus.APPLIED
    return done


def replay_event(*, event_id: int, actor: Actor) -> WebhookEvent:
    """Staff ask for another try of an event; one that was applied is not applied again. Raises EventUnknown."""
    with recorded(actor, "payment_event.replay"):
        _open(event_id).update(try_at=timezone.now() + FIRST_PAUSE)
    return apply_event(event_id=event_id, actor=actor)


def pause_after(age: timedelta) -> timedelta | None:
    """How long to leave an event alone that came so long ago; None when nobody looks at it any more by themselves."""
    if age > TRIED_FOR:
        return None
    return min(max(age / 2, FIRST_PAUSE), LONGEST_PAUSE)


def _read(event_id: int) -> WebhookEvent:
    row = WebhookEvent.objects.select_related("payment").filter(pk=event_id).first()
    if row is None:
        raise EventUnknown
    return row


def _open(event_id: int) -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(pk=event_id, status__in=OPEN)


def _take(row: WebhookEvent, payment: Payment | None, status: EventStatus) -> bool:
    """Mark an event as done with, by one statement: who finds it done waits for the one who did, and does nothing."""
    now = timezone.now()
    taken = _open(row.pk).update(status=status, payment=payment, processed_at=now, try_at=None, error="")
    return bool(taken)


def _put_aside(row: WebhookEvent, status: EventStatus, error: str, payment: Payment | None = None) -> None:
    """Note why an event could not be applied, unless somebody has applied it since, and when it is looked at again."""
    now = timezone.now()
    pause = pause_after(now - row.received_at)
    if pause is None and status == EventStatus.WAITING:
        status = EventStatus.FAILED  # what it waits for has not come in days
    _open(row.pk).update(
        status=status,
        payment=payment,
        processed_at=now,
        try_at=None if pause is None else now + pause,
        error=error[:LONGEST_ERROR],
    )


def _has_come_meanwhile(row: WebhookEvent) -> bool:
    """Whether the money came between the look at the payment and the note that its event waits.

    Whoever notes the money looks for waiting events after; who notes that an event waits looks for the money after. One
    of the two sees the other.
    """
    if row.payment_id is not None:
        return Payment.objects.filter(pk=row.payment_id, status__in=CAPTURED).exists()
    return payment_of(row.provider, provider_of(row.provider).read_stored(row.payload)) is not None


def _words(refused: DomainError) -> str:
    """Why, for the staff: the code, and the sentence in the language of the code."""
    with translation.override("en"):
        return f"{refused.code}: {refused}"
