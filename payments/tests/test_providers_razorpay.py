"""Razorpay, spoken to through its own client: orders, refunds, what it tells, and everything that may go wrong."""

from __future__ import annotations

import json
import logging
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
    Order,
    PermanentRefusal,
    RefundOrder,
    TryLater,
    Unclear,
)
from payments.providers.razorpay import Callback, Razorpay
from testing.payment_server import AWAY, BROKEN, BROKEN_AFTER, CLOSE, GATEWAY, HANG, LOSE, TOO_MANY, Fault
from testing.razorpay_server import RazorpayServer

pytestmark = pytest.mark.once("no database is asked")

KEY, REFUND_KEY = "5f" * 16, "7a" * 16
OUR_CALLBACK = "https://clinic.example/pay/razorpay/1/secret/"


@pytest.fixture
def server():
    with RazorpayServer() as running, override_settings(**running.settings):
        yield running


@pytest.fixture
def razorpay():
    return Razorpay()


def order(**changes):
    wanted = Order(
        key=KEY,
        number="PAY-2026-000001",
        method="upi",
        amount=Decimal("800"),
        currency="INR",
        description="Seaside Clinic, appointment AP-2026-000007",
        return_url=OUR_CALLBACK,
        cancel_url="https://clinic.example/a/secret/pay/",
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
        language="hi",
    )
    return replace(wanted, **changes)


def known(server, reference, wanted=None):
    wanted = wanted or order()
    paid = [row["id"] for row in server.payments.values() if row["order_id"] == reference and row["captured"]]
    return Known(wanted.key, reference, (paid or [""])[0], wanted.amount, wanted.currency)


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def told(razorpay, server, event, **how):
    body, headers = server.sign(event, **how)
    return razorpay.read_event(body=body, headers=lower(headers))


def test_the_browser_posts_what_the_order_asks_for(server, razorpay):
    started = razorpay.start(order())
    made = server.orders[started.reference]
    assert (made["amount"], made["currency"], made["receipt"]) == (80000, "INR", KEY)
    assert started.page == f"{server.origin}/v1/checkout/embedded"
    assert started.form == {
        "key_id": server.key,
        "order_id": made["id"],
        "amount": "80000",
        "currency": "INR",
        "name": "Frontdesk Clinic",
        "description": "Seaside Clinic, appointment AP-2026-000007",
        "callback_url": OUR_CALLBACK,
        "cancel_url": "https://clinic.example/a/secret/pay/",
        "prefill[method]": "upi",
    }
    assert server.secret not in str(started)


def test_a_description_that_razorpay_would_refuse_gives_way_to_the_number(server, razorpay):
    assert razorpay.start(order(description="समुद्र क्लिनिक")).form["description"] == "PAY-2026-000001"


def test_the_same_key_makes_one_order(server, razorpay):
    wanted = order()
    assert razorpay.start(wanted) == razorpay.start(wanted)
    assert len(server.orders) == 1
    with pytest.raises(PermanentRefusal, match="another amount"):
        razorpay.start(order(amount=Decimal("801")))
    assert len(server.orders) == 1


@pytest.mark.parametrize(("amount", "currency", "minor"), [("1200", "JPY", 1200), ("1.5", "KWD", 1500)])
def test_amounts_are_written_in_the_smallest_unit(server, razorpay, amount, currency, minor):
    wanted = order(amount=Decimal(amount), currency=currency)
    reference = razorpay.start(wanted).reference
    assert server.orders[reference]["amount"] == minor
    server.pay(reference)
    assert razorpay.fetch(known(server, reference, wanted))[0].amount == Decimal(amount)


@pytest.mark.parametrize(("amount", "currency"), [("12.5", "JPY"), ("0.001", "INR"), ("0.50", "INR")])
def test_what_is_no_amount_is_refused(server, razorpay, amount, currency):
    with pytest.raises(PermanentRefusal):
        razorpay.start(order(amount=Decimal(amount), currency=currency))
    assert server.orders == {}


# --- What came of it ------------------------------------------------------------------------------------------------


def test_a_payment_goes_from_nothing_by_declines_to_money(server, razorpay):
    reference = razorpay.start(order()).reference
    assert razorpay.fetch(known(server, reference)) == ()
    server.decline(reference, "payment_timed_out")
    server.decline(reference, "insufficient_funds")
    assert razorpay.fetch(known(server, reference)) == (Declined("insufficient_funds"),)
    server.pay(reference)
    [captured] = razorpay.fetch(known(server, reference))
    assert captured == Captured(known(server, reference).payment, Decimal("800"), "INR", captured.at)
    assert abs(captured.at - datetime.now(UTC)) < timedelta(minutes=5)


def test_what_a_bank_granted_and_nobody_took_is_taken(server, razorpay):
    reference = razorpay.start(order()).reference
    [event] = server.authorise(reference)
    assert told(razorpay, server, event).facts == ()
    [captured] = razorpay.fetch(known(server, reference))
    assert captured.amount == Decimal("800")
    assert server.orders[reference]["status"] == "paid"
    assert razorpay.fetch(known(server, reference)) == (captured,)


def test_what_somebody_took_in_between_is_found_taken(server, razorpay):
    reference = razorpay.start(order()).reference
    server.authorise(reference)

    def take_first(asked):
        if asked.path.endswith("/capture"):
            server.payments[asked.path.split("/")[3]] |= {"status": "captured", "captured": True}

    server.decide = take_first
    assert isinstance(razorpay.fetch(known(server, reference))[0], Captured)


def test_an_order_cannot_be_closed_and_who_never_heard_of_one_has_nothing_to_ask(server, razorpay):
    reference = razorpay.start(order()).reference
    server.requests.clear()
    razorpay.give_up(known(server, reference))
    assert razorpay.fetch(Known(KEY, "", "", Decimal(1), "INR")) == ()
    assert server.requests == []
    with pytest.raises(PermanentRefusal):
        razorpay.fetch(replace(known(server, reference), reference="order_unknown"))


# --- What goes back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forgets", [False, True])
def test_the_same_key_pays_back_once(server, razorpay, forgets):
    reference = razorpay.start(order()).reference
    server.pay(reference)
    wanted = RefundOrder(REFUND_KEY, known(server, reference), Decimal("300"))
    server.decide = lambda asked: BROKEN_AFTER if asked.path.endswith("/refund") else None
    with pytest.raises(Unclear):
        razorpay.refund(wanted)
    if forgets:
        server.refund_keys.clear()
    else:
        assert list(server.refund_keys) == [REFUND_KEY]
    server.decide = None
    refund = razorpay.refund(wanted)
    assert (refund.key, refund.amount, refund.succeeded, refund.is_settled) == (REFUND_KEY, Decimal(300), True, True)
    assert len(server.refunds) == 1
    assert razorpay.fetch(known(server, reference))[1:] == (refund,)


def test_a_refund_may_pend_and_be_refused_later(server, razorpay):
    server.refunds_pend = True
    reference = razorpay.start(order()).reference
    server.pay(reference)
    refund = razorpay.refund(RefundOrder(REFUND_KEY, known(server, reference), Decimal("800")))
    assert (refund.succeeded, refund.is_settled) == (True, False)
    [event] = server.finish_refund(refund.refund, succeeded=False)
    [fact] = told(razorpay, server, event).facts
    assert (fact.refund, fact.key, fact.succeeded, fact.is_settled) == (refund.refund, REFUND_KEY, False, True)


def test_no_more_goes_back_than_came(server, razorpay):
    reference = razorpay.start(order()).reference
    server.pay(reference)
    with pytest.raises(PermanentRefusal):
        razorpay.refund(RefundOrder(REFUND_KEY, known(server, reference), Decimal("800.01")))
    assert server.refunds == {}


def test_what_somebody_tried_to_refund_at_the_dashboard_in_vain_is_no_news(server, razorpay):
    server.refunds_pend = True
    reference = razorpay.start(order()).reference
    server.pay(reference)
    server.refund_by_hand(reference, 1000)
    assert [type(fact).__name__ for fact in razorpay.fetch(known(server, reference))] == ["Captured", "Refunded"]
    server.finish_refund(next(iter(server.refunds)), succeeded=False)
    assert [type(fact).__name__ for fact in razorpay.fetch(known(server, reference))] == ["Captured"]


# --- What it tells --------------------------------------------------------------------------------------------------


def test_every_event_is_read_the_same_when_it_was_stored(server, razorpay):
    reference = razorpay.start(order()).reference
    server.refunds_pend = True
    events = server.decline(reference, "insufficient_funds") + server.pay(reference)
    events += server.refund_by_hand(reference, 1000)
    events += server.finish_refund(next(iter(server.refunds)))
    read = {}
    for event in events:
        found = told(razorpay, server, event)
        assert razorpay.read_stored(json.loads(json.dumps(found.payload))) == found
        assert (found.event_id, found.kind, found.reference) == (event.event_id, event["event"], reference)
        read[found.kind] = found
    paid = known(server, reference).payment
    assert read["payment.authorized"].facts == ()
    assert read["payment.failed"].facts == (Declined("insufficient_funds"),)
    for kind in ("payment.captured", "order.paid"):
        assert read[kind].facts == (Captured(paid, Decimal("800"), "INR", read[kind].happened_at),)
        assert read[kind].payment == paid
    assert read["order.paid"].key == KEY
    pending, done = read["refund.created"].facts[0], read["refund.processed"].facts[0]
    assert (pending.amount, pending.key, pending.is_settled) == (Decimal(10), "", False)
    assert (done.refund, done.is_settled, done.succeeded) == (pending.refund, True, True)


def test_notes_that_a_payers_browser_posted_name_no_payment(server, razorpay):
    reference = razorpay.start(order()).reference
    event = server.pay(reference)[1]
    event["payload"]["payment"]["entity"]["notes"] = {"payment": "somebody-else's"}
    found = told(razorpay, server, event)
    assert (found.key, found.reference) == ("", reference)


def test_what_razorpay_did_not_sign_is_refused(server, razorpay):
    event = server.pay(razorpay.start(order()).reference)[-1]
    body, headers = server.sign(event)
    signature = headers["X-Razorpay-Signature"]
    for wrong, said in [
        (body.replace(b"80000", b"80001"), signature),
        (body + b" ", signature),
        (body, ""),
        (body, "garbage"),
        (body, signature + "é"),
        (b"\xff\xfe", signature),
        (body, server.sign(event, secret="a-secret-of-another")[1]["X-Razorpay-Signature"]),
        (body, server.sign(event, secret=server.secret)[1]["X-Razorpay-Signature"]),
    ]:
        with pytest.raises(BadSignature):
            razorpay.read_event(body=wrong, headers={"x-razorpay-signature": said, "x-razorpay-event-id": "evt_1"})
    with override_settings(RAZORPAY_WEBHOOK_SECRET=""), pytest.raises(BadSignature):
        told(razorpay, server, event, secret="")


def test_an_event_is_told_for_a_day_and_no_longer(server, razorpay):
    event = server.pay(razorpay.start(order()).reference)[-1]
    now = event["created_at"]
    event["created_at"] = now - 24 * 60 * 60
    assert told(razorpay, server, event).facts
    event["created_at"] = now - 26 * 60 * 60
    with pytest.raises(BadSignature):
        told(razorpay, server, event)


def test_an_event_without_a_number_is_known_by_what_it_says(server, razorpay):
    event = server.pay(razorpay.start(order()).reference)[-1]
    first, again = (told(razorpay, server, event, event_id="").event_id for _time in range(2))
    assert first == again != ""
    event["created_at"] += 1
    assert told(razorpay, server, event, event_id="").event_id != first


@pytest.mark.parametrize(
    "said", [[], 7, {}, {"event": "payment.captured"}, {"event": "payment.captured", "payload": {}}]
)
def test_what_is_signed_but_makes_no_sense_cannot_be_read(server, razorpay, said):
    if isinstance(said, dict) and said:
        said["created_at"] = int(datetime.now(UTC).timestamp()) if "payload" in said else "soon"
    with pytest.raises(BadSignature):
        told(razorpay, server, said)


def test_what_does_not_concern_us_has_no_facts(server, razorpay):
    now = int(datetime.now(UTC).timestamp())
    found = told(razorpay, server, {"event": "settlement.processed", "payload": {}, "created_at": now}, event_id="e1")
    assert (found.event_id, found.facts, found.key, found.reference, found.payment) == ("e1", (), "", "", "")


def test_a_payers_browser_is_believed_when_razorpay_has_signed_for_it(server, razorpay):
    reference = razorpay.start(order()).reference
    server.pay(reference)
    form = server.callback(reference)
    assert razorpay.read_callback(form) == Callback(reference, known(server, reference).payment)
    for changes in [
        {"razorpay_order_id": "order_another"},
        {"razorpay_payment_id": "pay_another"},
        {"razorpay_signature": ""},
        {"razorpay_signature": "é"},
        {"razorpay_order_id": ""},
    ]:
        with pytest.raises(BadSignature):
            razorpay.read_callback({**form, **changes})


def test_after_a_decline_a_browser_comes_back_with_nothing_to_believe(server, razorpay):
    reference = razorpay.start(order()).reference
    server.decline(reference)
    assert razorpay.read_callback(server.failed_callback(reference)) == Callback()


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
        (Fault(200, kept=True, page="{}"), Unclear, 1),
        (Fault(409), Unclear, 0),
        (Fault(401), TryLater, 0),
        (Fault(400), PermanentRefusal, 0),
    ],
)
def test_whatever_goes_wrong_is_said_in_our_words_and_tried_once(
    server, razorpay, monkeypatch, capfd, fault, kind, made
):
    server.decide = lambda asked: fault if asked.method == "POST" else None
    if fault is HANG:  # the others answer, however long that takes on a busy machine
        monkeypatch.setattr("payments.providers.contract.SECONDS", 2)
    with pytest.raises(kind) as refused:
        razorpay.start(order())
    monkeypatch.undo()
    assert type(refused.value) is kind
    assert KEY not in refused.value.detail
    assert len(server.orders) == made
    assert server.asked_for("POST", "/v1/orders") == 1
    assert capfd.readouterr() == ("", "")  # its client prints what goes wrong
    server.decide = None
    razorpay.start(order())
    assert len(server.orders) == 1


def test_a_provider_that_is_not_there_did_nothing(razorpay):
    server = RazorpayServer().start()
    server.stop()
    with override_settings(**server.settings), pytest.raises(TryLater, match="could not be reached"):
        razorpay.start(order())


def test_wrong_keys_are_an_error_in_the_log_and_nothing_private_ever_is(server, razorpay, caplog):
    caplog.set_level(logging.INFO)
    with override_settings(RAZORPAY_KEY_SECRET="of another"), pytest.raises(TryLater):
        razorpay.start(order(email="pat@example.org"))
    server.pay(razorpay.start(order(email="pat@example.org")).reference)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    for private in ("pat@", "example.org", server.key, KEY):
        assert private not in caplog.text


def test_it_is_there_when_all_its_keys_are(server, razorpay):
    assert razorpay.is_configured()
    assert registry.configured() == ("razorpay",)
    assert registry.hosts() == [server.origin]
    with override_settings(RAZORPAY_API_BASE=""):
        assert registry.hosts() == ["https://api.razorpay.com"]
    with override_settings(RAZORPAY_WEBHOOK_SECRET=""):
        assert not razorpay.is_configured()
