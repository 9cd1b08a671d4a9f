"""The sandbox keeps to the contract of a provider, and to its own books."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from payments.errors import BadSignature
from payments.models import SandboxSession
from payments.providers.contract import (
    Captured,
    Declined,
    Known,
    Lapsed,
    Order,
    PermanentRefusal,
    Refunded,
    RefundOrder,
    Started,
)
from payments.providers.sandbox import OLDEST, SIGNATURE, Sandbox, event_of
from payments.providers.sandbox_cards import CARDS, Outcome
from payments.providers.sandbox_page import LATE, answer_bank, pay, session_by

pytestmark = [pytest.mark.django_db, pytest.mark.once("the sandbox's books are one row with conditional updates")]

SANDBOX = Sandbox()


def an_order(**changes: Any) -> Order:
    said: dict[str, Any] = {
        "key": "a" * 32,
        "number": "PAY-2026-000001",
        "method": "card",
        "amount": Decimal("60.00"),
        "currency": "GBP",
        "description": "Visit to Dr Doctor",
        "return_url": "http://testserver/a/x/pay/1/",
        "cancel_url": "http://testserver/a/x/pay/1/give-up/",
        "expires_at": timezone.now() + timedelta(minutes=15),
        "language": "en",
    }
    return Order(**{**said, **changes})


def begun(order: Order | None = None) -> tuple[SandboxSession, Known]:
    """A session at the sandbox, and by what the clinic knows it."""
    order = order or an_order()
    started = SANDBOX.start(order)
    session = session_by(started.reference)
    assert session is not None
    return session, Known(order.key, started.reference, "", order.amount, order.currency)


def paid() -> tuple[SandboxSession, Known]:
    session, known = begun()
    pay(session, CARDS["visa"])
    return session, replace(known, payment=f"sbp_{session.pk}")


def test_the_same_key_opens_one_page() -> None:
    first, second = SANDBOX.start(an_order()), SANDBOX.start(an_order(amount=Decimal(1)))
    assert first == second
    assert isinstance(first, Started)
    assert first.page.endswith(f"/sandbox/{first.reference}/")
    assert SandboxSession.objects.get().amount_minor == 6000


def test_a_card_that_pays() -> None:
    session, known = paid()
    assert SANDBOX.fetch(known) == (Captured(f"sbp_{session.pk}", Decimal("60.00"), "GBP", session.paid_at),)


def test_two_presses_pay_once() -> None:
    session, known = begun()
    same = session_by(session.reference)
    first, second = pay(session, CARDS["visa"]), pay(same, CARDS["mastercard"])
    assert first is not None
    assert second is not None
    assert json.loads(first[0])["id"] == json.loads(second[0])["id"]
    assert SandboxSession.objects.get().brand == "Visa"
    assert len(SANDBOX.fetch(known)) == 1


def test_a_card_without_money_may_be_followed_by_another() -> None:
    session, known = begun()
    pay(session, CARDS["poor"])
    assert SANDBOX.fetch(known) == (Declined(why="insufficient_funds"),)
    pay(session, CARDS["visa"])
    assert [type(fact) for fact in SANDBOX.fetch(known)] == [Captured]


@pytest.mark.parametrize(("approved", "expected"), [(True, Captured), (False, Declined)])
def test_the_bank_asks(approved: bool, expected: type) -> None:
    session, known = begun()
    assert pay(session, CARDS["asked"]) is None
    assert SANDBOX.fetch(known) == ()
    answer_bank(session, approved=approved)
    assert [type(fact) for fact in SANDBOX.fetch(known)] == [expected]


def test_nobody_answers_a_bank_that_did_not_ask() -> None:
    session, known = begun()
    answer_bank(session, approved=True)
    assert SANDBOX.fetch(known) == ()


def test_a_payment_that_is_late_is_heard_of_late() -> None:
    session, known = begun()
    assert pay(session, CARDS["late"]) is None
    assert SANDBOX.fetch(known) == ()
    with time_machine.travel(timezone.now() + LATE, tick=False):
        (captured,) = SANDBOX.fetch(known)
    assert isinstance(captured, Captured)
    assert captured.at == session.paid_at


def test_a_page_that_closes() -> None:
    session, known = begun()
    pay(session, CARDS["lapsed"])
    assert SANDBOX.fetch(known) == (Lapsed(),)
    pay(session, CARDS["visa"])
    assert SANDBOX.fetch(known) == (Lapsed(),)


def test_a_page_that_nobody_used_in_time() -> None:
    session, known = begun()
    with time_machine.travel(session.expires_at, tick=False):
        assert SANDBOX.fetch(known) == (Lapsed(),)
        pay(session, CARDS["visa"])
        assert SANDBOX.fetch(known) == (Lapsed(),)


def test_giving_up_closes_the_page_unless_it_is_paid() -> None:
    _session, known = paid()
    SANDBOX.give_up(known)
    assert [type(fact) for fact in SANDBOX.fetch(known)] == [Captured]
    other, known = begun(an_order(key="b" * 32))
    SANDBOX.give_up(known)
    pay(other, CARDS["visa"])
    assert SANDBOX.fetch(known) == (Lapsed(),)


def test_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(PermanentRefusal):
        SANDBOX.fetch(Known("c" * 32, "", "", Decimal(1), "GBP"))


def test_a_refund_asked_for_twice_pays_back_once() -> None:
    _session, known = paid()
    order = RefundOrder("r1", known, Decimal("20.00"))
    assert SANDBOX.refund(order) == SANDBOX.refund(order)
    refunds = [fact for fact in SANDBOX.fetch(known) if isinstance(fact, Refunded)]
    assert [(refund.key, refund.amount) for refund in refunds] == [("r1", Decimal("20.00"))]


def test_no_more_goes_back_than_came() -> None:
    session, known = paid()
    SANDBOX.refund(RefundOrder("r1", known, Decimal("40.00")))
    with pytest.raises(PermanentRefusal):
        SANDBOX.refund(RefundOrder("r2", known, Decimal("20.01")))
    SANDBOX.refund(RefundOrder("r3", known, Decimal("20.00")))
    session.refresh_from_db()
    assert [refund["amount"] for refund in session.refunds] == [4000, 2000]


@pytest.mark.parametrize(
    "name", [card.name for card in CARDS.values() if card.outcome in ("paid", "declined", "lapsed")]
)
def test_what_it_tells_is_what_it_knows(name: str) -> None:
    session, known = begun()
    telling = pay(session, CARDS[name])
    assert telling is not None
    body, headers = telling
    event = SANDBOX.read_event(body=body, headers=headers)
    assert event.facts == SANDBOX.fetch(known)
    assert (event.key, event.reference) == (known.key, known.reference)
    assert SANDBOX.read_stored(json.loads(body)) == event


@pytest.mark.parametrize("spoil", ["body", "moment", "signature", "nothing", "no number"])
def test_what_is_not_signed_is_refused(spoil: str) -> None:
    session, _known = paid()
    body, headers = event_of(session, Lapsed())
    moment, signature = headers[SIGNATURE].split(",")
    if spoil == "body":
        body = body.replace(b"6000", b"7000")
    headers = {
        "body": headers,
        "moment": {SIGNATURE: f"t={int(moment[2:]) + 1},{signature}"},
        "signature": {SIGNATURE: f"{moment},v1={'0' * 64}"},
        "nothing": {},
        "no number": {SIGNATURE: f"t=٣,{signature}"},
    }[spoil]
    with pytest.raises(BadSignature):
        SANDBOX.read_event(body=body, headers=headers)


def test_what_was_signed_long_ago_is_refused() -> None:
    session, _known = paid()
    body, headers = event_of(session, Lapsed())
    with time_machine.travel(timezone.now() + OLDEST + timedelta(seconds=2)), pytest.raises(BadSignature):
        SANDBOX.read_event(body=body, headers=headers)


def test_the_cards_are_none_that_somebody_could_mistype() -> None:
    assert {card.outcome for card in CARDS.values()} == set(Outcome)
    for card in CARDS.values():
        assert card.spaced.replace(" ", "") == card.number
        doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(card.number))]
        assert sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
