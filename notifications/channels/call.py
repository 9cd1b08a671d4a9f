"""Voice calls through Twilio, for people who do not read text messages."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from accounts import twilio_client
from notifications.channels import twilio
from notifications.channels.contract import Parcel, Receipt

VOICES: Final = {
    "en": ("en-GB", "Polly.Amy"),
    "hi": ("hi-IN", "Polly.Aditi"),
    "es": ("es-ES", "Polly.Lucia"),
    "ar": ("arb", "Polly.Zeina"),
}
RING_SECONDS: Final = 30
"""Shorter than most people's answering machines need."""


class CallChannel:
    """Calls and speaks, and finds at Twilio the calls whose fate is not known."""

    def is_configured(self) -> bool:
        """Whether the clinic has keys for Twilio."""
        return twilio_client.is_configured()

    def send(self, parcel: Parcel) -> Receipt:
        """Let Twilio call."""

        def make(client: Client, told: dict[str, Any]) -> Any:
            return client.calls.create(
                to=parcel.address,
                from_=settings.TWILIO_PHONE_NUMBER,
                twiml=spoken(parcel),
                timeout=RING_SECONDS,
                **told,
            )

        return twilio.hand_over(make, parcel)

    def ask(self, parcel: Parcel) -> Receipt | None:
        """Look for a call to the same number since: nobody is rung up twice because a line broke.

        Twilio does not show what was said, so calls of which is known that they were about something else are left out.
        """

        def find(client: Client) -> list[Any]:
            number = settings.TWILIO_PHONE_NUMBER
            found: list[Any] = client.calls.list(to=parcel.address, from_=number, limit=twilio.LOOKED_THROUGH)
            return found

        return twilio.look_up(find, lambda row: row.sid not in parcel.others, parcel)


def spoken(parcel: Parcel) -> str:
    """What is said, as TwiML: twice, because nobody listens to the beginning."""
    language, voice = VOICES.get(parcel.language, VOICES["en"])
    answer = VoiceResponse()
    answer.pause(length=1)
    answer.say(parcel.text, language=language, voice=voice)
    answer.pause(length=2)
    answer.say(parcel.text, language=language, voice=voice)
    return str(answer)
