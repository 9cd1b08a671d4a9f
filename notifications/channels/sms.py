"""Text messages through Twilio."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from twilio.rest import Client

from accounts import twilio_client
from notifications.channels import twilio
from notifications.channels.contract import Parcel, Receipt

SHORTEST_VALIDITY, LONGEST_VALIDITY = 10, 36_000
"""How many seconds Twilio may be told to keep trying."""


class SmsChannel:
    """Sends text messages, and finds at Twilio those whose fate is not known."""

    def is_configured(self) -> bool:
        """Whether the clinic has keys for Twilio."""
        return twilio_client.is_configured()

    def send(self, parcel: Parcel) -> Receipt:
        """Hand it to Twilio, which drops it when it can no longer be delivered in time."""

        def make(client: Client, told: dict[str, Any]) -> Any:
            return client.messages.create(
                to=parcel.address, from_=settings.TWILIO_PHONE_NUMBER, body=parcel.text, **_validity(parcel), **told
            )

        return twilio.hand_over(make, parcel)

    def ask(self, parcel: Parcel) -> Receipt | None:
        """Look for the same words to the same number: a message's link is its own. A trial account puts words before.

        Twilio's filter by day is left out: what is still in its queue has no day yet.
        """

        def find(client: Client) -> list[Any]:
            found: list[Any] = client.messages.list(to=parcel.address, limit=twilio.LOOKED_THROUGH)
            return found

        return twilio.look_up(find, lambda row: (row.body or "").strip().endswith(parcel.text.strip()), parcel)


def _validity(parcel: Parcel) -> dict[str, int]:
    if parcel.expires_at is None:
        return {}
    left = int((parcel.expires_at - timezone.now()).total_seconds())
    return {"validity_period": min(max(left, SHORTEST_VALIDITY), LONGEST_VALIDITY)}
