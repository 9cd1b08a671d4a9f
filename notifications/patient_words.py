"""Messages as patients read of them on their pages. What staff read is in `message_words.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import Message
from notifications.selectors.preview import Planned
from notifications.selectors.preview import Standing as Far
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus

KINDS: dict[str, Promise] = {
    Kind.TO_CONFIRM: _("Please confirm"),
    Kind.TO_PAY: _("Please pay"),
    Kind.CONFIRMATION: _("Confirmation"),
    Kind.REMINDER: _("Reminder"),
    Kind.RESCHEDULED: _("New time"),
    Kind.CANCELLED: _("Cancellation"),
    Kind.EXPIRED: _("Not confirmed in time"),
    Kind.WAITLIST_OFFER: _("A seat for you"),
    Kind.TURN_NEAR: _("Your turn is near"),
    Kind.YOUR_TURN: _("You are called"),
    Kind.FEEDBACK: _("How was your visit?"),
    Kind.PAID: _("Receipt"),
    Kind.REFUNDED: _("Money goes back to you"),
}
CHANNELS: dict[str, Promise] = {
    ChannelName.EMAIL: _("by e-mail"),
    ChannelName.SMS: _("by text message"),
    ChannelName.PUSH: _("on the phone’s screen"),
    ChannelName.CALL: _("by voice call"),
}

FAILED = (DeliveryStatus.UNDELIVERED, DeliveryStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Line:
    """One message in a patient's list. `when` it was sent, or will be; None: when the time has come."""

    kind: str | Promise
    channel: str | Promise
    when: datetime | None
    outcome: str | Promise


def outcome_of(message: Message) -> str | Promise:
    """What became of a message that went out, or should have."""
    if message.status == MessageStatus.FAILED or message.delivery_status in FAILED:
        return _("It could not be delivered")
    if message.status in (MessageStatus.PENDING, MessageStatus.SENDING):
        return _("It will be sent")
    return _("It arrived") if message.delivery_status == DeliveryStatus.DELIVERED else _("Sent")


def line_of(message: Message) -> Line:
    """A message that is written."""
    return Line(KINDS[message.kind], CHANNELS[message.channel], message.sent_at or message.try_at, outcome_of(message))


def lines_of(planned: Iterable[Planned], *, reach: Iterable[str]) -> Iterator[Line]:
    """Of all about a visit, what concerns the patient: what went out, what failed, and what will come.

    Only channels in `reach` have a gateway: nothing is promised that stays in the house.
    """
    for one in planned:
        if one.message is not None and one.standing != Far.WAITING:
            if tells(one.message):
                yield line_of(one.message)
        elif one.standing in (Far.WAITING, Far.PLANNED) and one.why_not is None and one.channel in reach:
            yield Line(KINDS[one.kind], CHANNELS[one.channel], one.when, _("It will be sent"))


def tells(message: Message) -> bool:
    """Whether it went out, or should have: what was not needed or only kept is nothing to tell a patient of."""
    if message.status == MessageStatus.SENT:
        return message.delivery_status != DeliveryStatus.KEPT
    return message.status == MessageStatus.FAILED
