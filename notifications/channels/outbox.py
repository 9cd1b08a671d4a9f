"""Where messages stay when a clinic has no gateway for them: in the outbox, to be looked at in the back office."""

from __future__ import annotations

import sys
import time

from django.conf import settings

from notifications.channels.contract import Parcel, Receipt
from notifications.states import DeliveryStatus

PROVIDER = "outbox"
TOLD_EVERY_SECONDS = 60


class OutboxChannel:
    """Keeps messages, so that all of Frontdesk can be tried without a gateway."""

    def __init__(self) -> None:
        self.told_at = float("-inf")

    def is_configured(self) -> bool:
        """It is no gateway."""
        return False

    def send(self, parcel: Parcel) -> Receipt:  # noqa: ARG002
        """Keep it: its row has the words. The console says where, now and then."""
        now = time.monotonic()
        if settings.EMBEDDED and now - self.told_at >= TOLD_EVERY_SECONDS:
            self.told_at = now
            where = f"{settings.BASE_URL}/admin/notifications/message/"
            sys.stdout.write(f"Messages are kept, not sent: there is no gateway for them. They are at {where}\n")
        return Receipt(provider=PROVIDER, delivery_status=DeliveryStatus.KEPT)

    def ask(self, parcel: Parcel) -> Receipt | None:  # noqa: ARG002
        """It keeps nothing of its own."""
        return None
