"""The messages about a visit."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from notifications.models import Message
from queueing.models import Token


def messages_about(*appointment_ids: int) -> QuerySet[Message]:
    """Those that speak of a visit, which has several numbers when it was moved, and of the places in queues it had.

    Its tokens are looked up first: with a join, the database would look through the whole outbox for the two.
    """
    tokens = list(Token.objects.filter(appointment__in=appointment_ids).order_by().values_list("pk", flat=True))
    return Message.objects.filter(Q(appointment__in=appointment_ids) | Q(token__in=tokens))
