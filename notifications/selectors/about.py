"""The messages about one visit."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from notifications.models import Message
from queueing.models import Token


def messages_about(appointment_id: int) -> QuerySet[Message]:
    """Those that speak of it, and of the places in queues that it had.

    Its tokens are looked up first: with a join, the database would look through the whole outbox for the two.
    """
    tokens = list(Token.objects.filter(appointment=appointment_id).order_by().values_list("pk", flat=True))
    return Message.objects.filter(Q(appointment=appointment_id) | Q(token__in=tokens))
