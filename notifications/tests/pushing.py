"""Browsers and a push service of the tests' own."""

from __future__ import annotations

from typing import Any

from notifications.models import PushSubscription
from notifications.push_keys import new_pair
from notifications.services.subscriptions import Browser, subscribe
from scheduling.tests.factories import CLINIC
from testing.push_server import Device, PushServer

PAIR = new_pair()
KEYS = {"VAPID_PRIVATE_KEY": PAIR.private, "VAPID_PUBLIC_KEY": PAIR.public, "VAPID_SUBJECT": "mailto:desk@localhost"}
NEARBY = {**KEYS, "PUSH_TO_PRIVATE_ADDRESSES": True}
"""Settings with which messages go to a push service of this machine."""


def browser(endpoint: str = "https://push.example/send/abc", device: Device | None = None) -> Browser:
    """A browser somewhere."""
    keys = (device or Device("somewhere")).keys
    return Browser(endpoint, keys["p256dh"], keys["auth"])


def form_of(one: Browser) -> dict[str, str]:
    """What a page sends about a browser."""
    return {"endpoint": one.endpoint, "p256dh": one.public_key, "auth": one.auth_secret}


def json_of(one: Browser) -> dict[str, Any]:
    """What a program sends about a browser."""
    return {"endpoint": one.endpoint, "keys": {"p256dh": one.public_key, "auth": one.auth_secret}}


def subscribed(service: PushServer, **whose: Any) -> tuple[PushSubscription, Device]:
    """A browser of that push service that hears of somebody."""
    device = service.device()
    return subscribe(browser=browser(service.endpoint(device), device), actor=CLINIC, **whose), device
