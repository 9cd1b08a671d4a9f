"""Which messages go out where a clinic has set no rules of its own."""

from __future__ import annotations

from typing import Final, NamedTuple

from notifications.states import ChannelName, Kind

HOUR: Final = 60
DAY: Final = 24 * HOUR


class Rule(NamedTuple):
    """That a kind of message goes out by a channel, so many minutes before the visit if it is a reminder."""

    kind: Kind
    channel: ChannelName
    offset_minutes: int = 0


DEFAULT_RULES: Final = (
    Rule(Kind.TO_CONFIRM, ChannelName.EMAIL),
    Rule(Kind.TO_PAY, ChannelName.EMAIL),
    Rule(Kind.CONFIRMATION, ChannelName.EMAIL),
    Rule(Kind.REMINDER, ChannelName.EMAIL, DAY),
    Rule(Kind.REMINDER, ChannelName.EMAIL, HOUR),
    Rule(Kind.REMINDER, ChannelName.SMS, 2 * HOUR),
    Rule(Kind.RESCHEDULED, ChannelName.EMAIL),
    Rule(Kind.RESCHEDULED, ChannelName.SMS),
    Rule(Kind.CANCELLED, ChannelName.EMAIL),
    Rule(Kind.CANCELLED, ChannelName.SMS),
    Rule(Kind.EXPIRED, ChannelName.EMAIL),
    Rule(Kind.PAID, ChannelName.EMAIL),
    Rule(Kind.REFUNDED, ChannelName.EMAIL),
    Rule(Kind.REFUNDED, ChannelName.SMS),
    Rule(Kind.WAITLIST_OFFER, ChannelName.EMAIL),
    Rule(Kind.WAITLIST_OFFER, ChannelName.SMS),
    Rule(Kind.TURN_NEAR, ChannelName.PUSH),
    Rule(Kind.YOUR_TURN, ChannelName.PUSH),
)
