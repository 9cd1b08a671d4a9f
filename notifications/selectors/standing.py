"""Whether messages go out: what should have gone by now, and which gateways do not answer as they should."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.models import Message
from notifications.selectors.due import due_messages
from notifications.states import MessageStatus, NotSent

OVERDUE_AFTER = timedelta(seconds=90)
"""A large batch takes its time; what is due longer than this waits because nobody sends."""

LOOKED_BACK = timedelta(minutes=15)
LATELY = timedelta(minutes=2)
LOOKED_AHEAD = timedelta(minutes=90)
"""No pause between two attempts is longer."""

TRIED_OFTEN = 3
"""One message that was refused so often speaks for the gateway; with fewer attempts it takes two of them."""


def count_overdue() -> int:
    """How many messages should have been sent by now."""
    return due_messages(timezone.now() - OVERDUE_AFTER).count()


def failing_channels() -> list[str]:
    """Channels by which lately nothing went out, though it was tried.

    A message that its own address keeps from arriving says nothing about the gateway.
    """
    attempts: defaultdict[str, list[int]] = defaultdict(list)
    for channel, times in _in_trouble().union(_given_up(), all=True):
        attempts[channel].append(times)
    suspects = {channel for channel, tried in attempts.items() if len(tried) > 1 or max(tried) >= TRIED_OFTEN}
    return sorted(suspects - _sent_lately(suspects)) if suspects else []


def _in_trouble() -> QuerySet[Message, Any]:
    """What was tried and is to be tried again, or of which nobody knows what came of it."""
    unclear = Q(status=MessageStatus.SENDING) & ~Q(error="")
    tried = Q(status=MessageStatus.PENDING, attempts__gt=0) | unclear
    # In the very words of the index `message_to_send`, as in `due_messages`.
    rows = Message.objects.filter(tried, try_at__lte=timezone.now() + LOOKED_AHEAD).order_by()
    return rows.extra(where=["notifications_message.status IN ('pending', 'sending')"]).values_list(
        "channel", "attempts"
    )


def _given_up() -> QuerySet[Message, Any]:
    """What failed a moment ago, for no fault of its address."""
    now = timezone.now()
    failed = Message.objects.filter(
        status=MessageStatus.FAILED,
        why_not__in=[NotSent.GAVE_UP, NotSent.REFUSED],
        due_at__gt=now - timedelta(days=1),
        attempted_at__gt=now - LOOKED_BACK,
    )
    return failed.order_by().values_list("channel", "attempts")


def _sent_lately(channels: set[str]) -> set[str]:
    now = timezone.now()
    sent = Message.objects.filter(
        status=MessageStatus.SENT, channel__in=channels, due_at__gt=now - timedelta(days=1), sent_at__gt=now - LATELY
    )
    return set(sent.order_by().values_list("channel", flat=True).distinct())
