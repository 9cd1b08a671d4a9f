"""Calls our webhooks as Twilio does, through Django's test client."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client

FORM = "application/x-www-form-urlencoded"
INBOUND = "http://testserver/webhooks/twilio/inbound/"
STATUS = "http://testserver/webhooks/twilio/status/?message="


def post(url: str, fields: dict[str, str], headers: dict[str, str]) -> Any:
    """What a TwilioServer posts by."""
    parts = urlsplit(url)
    client = Client(enforce_csrf_checks=True)
    return client.post(f"{parts.path}?{parts.query}", urlencode(fields), content_type=FORM, headers=headers)
