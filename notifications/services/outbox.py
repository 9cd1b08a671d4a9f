"""The outbox, as the other rooms and floors use it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from notifications.channels import Channel
from notifications.channels.registry import channel_of
from notifications.errors import MessageTooOld, MessageUnknown, WrongMessageState
from notifications.models import Message
from notifications.selectors.due import count_due
from notifications.services.claiming import FREE
from notifications.services.receipts import note_delivery
from notifications.services.sending import Run, Tally
from notifications.services.transitions import KEY_GIVEN_UP, change_status
from notifications.states import Kind, MessageStatus, NotSent
from notifications.waking import wake

__all__ = ["cancel_unsent", "note_delivery", "retry_message", "send_due"]


def send_due(
    *,
    actor: Actor,
    limit: int | None = None,
    dry_run: bool = False,
    channel_of: Callable[[str], Channel] = channel_of,
) -> Tally | int:
    """The sweep: send what is due. Safe to run twice, at once, or after a day's pause; bounded in time and memory.

    With `dry_run` it only says how many are due.
    """
    if dry_run:
        return count_due()
    tally = Run(actor=actor, limit=limit, channel_of=channel_of).work()
    if tally.more and limit is None:
        wake()
    return tally


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
