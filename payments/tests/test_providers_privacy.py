"""Of what providers tell, nothing of the payer's is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings

from payments.providers.contract import Order
from payments.providers.privacy import without_personal
from payments.providers.registry import provider_of
from testing.razorpay_server import RazorpayServer
from testing.stripe_server import StripeServer

pytestmark = pytest.mark.once("no database is asked")

PERSONAL = (
    *("payer@example.org", "patient@example.org", "Pat", "Payer", "Leeds", "LS1 1AA", "Example Row"),
    *("+441632960961", "+919000090000", "patpayer@examplebank", "Xt5EWLLDS7FJjR1c"),
    *('"4242"', '"0002"', '"0153"', '"999999"', '"828553"'),  # as a whole: numbers of theirs may hold such digits
)


@pytest.mark.parametrize(("name", "server"), [("stripe", StripeServer()), ("razorpay", RazorpayServer())])
def test_no_event_is_kept_with_anything_personal(name, server):
    with server, override_settings(**server.settings):
        wanted = Order(
            *("5f" * 16, "PAY-2026-000001", "card", Decimal("45.50"), "INR", "Seaside Clinic"),
            *("https://clinic.example/a/", "https://clinic.example/b/"),
            *(datetime.now(UTC) + timedelta(minutes=15), "en", "patient@example.org"),
        )
        reference = provider_of(name).start(wanted).reference
        events = [*server.decline(reference), *server.pay(reference), *server.refund_by_hand(reference, 100)]
        kept = []
        for event in events:
            body, headers = server.sign(event)
            read = provider_of(name).read_event(body=body, headers={key.lower(): headers[key] for key in headers})
            kept.append(json.dumps(read.payload))
    told = json.dumps(events)
    assert sum(private in told for private in PERSONAL) > 5  # providers do tell such things
    assert [private for private in PERSONAL if any(private in said for said in kept)] == []


def test_what_nobody_named_is_left_out_at_any_depth():
    notes = ["Pat", {"email": "p"}]
    told = {
        "id": "evt_1",
        "type": "x",
        "data": {"object": {"id": "pi_1", "amount": 7, "tomorrow": "Pat", "metadata": {"payment": "k", "name": "Pat"}}},
        "payload": {"payment": {"entity": {"id": "pay_1", "card": {"last4": "4242"}, "notes": notes}}},
        "customer_details": {"email": "p"},
    }
    assert without_personal(told) == {
        "id": "evt_1",
        "type": "x",
        "data": {"object": {"id": "pi_1", "amount": 7, "metadata": {"payment": "k"}}},
        "payload": {"payment": {"entity": {"id": "pay_1"}}},
    }


def test_what_is_kept_holds_neither_addresses_nor_cards_nor_what_no_database_takes():
    told = {
        "reason": "by pat@example.org",
        "code": "card 4242 4242-4242 4242 said no",
        "status": "a\0b\ud800" + "x" * 999,
    }
    kept = without_personal(told)
    assert kept["reason"] == "…"
    assert kept["code"] == "card … said no"
    assert kept["status"] == ("ab?" + "x" * 999)[:300]
    assert without_personal(kept) == kept
    assert without_personal({"created": 1795918387123, "id": "pi_4242424242424242"})["id"] == "pi_4242424242424242"
