"""What became of a message, in words for staff: whether it arrived, or why it was not sent."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import Message
from notifications.states import DeliveryStatus, MessageStatus, NotSent

_DELIVERY: dict[str, Promise] = {
    DeliveryStatus.UNKNOWN: _("Sent. Whether it arrived, nobody told us."),
    DeliveryStatus.KEPT: _("Kept in the outbox and sent to nobody: no gateway is set up."),
    DeliveryStatus.QUEUED: _("Sent, and on its way."),
    DeliveryStatus.SENT: _("Sent, and on its way."),
    DeliveryStatus.DELIVERED: _("It arrived."),
    DeliveryStatus.UNDELIVERED: _("Sent, but it did not arrive."),
    DeliveryStatus.FAILED: _("Sent, but it did not arrive."),
}

NOT_DELIVERED = (DeliveryStatus.UNDELIVERED, DeliveryStatus.FAILED)
"""It was handed over, and nobody got it."""


def outcome_of(message: Message) -> str | Promise:
    """Whether it arrived, why it was not sent, or that it is still to be."""
    if message.status == MessageStatus.SENT:
        return _DELIVERY[message.delivery_status]
    if message.status == MessageStatus.SENDING:
        return _("It is being sent.")
    if message.status == MessageStatus.PENDING:
        return _("The last try failed. It is tried again.") if message.attempts else _("It is still to be sent.")
    return NotSent(message.why_not).label if message.why_not else _("It was not sent.")
