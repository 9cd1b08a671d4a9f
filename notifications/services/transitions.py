"""The one place that changes the state of a message."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from notifications.models import Message
from notifications.states import MessageStatus, message_sources_of

KEY_GIVEN_UP = {"dedupe_key": Concat("dedupe_key", Value(":"), Cast("pk", CharField()))}
"""What was never sent does not stand in the way of the same when it is wanted again: the desk takes a mistake back."""


def change_status(messages: QuerySet[Message], to: MessageStatus, **changes: Any) -> int:
    """Move those of `messages` that may get there to the state `to`, together with `changes`; returns how many did.

    The UPDATE is conditional on the state, so of two writers one wins. Whoever holds a message by a claim narrows
    `messages` down to it, so that nobody speaks for a message that somebody else holds by now.
    """
    return messages.filter(status__in=message_sources_of(to)).order_by().update(status=to, **changes)
