"""Twilio's own client, as every part of Frontdesk speaks to Twilio: in one way, and with a time-out."""

from __future__ import annotations

import os
import ssl
import threading
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from requests import RequestException
from requests.exceptions import ConnectTimeout, InvalidSchema, InvalidURL, MissingSchema, ProxyError, SSLError
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

TIMEOUT_SECONDS = 10
LONGEST_PAUSE_SECONDS = 60 * 60
IDLE_SECONDS = 30
"""A connection that was not used for longer may be dead without having said so."""

_kept = threading.local()


def is_configured() -> bool:
    """Whether the clinic has keys for Twilio."""
    return bool(settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_PHONE_NUMBER)


class HttpClient(TwilioHttpClient):
    """Twilio's own, which goes to TWILIO_API_BASE where there is one, and remembers how long it was asked to wait."""

    retry_after: float | None = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request."""
        self.retry_after = None
        if settings.TWILIO_API_BASE:
            base, wanted = urlsplit(settings.TWILIO_API_BASE), urlsplit(url)
            url = urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + wanted.path, wanted.query, ""))
        answer = super().request(method, url, *args, **kwargs)
        asked = answer.headers.get("Retry-After", "")
        if asked.isdecimal():  # it may be a date as well, which Twilio does not send
            self.retry_after = min(float(asked), LONGEST_PAUSE_SECONDS)
        return answer


def twilio_client() -> Client:
    """The client of this thread; its connections are kept open from one message to the next."""
    keys = (os.getpid(), settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_BASE)
    now = time.monotonic()
    if getattr(_kept, "keys", None) != keys or now - _kept.used_at > IDLE_SECONDS:
        let_go()
        http = HttpClient(timeout=TIMEOUT_SECONDS)
        _kept.client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
        _kept.keys = keys
    _kept.used_at = now
    client: Client = _kept.client
    return client


def let_go() -> None:
    """Close what this thread keeps open."""
    if getattr(_kept, "keys", None) is not None:
        _kept.keys = None
        _kept.client.http_client.session.close()


def was_not_reached(error: RequestException) -> bool:
    """Whether it is certain that a request which failed never got to Twilio."""
    if isinstance(error, (ConnectTimeout, ProxyError, InvalidURL, MissingSchema, InvalidSchema)):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    not_trusted = isinstance(error, SSLError) and isinstance(reason and reason.args[0], ssl.SSLCertVerificationError)
    return not_trusted or isinstance(reason, NewConnectionError)
