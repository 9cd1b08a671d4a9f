"""The one place that changes the state of a message."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from notifications.models import Message
from notifications.states import MessageStatus, message_sources_of


def change_status(messages: QuerySet[Message], to: MessageStatus, **changes: Any) -> int:
    """Move those of `messages` that may get there to the state `to`, together with `changes`; returns how many did.

    The UPDATE is conditional on the state, so of two writers one wins. Whoever holds a message by a claim narrows
    `messages` down to it, so that nobody speaks for a message that somebody else holds by now.
    """
    return messages.filter(status__in=message_sources_of(to)).order_by().update(status=to, **changes)
