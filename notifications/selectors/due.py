"""Which messages are due now."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from notifications.models import Message
from notifications.states import OF_THE_QUEUE


def due_messages(now: datetime | None = None) -> QuerySet[Message]:
    """What is to be sent now and nobody holds, or what somebody held who never said what came of it."""
    moment = now or timezone.now()
    nobodys = Q(claimed_until=None) | Q(claimed_until__lte=moment)
    due = Message.objects.filter(nobodys, try_at__lte=moment)
    # In the very words of the index `message_to_send`: SQLite uses it for nothing that only means the same.
    return due.extra(where=["notifications_message.status IN ('pending', 'sending')"]).order_by()


def in_order_of_hurry(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Those that matter for minutes first, then those that are due longest."""
    hurry = Case(When(kind__in=OF_THE_QUEUE, then=Value(0)), default=Value(1), output_field=IntegerField())
    return messages.order_by(hurry, "try_at", "pk")


def channels_with_due_messages() -> set[str]:
    """By which channels something is to be sent now."""
    return set(due_messages().values_list("channel", flat=True).distinct())


def count_due() -> int:
    """How many messages are to be sent now."""
    return due_messages().count()


def count_due_by_kind() -> list[tuple[str, str, int]]:
    """How many messages are to be sent now, by kind and channel."""
    counted = due_messages().values_list("kind", "channel").annotate(messages=Count("pk"))
    return list(counted.order_by("kind", "channel"))


def with_everything(messages: QuerySet[Message]) -> QuerySet[Message]:
    """With all that checking and composing read, in one query."""
    return messages.select_related(
        "patient",
        "location",
        "appointment__patient",
        "appointment__location",
        "appointment__doctor__specialty",
        "payment",
        "refund",
        "token__appointment",
        "token__queue__doctor",
        "token__queue__location",
        "waitlist_entry__patient",
        "waitlist_entry__offered_slot__doctor",
        "waitlist_entry__offered_slot__location",
    )
