"""Stopping an address, and starting it again."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.audit import recorded
from notifications.models import Suppression
from notifications.selectors.suppressions import spelled
from notifications.states import StopReason


def stop_address(*, channel: str, address: str, reason: StopReason, actor: Actor) -> bool:
    """Send nothing more to an address by a channel; False when that is so already.

    What its owner says weighs more than that messages came back: STOP takes the place of another reason.
    """
    kept = spelled(channel=channel, address=address)
    with recorded(actor, "address.stop"):
        stop, is_new = Suppression.objects.get_or_create(channel=channel, address=kept, defaults={"reason": reason})
        if not is_new and reason == StopReason.STOP and stop.reason != StopReason.STOP:
            Suppression.objects.filter(pk=stop.pk).update(reason=StopReason.STOP)
    return is_new


def start_address(*, channel: str, address: str, actor: Actor) -> bool:
    """Send to an address again; False when it was not stopped."""
    kept = spelled(channel=channel, address=address)
    with recorded(actor, "address.start"):
        removed, _by_table = Suppression.objects.filter(channel=channel, address=kept).delete()
    return removed > 0
