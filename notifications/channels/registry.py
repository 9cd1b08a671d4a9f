"""Which channel is behind which name."""

from __future__ import annotations

from typing import Final

from accounts import twilio_client
from notifications.channels import push_line, smtp
from notifications.channels.call import CallChannel
from notifications.channels.contract import Channel
from notifications.channels.email import EmailChannel
from notifications.channels.outbox import OutboxChannel
from notifications.channels.push import PushChannel
from notifications.channels.sms import SmsChannel
from notifications.states import ChannelName

OUTBOX: Final = OutboxChannel()

_CHANNELS: Final[dict[str, Channel]] = {
    ChannelName.EMAIL: EmailChannel(),
    ChannelName.SMS: SmsChannel(),
    ChannelName.CALL: CallChannel(),
    ChannelName.PUSH: PushChannel(),
}


def channel_of(name: str) -> Channel:
    """The gateway behind a name, whether or not the clinic has set it up."""
    return _CHANNELS[name]


def let_go() -> None:
    """Close what channels keep open from one message to the next, as far as this thread may."""
    smtp.let_go()
    twilio_client.let_go()
    push_line.let_go()
