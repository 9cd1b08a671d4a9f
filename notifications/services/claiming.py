"""Taking messages in hand, so that no two workers send the same one.

Whoever holds a message has written a claim of its own into the row. Everything it writes later is conditional on that
claim: a worker that was thought dead, and comes back, speaks for nothing any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from notifications.models import Message
from notifications.selectors.due import due_messages, in_order_of_hurry, with_everything

HELD_BEFORE = timedelta(seconds=60)
"""So long a message may be held that nobody has begun to send; longer than a run of the sweep takes."""

FREE = {"claim": "", "claimed_until": None}
"""What a message has that nobody holds."""


def claim_due(*, channel: str, limit: int) -> list[Message]:
    """Take up to `limit` messages of a channel in hand, those in a hurry first, and read all that belongs to them.

    Others who claim at this moment pass over these rows on PostgreSQL; on SQLite the transaction itself (IMMEDIATE) is
    the lock.
    """
    claim = secrets.token_hex(8)
    with transaction.atomic():
        now = timezone.now()
        due = due_messages(now).select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        found = list(in_order_of_hurry(due.filter(channel=channel)).values_list("pk", flat=True)[:limit])
        if found:
            Message.objects.filter(pk__in=found).update(claim=claim, claimed_until=now + HELD_BEFORE)
    return in_hand(found, claim=claim)


def in_hand(message_ids: Collection[int], *, claim: str) -> list[Message]:
    """Read messages as they are now; without those that are no longer held by this claim."""
    if not message_ids:
        return []
    return list(in_order_of_hurry(with_everything(Message.objects.filter(pk__in=message_ids, claim=claim))))


def let_go(messages: Collection[Message]) -> None:
    """Give back what is held and was not begun."""
    for message in messages:
        Message.objects.filter(pk=message.pk, claim=message.claim).update(**FREE)
