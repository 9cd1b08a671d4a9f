"""Stripe, spoken to through its own client: sessions, refunds, what it tells, and everything that may go wrong."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings

from payments.errors import BadSignature
from payments.providers import registry
from payments.providers.contract import (
    Captured,
    Declined,
    Known,
    Lapsed,
    Order,
    PermanentRefusal,
    RefundOrder,
    TryLater,
    Unclear,
)
from payments.providers.stripe import Stripe, amount_of, closes_at, minor_of
from testing.payment_server import AWAY, BROKEN, BROKEN_AFTER, CLOSE, GATEWAY, HANG, LOSE, TOO_MANY, Fault
from testing.stripe_server import StripeServer

pytestmark = pytest.mark.once("no database is asked")

KEY, REFUND_KEY = "5f" * 16, "7a" * 16


@pytest.fixture
def server():
    with StripeServer() as running, override_settings(**running.settings):
        yield running


@pytest.fixture
def stripe():
    return Stripe()


def order(**changes):
    wanted = Order(
        key=KEY,
        number="PAY-2026-000001",
        method="card",
        amount=Decimal("45.50"),
        currency="GBP",
        description="Seaside Clinic, appointment AP-2026-000007",
        return_url="https://clinic.example/a/secret/pay/1/",
        cancel_url="https://clinic.example/a/secret/pay/",
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
        language="es",
    )
    return replace(wanted, **changes)


def known(server, reference, wanted=None):
    wanted = wanted or order()
    payment = server.sessions[reference]["payment_intent"] or ""
    return Known(wanted.key, reference, payment, wanted.amount, wanted.currency)


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def told(stripe, server, event, **how):
    body, headers = server.sign(event, **how)
    return stripe.read_event(body=body, headers=lower(headers))


def test_a_page_asks_for_what_is_due_and_says_nothing_of_the_patient(server, stripe):
    started = stripe.start(order())
    session = server.sessions[started.reference]
    assert started.page == session["url"]
    assert started.form == {}
    assert (session["amount_total"], session["currency"]) == (4550, "gbp")
    assert session["client_reference_id"] == session["metadata"]["payment"] == KEY
    assert session["_intent_metadata"]["payment"] == KEY
    assert (session["locale"], session["customer_email"]) == ("es", None)
    assert session["success_url"].endswith("/a/secret/pay/1/")
    assert session["cancel_url"].endswith("/a/secret/pay/")


@pytest.mark.parametrize(("language", "locale"), [("en", "en"), ("hi", "hi-IN"), ("ar", "auto"), ("es-mx", "es")])
def test_the_page_speaks_the_language_of_the_payer(server, stripe, language, locale):
    assert server.sessions[stripe.start(order(language=language)).reference]["locale"] == locale


@pytest.mark.parametrize("later", [timedelta(minutes=-5), timedelta(minutes=2), timedelta(hours=3), timedelta(days=4)])
def test_a_page_closes_when_stripe_allows_it_to(server, stripe, later):
    started = stripe.start(order(expires_at=datetime.now(UTC) + later))  # the server refuses less, and more
    left = server.sessions[started.reference]["expires_at"] - time.time()
    assert abs(left - min(max(later.total_seconds(), 30 * 60), 24 * 60 * 60)) <= 11 * 60


def test_the_same_key_opens_one_page(server, stripe):
    wanted = order()
    assert stripe.start(wanted) == stripe.start(wanted)
    assert len(server.sessions) == 1


def test_the_same_key_opens_one_page_though_it_would_close_at_another_time(server, stripe):
    first = stripe.start(order())
    for number in range(120):  # more than one page of them
        other = {**server.sessions[first.reference], "id": f"cs_{number}", "client_reference_id": "another"}
        server.sessions[other["id"]] = other
    again = stripe.start(order(expires_at=datetime.now(UTC) + timedelta(hours=5)))
    assert again == first
    assert [row["client_reference_id"] for row in server.sessions.values()].count(KEY) == 1


def test_the_same_key_for_another_amount_finds_no_closed_page(server, stripe):
    server.lapse(stripe.start(order()).reference)
    with pytest.raises(PermanentRefusal, match="idempotency_error"):
        stripe.start(order(amount=Decimal("46")))


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1200", "JPY", 1200), ("12.50", "GBP", 1250), ("5", "UGX", 500), ("7", "MGA", 7), ("1.25", "KWD", 1250)],
)
def test_amounts_are_written_as_stripe_writes_them(server, stripe, amount, currency, minor):
    session = server.sessions[stripe.start(order(amount=Decimal(amount), currency=currency)).reference]
    assert session["amount_total"] == minor
    assert amount_of(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(("amount", "currency"), [("12.5", "JPY"), ("0.001", "GBP"), ("NaN", "GBP")])
def test_what_is_no_amount_is_refused_before_anybody_is_asked(server, stripe, amount, currency):
    with pytest.raises(PermanentRefusal):
        stripe.start(order(amount=Decimal(amount), currency=currency))
    assert server.requests == []


# --- What came of it ------------------------------------------------------------------------------------------------


def test_a_payment_goes_from_nothing_by_a_decline_to_money(server, stripe):
    reference = stripe.start(order()).reference
    assert stripe.fetch(known(server, reference)) == ()
    server.decline(reference)
    assert stripe.fetch(known(server, reference)) == (Declined("insufficient_funds"),)
    server.pay(reference)
    [captured] = stripe.fetch(known(server, reference))
    assert captured == Captured(server.sessions[reference]["payment_intent"], Decimal("45.50"), "GBP", captured.at)
    assert abs(captured.at - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_page_that_closed_brings_nothing(server, stripe):
    reference = stripe.start(order()).reference
    server.lapse(reference)
    assert stripe.fetch(known(server, reference)) == (Lapsed(),)


def test_money_that_takes_days_is_under_way_until_it_comes_or_does_not(server, stripe):
    first, second = (stripe.start(order(key=key)).reference for key in (KEY, REFUND_KEY))
    assert [told(stripe, server, event).facts for event in server.pay_later(first)] == [()]
    server.pay_later(second)
    assert stripe.fetch(known(server, first)) == ()
    assert isinstance(told(stripe, server, server.come_through(first)[-1]).facts[0], Captured)
    failed, fallen = server.fall_through(second)
    assert told(stripe, server, failed).facts == (Declined("debit_not_authorized"),)
    assert told(stripe, server, fallen).facts == (Declined(final=True),)
    assert stripe.fetch(known(server, second)) == (Declined("debit_not_authorized", final=True),)


def test_a_page_is_closed_once_and_one_that_is_paid_stays_so(server, stripe):
    reference = stripe.start(order()).reference
    for _again in range(2):
        stripe.give_up(known(server, reference))
        assert server.sessions[reference]["status"] == "expired"
    paid = stripe.start(order(key=REFUND_KEY)).reference
    server.pay(paid)
    stripe.give_up(known(server, paid))
    assert server.sessions[paid]["payment_status"] == "paid"


def test_who_never_heard_of_a_page_has_nothing_to_ask(server, stripe):
    nothing = Known(KEY, "", "", Decimal(1), "GBP")
    assert stripe.fetch(nothing) == ()
    stripe.give_up(nothing)
    assert server.requests == []
    with pytest.raises(PermanentRefusal, match="resource_missing"):
        stripe.fetch(replace(nothing, reference="cs_test_unknown"))


# --- What goes back -------------------------------------------------------------------------------------------------


def test_the_same_key_pays_back_once_even_when_stripe_has_forgotten_it(server, stripe):
    reference = stripe.start(order()).reference
    server.pay(reference)
    wanted = RefundOrder(REFUND_KEY, known(server, reference), Decimal("20"))
    first = stripe.refund(wanted)
    server.answers.clear()
    assert stripe.refund(wanted) == first
    assert (first.key, first.amount, first.succeeded, first.is_settled) == (REFUND_KEY, Decimal(20), True, True)
    assert len(server.refunds) == 1
    [_captured, refunded] = stripe.fetch(known(server, reference))
    assert refunded == first


def test_a_refund_that_broke_half_way_is_found_though_its_key_tells_of_the_break(server, stripe):
    reference = stripe.start(order()).reference
    server.pay(reference)
    wanted = RefundOrder(REFUND_KEY, known(server, reference), Decimal("20"))
    server.decide = lambda asked: BROKEN_AFTER if (asked.method, asked.path) == ("POST", "/v1/refunds") else None
    with pytest.raises(Unclear):
        stripe.refund(wanted)
    assert stripe.refund(wanted).succeeded
    assert len(server.refunds) == 1


def test_a_refund_may_pend_and_fail_days_later(server, stripe):
    server.refunds_pend = True
    reference = stripe.start(order()).reference
    server.pay(reference)
    refund = stripe.refund(RefundOrder(REFUND_KEY, known(server, reference), Decimal("45.50")))
    assert (refund.succeeded, refund.is_settled) == (True, False)
    for event in server.finish_refund(refund.refund, succeeded=False):
        [fact] = told(stripe, server, event).facts
        assert (fact.refund, fact.key) == (refund.refund, REFUND_KEY)
        assert (fact.succeeded, fact.is_settled, fact.why) == (False, True, "expired_or_canceled_card")


def test_no_more_goes_back_than_came(server, stripe):
    reference = stripe.start(order()).reference
    server.pay(reference)
    with pytest.raises(PermanentRefusal):
        stripe.refund(RefundOrder(REFUND_KEY, known(server, reference), Decimal("45.51")))
    server.refund_by_hand(reference)
    with pytest.raises(PermanentRefusal, match="charge_already_refunded"):
        stripe.refund(RefundOrder("c4" * 16, known(server, reference), Decimal("1")))


def test_what_somebody_tried_to_refund_at_the_dashboard_in_vain_is_no_news(server, stripe):
    server.refunds_pend = True
    reference = stripe.start(order()).reference
    server.pay(reference)
    server.refund_by_hand(reference, 1000)
    assert [type(fact).__name__ for fact in stripe.fetch(known(server, reference))] == ["Captured", "Refunded"]
    server.finish_refund(next(iter(server.refunds)), succeeded=False)
    assert [type(fact).__name__ for fact in stripe.fetch(known(server, reference))] == ["Captured"]


# --- What it tells --------------------------------------------------------------------------------------------------


def test_every_event_is_read_the_same_when_it_was_stored(server, stripe):
    reference = stripe.start(order()).reference
    events = server.decline(reference) + server.pay(reference) + server.refund_by_hand(reference, 1000)
    read = {}
    for event in events:
        found = told(stripe, server, event)
        assert stripe.read_stored(json.loads(json.dumps(found.payload))) == found
        assert (found.event_id, found.kind, found.key) == (event["id"], event["type"], found.key)
        read[found.kind] = found
    intent = server.sessions[reference]["payment_intent"]
    assert read["payment_intent.payment_failed"].facts == (Declined("insufficient_funds"),)
    assert read["payment_intent.payment_failed"].key == KEY
    assert read["charge.succeeded"].facts == read["payment_intent.succeeded"].facts == ()
    completed = read["checkout.session.completed"]
    assert (completed.key, completed.reference, completed.payment) == (KEY, reference, intent)
    assert completed.facts == (Captured(intent, Decimal("45.50"), "GBP", completed.happened_at),)
    created = read["refund.created"]
    assert (created.payment, created.facts[0].amount, created.facts[0].key) == (intent, Decimal(10), "")
    assert read["charge.refunded"].facts == ()  # told by refund.created, with its number
    lapsed = server.lapse(stripe.start(order(key=REFUND_KEY)).reference)
    assert told(stripe, server, lapsed[0]).facts == (Lapsed(),)


def test_an_older_version_of_the_api_tells_refunds_inside_of_the_charge(server, stripe):
    reference = stripe.start(order()).reference
    server.pay(reference)
    created, charge = server.refund_by_hand(reference, 700)
    charge["data"]["object"]["refunds"] = {"object": "list", "data": [created["data"]["object"]]}
    assert told(stripe, server, charge).facts == told(stripe, server, created).facts


def test_what_stripe_did_not_just_sign_is_refused(server, stripe):
    [*_others, event] = server.pay(stripe.start(order()).reference)
    body, headers = server.sign(event)
    signature = headers["Stripe-Signature"]
    assert stripe.read_event(body=body, headers={"stripe-signature": f"{signature},v1=00,v0=00"}).facts
    for wrong, said in [
        (body.replace(b"4550", b"4551"), signature),
        (body + b" ", signature),
        (body, ""),
        (body, "t=1,v1=00"),
        (body, "garbage"),
        (body, signature.replace("v1=", "v0=")),
        (body, signature + "é"),
        (b"\xff\xfe", signature),
        (body, server.sign(event, secret="whsec_of_another")[1]["Stripe-Signature"]),
        (body, server.sign(event, at=int(time.time()) - 310)[1]["Stripe-Signature"]),
    ]:
        with pytest.raises(BadSignature):
            stripe.read_event(body=wrong, headers={"stripe-signature": said})
    with override_settings(STRIPE_WEBHOOK_SECRET=""), pytest.raises(BadSignature):
        told(stripe, server, event, secret="")


@pytest.mark.parametrize(
    "said",
    [[], 7, {}, {"id": "e", "type": "refund.created", "created": 1}, {"id": "e", "type": "x", "created": "soon"}]
    + [{"id": "e", "type": "checkout.session.completed", "created": 1, "data": {"object": found}} for found in ([], {})]
    + [{"id": "e", "type": "x", "created": 10**400}, {"id": "e", "type": "x", "created": float("nan")}],
)
def test_what_is_signed_but_makes_no_sense_cannot_be_read(server, stripe, said):
    with pytest.raises(BadSignature):
        told(stripe, server, said)


def test_what_does_not_concern_us_has_no_facts(server, stripe):
    event = {"id": "evt_1", "type": "customer.created", "created": 1795000000, "data": {"object": {"id": "cus_1"}}}
    found = told(stripe, server, event)
    assert (found.kind, found.facts, found.key, found.reference, found.payment) == ("customer.created", (), "", "", "")


# --- What goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind", "made"),
    [
        (TOO_MANY, TryLater, 0),
        (AWAY, TryLater, 0),
        (BROKEN, Unclear, 0),
        (BROKEN_AFTER, Unclear, 1),
        (GATEWAY, Unclear, 1),
        (CLOSE, Unclear, 1),
        (LOSE, Unclear, 0),
        (HANG, Unclear, 1),
        (Fault(200, kept=True, page="<html>Welcome to the hotel</html>"), Unclear, 1),
        (Fault(200, kept=True, page="[]"), Unclear, 1),
        (Fault(302, page="{}"), Unclear, 0),
        (Fault(409), Unclear, 0),
        (Fault(401), TryLater, 0),
        (Fault(402), PermanentRefusal, 0),
    ],
)
def test_whatever_goes_wrong_is_said_in_our_words_and_tried_once(server, stripe, monkeypatch, fault, kind, made):
    server.faults.append(fault)
    if fault is HANG:  # the others answer, however long that takes on a busy machine
        monkeypatch.setattr("payments.providers.contract.SECONDS", 2)
    with pytest.raises(kind) as refused:
        stripe.start(order())
    monkeypatch.undo()
    assert type(refused.value) is kind
    assert KEY not in refused.value.detail
    assert len(server.sessions) == made
    assert len(server.requests) == 1
    if fault is not BROKEN_AFTER:  # that key hears the same for a day
        stripe.start(order())
        assert len(server.sessions) == 1


def test_a_provider_that_is_not_there_did_nothing(stripe):
    server = StripeServer().start()
    server.stop()
    with override_settings(**server.settings), pytest.raises(TryLater, match="could not be reached"):
        stripe.start(order())


def test_wrong_keys_are_an_error_in_the_log_and_no_body_ever_is(server, stripe, caplog):
    caplog.set_level(logging.INFO)  # its client writes whole requests into DEBUG, which the settings keep shut
    with override_settings(STRIPE_SECRET_KEY="sk_test_of_another"), pytest.raises(TryLater):
        stripe.start(order(email="pat@example.org"))
    server.pay(stripe.start(order(email="pat@example.org")).reference)
    assert [record.levelname for record in caplog.records if record.name.startswith("payments")] == ["ERROR"]
    for private in ("pat@", "example.org", "sk_test", KEY):
        assert private not in caplog.text
    assert logging.getLogger("stripe").getEffectiveLevel() >= logging.WARNING


def test_it_is_there_when_all_its_keys_are(server, stripe):
    assert stripe.is_configured()
    assert registry.configured() == ("stripe",)
    assert registry.hosts() == [server.origin]
    with override_settings(STRIPE_API_BASE="", PAYMENTS_SANDBOX=True):
        assert registry.hosts() == ["https://checkout.stripe.com"]
        assert not registry.is_configured("sandbox")
    with override_settings(STRIPE_WEBHOOK_SECRET="", PAYMENTS_SANDBOX=True):
        assert not stripe.is_configured()
        assert registry.configured() == ("sandbox",)
        assert registry.hosts() == []
    assert not registry.is_configured("bank")


def test_pages_close_at_full_steps_so_that_a_second_try_says_the_same():
    soon = datetime.now(UTC)
    assert closes_at(soon) % 600 == 0
    assert minor_of(Decimal("3"), "ugx") == 300
