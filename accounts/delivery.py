"""Sends a text message: through Twilio where the clinic has keys, else to the console like the console mail."""

from __future__ import annotations

import logging
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from requests import RequestException
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from accounts.errors import DomainError

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10


class DeliveryFailed(DomainError):
    """The message could not be handed over."""

    code = "delivery_failed"
    sentence = _("We could not send you a message just now. Please try again in a few minutes.")
    status = 503


class _RedirectedHttpClient(TwilioHttpClient):
    """Twilio's own client, speaking to another base address: a test's, or a proxy's."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send the request to TWILIO_API_BASE instead."""
        base, wanted = urlsplit(settings.TWILIO_API_BASE), urlsplit(url)
        url = urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + wanted.path, wanted.query, ""))
        return super().request(method, url, *args, **kwargs)


def send_text(*, to: str, body: str) -> None:
    """Send `body` to the phone number `to`; raises DeliveryFailed. Never call it inside a transaction."""
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_PHONE_NUMBER):
        sys.stdout.write(f"Text message to {to}:\n{body}\n{'-' * 79}\n")
        return
    http_client = (_RedirectedHttpClient if settings.TWILIO_API_BASE else TwilioHttpClient)(timeout=TIMEOUT_SECONDS)
    client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http_client)
    try:
        client.messages.create(to=to, from_=settings.TWILIO_PHONE_NUMBER, body=body)
    except (TwilioException, RequestException) as error:
        # The number and the body stay out of the log: they are personal, and the body may hold a code.
        logger.warning("A text message could not be sent: %s", type(error).__name__)
        raise DeliveryFailed from error
