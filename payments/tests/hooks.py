"""Stripe and Razorpay on this machine, payments that are under way there, and what they tell us, as they tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.test import Client, override_settings

from payments import invariants
from payments.models import Payment, WebhookEvent
from payments.tests.factories import begin, unpaid
from scheduling import invariants as ground
from scheduling.models import Appointment
from scheduling.tests.factories import DoctorFactory, LocationFactory, SlotFactory
from testing.payment_server import PaymentServer
from testing.razorpay_server import RazorpayServer
from testing.stripe_server import StripeServer

HOOKS: dict[type[PaymentServer], str] = {StripeServer: "/webhooks/stripe/", RazorpayServer: "/webhooks/razorpay/"}
CURRENCIES: dict[type[PaymentServer], str] = {StripeServer: "GBP", RazorpayServer: "INR"}
SERVERS = tuple(HOOKS)


@contextmanager
def serving(kind: type[PaymentServer]) -> Iterator[Any]:
    """A provider that the clinic has keys for; the only one."""
    none = dict.fromkeys(("STRIPE_SECRET_KEY", "RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET"), "")
    with kind() as server, override_settings(**{**none, "PAYMENTS_SANDBOX": False, **server.settings}):
        yield server


def visit_at(server: PaymentServer, **slot: Any) -> Appointment:
    """A booking that waits for its payment, in the provider's currency."""
    currency = CURRENCIES[type(server)]
    if "location" not in slot:
        slot["location"] = LocationFactory()
    if "doctor" not in slot:
        slot["doctor"] = DoctorFactory(currency=currency)
    return unpaid(SlotFactory(**slot))


def begun_at(server: PaymentServer, appointment: Appointment | None = None) -> Payment:
    """A payment by card that is under way at the provider's page."""
    return begin(appointment or visit_at(server))


def tell(server: PaymentServer, event: Mapping[str, Any], **how: Any) -> int:
    """Tell our webhook an event as the provider does; the status of the answer."""
    body, headers = server.sign(event, **how)
    return post(server, body, headers)


def post(server: PaymentServer, body: bytes, headers: Mapping[str, str]) -> int:
    """Post what claims to come from the provider."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    others = {name: value for name, value in headers.items() if name != "Content-Type"}
    kind = headers.get("Content-Type", "application/json")
    return int(client.post(HOOKS[type(server)], body, content_type=kind, headers=others).status_code)


def tell_all(server: PaymentServer, events: list[Any]) -> None:
    """Tell one after the other, each as it should be heard."""
    for event in events:
        assert tell(server, event) == 200


def sound() -> None:
    """Nothing that must always be true of money and seats has been broken."""
    assert [str(drift) for drift in [*ground.check(), *invariants.check()]] == []


def messages_of(appointment: Appointment, kind: str) -> list[str]:
    """By which channels a patient is told something about a visit: each once."""
    messages = apps.get_model("notifications", "Message").objects.filter(appointment=appointment, kind=kind)
    found = sorted(messages.values_list("channel", flat=True))
    assert len(found) == len(set(found)), found
    return found


def states() -> set[str]:
    """The states of all events."""
    return set(WebhookEvent.objects.values_list("status", flat=True))
