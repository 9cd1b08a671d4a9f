"""Sends a text message: through Twilio where the clinic has keys, else to the console like the console mail."""

from __future__ import annotations

import logging
import sys

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from requests import RequestException
from twilio.base.exceptions import TwilioException

from accounts.errors import DomainError
from accounts.twilio_client import is_configured, twilio_client

logger = logging.getLogger(__name__)


class DeliveryFailed(DomainError):
    """The message could not be handed over."""

    code = "delivery_failed"
    sentence = _("We could not send you a message just now. Please try again in a few minutes.")
    status = 503


def send_text(*, to: str, body: str) -> None:
    """Send `body` to the phone number `to`; raises DeliveryFailed. Never call it inside a transaction."""
    if not is_configured():
        sys.stdout.write(f"Text message to {to}:\n{body}\n{'-' * 79}\n")
        return
    try:
        twilio_client().messages.create(to=to, from_=settings.TWILIO_PHONE_NUMBER, body=body)
    except (TwilioException, RequestException) as error:
        # The number and the body stay out of the log: they are personal, and the body may hold a code.
        logger.warning("A text message could not be sent: %s", type(error).__name__)
        raise DeliveryFailed from error
