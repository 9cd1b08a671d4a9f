"""What is known of the calls that went to a number."""

from __future__ import annotations

from notifications.models import Message
from notifications.states import ChannelName


def other_calls_than(message: Message) -> frozenset[str]:
    """What the gateway calls the calls to the same number that were about something else; texts tell by their words."""
    if message.channel != ChannelName.CALL:
        return frozenset()
    # In the very words of the index `call_to_number`.
    to_number = Message.objects.filter(channel=ChannelName.CALL, address=message.address)
    return frozenset(to_number.exclude(pk=message.pk).exclude(provider_id="").values_list("provider_id", flat=True))
