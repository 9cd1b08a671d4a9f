"""Which addresses nothing is sent to."""

from __future__ import annotations

from accounts.phone_numbers import read_phone
from notifications.models import Suppression
from notifications.states import ChannelName

BY_PHONE = (ChannelName.SMS, ChannelName.CALL)


def spelled(*, channel: str, address: str) -> str:
    """An address as stopped addresses are kept: one spelling, so that it is found however it was typed."""
    plain = address.strip()
    if channel == ChannelName.EMAIL:
        return plain.lower()
    return (read_phone(plain) or plain) if channel in BY_PHONE else plain


def is_stopped(*, channel: str, address: str) -> bool:
    """Whether nothing may be sent to an address by a channel."""
    return Suppression.objects.filter(channel=channel, address=spelled(channel=channel, address=address)).exists()
