"""What is written down before a message is handed over, and what came of it after.

The attempt is committed before the gateway is asked, the outcome after. A worker that dies between the two leaves a
row that is being sent; whoever finds it asks the gateway before anything is sent again.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actors import Actor
from notifications.channels import PermanentRefusal, Receipt, TryLater, Unclear
from notifications.models import Message
from notifications.selectors.checking import Objection
from notifications.services.claiming import FREE
from notifications.services.preparing import Ready, Unfit
from notifications.services.suppressions import stop_address
from notifications.services.transitions import KEY_GIVEN_UP, change_status
from notifications.states import MessageStatus, NotSent, StopReason

LEASE = timedelta(seconds=120)
"""So long after an attempt began nobody else looks at the message: much longer than any gateway is waited for."""

MOST_ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
ASKED_FOR = timedelta(hours=24)
"""So long the gateway is asked about an attempt of which nothing is known."""

_chance = secrets.SystemRandom()


class Came(StrEnum):
    """What came of a message in a run, in the words of its report."""

    SENT = "sent"
    KEPT = "kept in the outbox"
    FAILED = "failed"
    LATER = "to be tried later"
    UNCLEAR = "unclear"
    NOT_FOUND = "not known to the gateway"
    POSTPONED = "postponed"
    CANCELLED = "not needed any more"
    SUPPRESSED = "not to be sent"
    OVERTAKEN = "overtaken"


Answer = Receipt | PermanentRefusal | TryLater | Unclear | None


def begin(ready: Ready) -> bool:
    """Write down that it is handed over now, and in which words; False when it is not ours any more, or not needed.

    Call it in a transaction that is committed before the gateway hears of it.
    """
    now = timezone.now()
    message, parcel = ready.message, ready.parcel
    begun = change_status(
        _held(message),
        MessageStatus.SENDING,
        attempts=F("attempts") + 1,
        attempted_at=Coalesce("attempted_at", Value(now)),
        claimed_until=now + LEASE,
        language=parcel.language,
        address=parcel.address,
        subject=parcel.subject[:200],
        body=parcel.text,
    )
    if begun and ready.also:
        _write_to_the_others(ready)
    return bool(begun)


def _write_to_the_others(ready: Ready) -> None:
    """Somebody is reached at several addresses: each gets a row of its own, as each has an outcome of its own."""
    message = ready.message
    named = ("kind", "channel", "offset_minutes", "starts_at", "due_at", "not_after")
    about = ("patient_id", "location_id", "appointment_id", "waitlist_entry_id", "token_id", "payment_id", "refund_id")
    same = {name: getattr(message, name) for name in (*named, *about)}
    rows = [
        Message(**same, dedupe_key=f"{message.dedupe_key}:{address}", address=address, try_at=message.due_at)
        for address in ready.also
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)


def hold_on(message: Message) -> bool:
    """Keep a message in hand while the gateway is asked about it; False when it is not ours any more."""
    return bool(_held(message).update(claimed_until=timezone.now() + LEASE))


def put_aside(message: Message, found: Objection | Unfit) -> Came:
    """It is not sent, or not yet; returns what came of it."""
    if isinstance(found, Unfit):
        change_status(_held(message), MessageStatus.FAILED, why_not=found.why, error=found.error[:300], **FREE)
        return Came.FAILED
    if found.until is not None:
        _held(message).update(try_at=found.until, **FREE)
        return Came.POSTPONED
    if found.status == MessageStatus.CANCELLED:
        change_status(_held(message), MessageStatus.CANCELLED, why_not=found.why, **FREE, **KEY_GIVEN_UP)
        return Came.CANCELLED
    change_status(_held(message), found.status, why_not=found.why, **FREE)
    return Came.SUPPRESSED


def note_answer(message: Message, answer: Answer, *, address: str, asked: bool, actor: Actor) -> Came:
    """Write down what the gateway answered, in the transaction of the caller; returns what that means.

    `asked`: it was only asked about an earlier attempt, and None says that it knows of none.
    """
    if isinstance(answer, Receipt):
        return Came.SENT if note_sent(message.pk, answer) else Came.OVERTAKEN
    if asked:
        return _note_not_found(message) if answer is None else _ask_again_later(message, answer)
    if isinstance(answer, PermanentRefusal):
        return _fail(message, answer, address, actor)
    if isinstance(answer, TryLater):
        return _try_later(message, answer)
    _held(message).update(error=_words(answer))  # it stays as it is until the lease is over; then the gateway is asked
    return Came.UNCLEAR


def note_sent(message_id: int, receipt: Receipt) -> bool:
    """The gateway has it: true whoever holds the message by now, and whatever they were about to do."""
    found = Message.objects.filter(pk=message_id)
    receipt_of = {
        "provider": receipt.provider,
        "provider_id": receipt.provider_id,
        "delivery_status": receipt.delivery_status,
        "sent_at": timezone.now(),
    }
    noted = {**receipt_of, **FREE, "why_not": "", "error": ""}
    if change_status(found, MessageStatus.SENT, **noted):
        return True
    # Somebody believed it lost, and is about to send it again.
    return bool(change_status(found, MessageStatus.SENDING) and change_status(found, MessageStatus.SENT, **noted))


def _fail(message: Message, refusal: PermanentRefusal, address: str, actor: Actor) -> Came:
    failed = change_status(_held(message), MessageStatus.FAILED, why_not=refusal.why, error=_words(refusal), **FREE)
    if failed and refusal.stop:
        reason = StopReason.STOP if refusal.why == NotSent.STOPPED else StopReason.BOUNCED
        stop_address(channel=message.channel, address=address, reason=reason, actor=actor)
    return Came.FAILED


def _try_later(message: Message, refusal: TryLater) -> Came:
    if message.attempts + 1 >= MOST_ATTEMPTS:
        return _give_up(message, _words(refusal))
    try_at = timezone.now() + pause_after(message.attempts + 1, asked_for=refusal.after)
    change_status(_held(message), MessageStatus.PENDING, try_at=try_at, error=_words(refusal), **FREE)
    return Came.LATER


def _note_not_found(message: Message) -> Came:
    """The gateway never heard of it, so it is sent again; it stays in our hands for that."""
    if message.attempts >= MOST_ATTEMPTS:
        return _give_up(message, message.error)
    change_status(_held(message), MessageStatus.PENDING)
    return Came.NOT_FOUND


def _ask_again_later(message: Message, refusal: PermanentRefusal | TryLater | Unclear) -> Came:
    """It cannot be asked now. The longer ago the attempt was, the longer nobody asks again; in the end nobody does."""
    now = timezone.now()
    age = now - (message.attempted_at or now)
    if age > ASKED_FOR:
        return _give_up(message, _words(refusal))
    try_at = now + min(max(age * _chance.uniform(0.5, 1.0), FIRST_PAUSE), LONGEST_PAUSE)
    _held(message).update(try_at=try_at, error=_words(refusal), **FREE)
    return Came.UNCLEAR


def _give_up(message: Message, error: str) -> Came:
    change_status(_held(message), MessageStatus.FAILED, why_not=NotSent.GAVE_UP, error=error, **FREE)
    return Came.FAILED


def pause_after(attempts: int, *, asked_for: float | None = None) -> timedelta:
    """How long after so many attempts the next one comes: three times as long each time, and never quite the same.

    What was refused together must not come back together. A gateway that says how long it wants to be left alone is.
    """
    whole = min(FIRST_PAUSE * 3 ** (attempts - 1), LONGEST_PAUSE)
    pause = whole * _chance.uniform(0.5, 1.0)
    return max(pause, min(timedelta(seconds=max(asked_for or 0.0, 0.0)), LONGEST_PAUSE))


def _words(refusal: PermanentRefusal | TryLater | Unclear | None) -> str:
    return refusal.detail[:300] if refusal is not None else ""


def _held(message: Message) -> QuerySet[Message]:
    """The row, as long as it is in our hands."""
    return Message.objects.filter(pk=message.pk, claim=message.claim)
