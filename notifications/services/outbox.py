"""The outbox, as the other rooms and floors use it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from notifications.errors import MessageTooOld, MessageUnknown, WrongMessageState
from notifications.models import Message
from notifications.services.transitions import change_status
from notifications.states import Kind, MessageStatus, NotSent

FREE = {"claim": "", "claimed_until": None}
"""What a message has that nobody holds."""

KEY_GIVEN_UP = {"dedupe_key": Concat("dedupe_key", Value(":"), Cast("pk", CharField()))}
"""What was never sent does not stand in the way of the same when it is wanted again: the desk takes a mistake back."""


def cancel_unsent(
    *,
    why: NotSent,
    actor: Actor,
    appointment_id: int | None = None,
    waitlist_entry_id: int | None = None,
    token_id: int | None = None,
    kinds: Collection[Kind] = tuple(Kind),
) -> int:
    """Nobody needs what was still to be sent about a visit, an offer or a place in a queue; returns how many rows.

    Call it inside the transaction of the change. What is being sent at this moment stays as it is: nobody can take it
    back, and if it turns out that it was not sent, it is checked before it is sent again.
    """
    about = {"appointment": appointment_id, "waitlist_entry": waitlist_entry_id, "token": token_id}
    wanted = {f"{name}_id": pk for name, pk in about.items() if pk is not None}
    if not wanted:
        raise ValueError("say what the messages are about")
    messages = Message.objects.filter(**wanted, kind__in=kinds, status=MessageStatus.PENDING)
    return change_status(messages, MessageStatus.CANCELLED, why_not=why, **FREE, **KEY_GIVEN_UP)


def retry_message(*, message_id: int, actor: Actor) -> Message:
    """Staff ask for another try of a message that failed; it is checked anew before it is sent.

    Raises MessageUnknown, WrongMessageState, MessageTooOld.
    """
    now = timezone.now()
    with recorded(actor, "message.retry"):
        message = Message.objects.filter(pk=message_id).first()
        if message is None:
            raise MessageUnknown
        if message.status == MessageStatus.FAILED and message.not_after is not None and message.not_after <= now:
            raise MessageTooOld
        retried = Message.objects.filter(pk=message_id, status=MessageStatus.FAILED)
        if not change_status(
            retried, MessageStatus.PENDING, try_at=now, attempts=0, attempted_at=None, why_not="", **FREE
        ):
            raise WrongMessageState(status_now=message.status)
    message.refresh_from_db()
    return message
