"""Kinds, channels and states of messages, and which state follows which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a message is about."""

    TO_CONFIRM = "to_confirm", _("Booked, still to be confirmed")
    TO_PAY = "to_pay", _("Booked, still to be paid")
    CONFIRMATION = "confirmation", _("Confirmation")
    REMINDER = "reminder", _("Reminder")
    RESCHEDULED = "rescheduled", _("Moved to another time")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Not confirmed in time")
    WAITLIST_OFFER = "waitlist_offer", _("Waitlist offer")
    TURN_NEAR = "turn_near", _("Next in the queue")
    YOUR_TURN = "your_turn", _("Called")
    FEEDBACK = "feedback", _("How was it?")
    PAID = "paid", _("Payment received")
    REFUNDED = "refunded", _("Money goes back")


OF_THE_QUEUE = frozenset({Kind.TURN_NEAR, Kind.YOUR_TURN})
"""Kinds about a place in a queue: they matter for minutes, whatever the hour."""

OF_MONEY = frozenset({Kind.PAID, Kind.REFUNDED})
"""Kinds about money that came or goes back: true whatever becomes of the visit."""


class ChannelName(models.TextChoices):
    """How a message travels."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Push")
    CALL = "call", _("Voice call")


class MessageStatus(models.TextChoices):
    """Where a message is in its life."""

    PENDING = "pending", _("To be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Not needed any more")
    SUPPRESSED = "suppressed", _("Not to be sent")


MESSAGE_TRANSITIONS: dict[MessageStatus, frozenset[MessageStatus]] = {
    MessageStatus.PENDING: frozenset(
        {MessageStatus.SENDING, MessageStatus.CANCELLED, MessageStatus.SUPPRESSED, MessageStatus.FAILED}
    ),
    # Back to pending: the gateway said to try again later, or it never heard of what a dead worker began.
    MessageStatus.SENDING: frozenset(
        {MessageStatus.PENDING, MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.SUPPRESSED}
    ),
    MessageStatus.SENT: frozenset(),
    MessageStatus.FAILED: frozenset({MessageStatus.PENDING}),
    MessageStatus.CANCELLED: frozenset(),
    MessageStatus.SUPPRESSED: frozenset(),
}
"""From failed back to pending: staff ask for another try."""


class NotSent(models.TextChoices):
    """Why a message was not sent, or not delivered."""

    VISIT_CANCELLED = "visit_cancelled", _("The visit was cancelled.")
    VISIT_MOVED = "visit_moved", _("The visit was moved to another time.")
    VISIT_PAST = "visit_past", _("The visit has begun or is over.")
    VISIT_CHANGED = "visit_changed", _("The visit has changed since, so this no longer holds.")
    OFFER_OVER = "offer_over", _("The offer was taken, has run out, or was withdrawn.")
    PAID_BACK = "paid_back", _("The money goes back, and another message says so.")
    NOT_WAITING = "not_waiting", _("They no longer wait in the queue.")
    TOO_OLD = "too_old", _("It would have come too late to make sense.")
    QUIET_HOURS = "quiet_hours", _("There was no time for it outside the quiet hours.")
    DAILY_LIMIT = "daily_limit", _("Another message about this visit had gone out that day.")
    NO_ADDRESS = "no_address", _("There is no address to send it to.")
    BAD_ADDRESS = "bad_address", _("The address is none that works.")
    NOT_WANTED = "not_wanted", _("The patient does not want messages by this channel.")
    STOPPED = "stopped", _("This address said STOP, or messages to it bounced.")
    RULE_OFF = "rule_off", _("The rule was switched off.")
    REFUSED = "refused", _("The gateway refused it.")
    GAVE_UP = "gave_up", _("The gateway could not be reached after several tries.")
    NO_TEXT = "no_text", _("Its text could not be put together.")


class DeliveryStatus(models.TextChoices):
    """What became of a message that was handed over, as far as the gateway tells."""

    UNKNOWN = "", _("Not told")
    KEPT = "kept", _("Kept in the outbox: no gateway is set up")
    QUEUED = "queued", _("On its way")
    SENT = "sent", _("Sent on")
    DELIVERED = "delivered", _("Delivered")
    UNDELIVERED = "undelivered", _("Not delivered")
    FAILED = "failed", _("Failed")


DELIVERY_RANKS: dict[DeliveryStatus, int] = {
    DeliveryStatus.UNKNOWN: 0,
    DeliveryStatus.KEPT: 0,
    DeliveryStatus.QUEUED: 1,
    DeliveryStatus.SENT: 2,
    DeliveryStatus.DELIVERED: 3,
    DeliveryStatus.UNDELIVERED: 3,
    DeliveryStatus.FAILED: 3,
}
"""What gateways tell only ever leads on, in whatever order it comes: from a lower rank to a higher one."""


class StopReason(models.TextChoices):
    """Why nothing is sent to an address any more."""

    STOP = "stop", _("They said STOP")
    BOUNCED = "bounced", _("Messages to it came back")
    STAFF = "staff", _("Entered by staff")


def message_sources_of(target: MessageStatus) -> frozenset[MessageStatus]:
    """The states from which `target` may be reached."""
    return frozenset(state for state, targets in MESSAGE_TRANSITIONS.items() if target in targets)
