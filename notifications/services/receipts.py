"""What gateways tell of messages later: that they arrived, or that they did not."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from notifications.channels import Receipt
from notifications.models import Message
from notifications.services.outcomes import note_sent
from notifications.states import DELIVERY_RANKS, DeliveryStatus, MessageStatus

NOT_SETTLED = (MessageStatus.SENDING, MessageStatus.PENDING)


def note_delivery(
    *,
    provider: str,
    provider_id: str,
    delivery_status: DeliveryStatus,
    actor: Actor,
    message_id: int | None = None,
    error: str = "",
) -> bool:
    """Write down what a gateway says of a message; False when that is nothing new, or about none of ours.

    Such news comes more than once and in any order, so it only ever leads on: who has a message does not lose it again.
    It may come before whoever sent the message has written down that it was taken, or after they died over it; then it
    is the receipt as well. `message_id` is our number, as the gateway was given it; without it only a message that is
    known by the gateway's number is found.
    """
    rank = DELIVERY_RANKS[delivery_status]
    lower = [status for status, its_rank in DELIVERY_RANKS.items() if its_rank < rank]
    news: dict[str, Any] = {"provider": provider, "provider_id": provider_id, "delivery_status": delivery_status}
    if delivery_status == DeliveryStatus.DELIVERED:
        news["delivered_at"] = timezone.now()
    if error:
        news["error"] = error[:300]
    with transaction.atomic():
        tried = _spoken_of(message_id, provider_id)
        for pk in tried.filter(status__in=NOT_SETTLED).values_list("pk", flat=True):
            note_sent(pk, Receipt(provider, provider_id))
        return bool(tried.filter(delivery_status__in=lower).update(**news))


def _spoken_of(message_id: int | None, provider_id: str) -> QuerySet[Message]:
    """The message, if the gateway was ever asked to take it, and knows it by no other number."""
    tried = Message.objects.filter(attempts__gt=0).order_by()
    if message_id is None:
        return tried.filter(provider_id=provider_id).exclude(provider_id="")
    return tried.filter(Q(provider_id="") | Q(provider_id=provider_id), pk=message_id)
