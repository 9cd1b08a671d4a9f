"""Guarantee 4: providers tell at least once, in any order; all of it is applied once."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.db import connection

from payments.models import LedgerEntry, Payment, Receipt, WebhookEvent
from payments.services.events import receive_event
from payments.states import EventStatus
from payments.tests.hooks import SERVERS, begun_at, messages_of, serving, sound, states, tell, tell_all
from testing.threads import run_together

AT_ONCE = {"postgresql": 50, "sqlite": 10}
"""SQLite lets one write at a time: more at once only wait longer."""


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.__name__)
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with serving(request.param) as running:
        yield running


def tell_at_once(server: Any, events: list[Any]) -> None:
    outcomes = run_together([lambda event=event: tell(server, event) for event in events])  # type: ignore[misc]
    assert [(outcome.answer, outcome.error) for outcome in outcomes] == [(200, None)] * len(events)


@pytest.mark.django_db(transaction=True)
def test_one_event_a_hundred_times_fifty_at_once(server: Any) -> None:
    payment = begun_at(server)
    event = server.pay(payment.provider_reference)[-1]
    count = AT_ONCE[connection.vendor]
    for _round in range(2):
        tell_at_once(server, [event] * count)
    told = WebhookEvent.objects.get()
    assert (told.times_received, told.status) == (2 * count, EventStatus.APPLIED)
    assert (LedgerEntry.objects.count(), Receipt.objects.count()) == (1, 1)
    assert Payment.objects.get().captured == payment.amount
    assert messages_of(payment.appointment, "paid")
    sound()


@pytest.mark.django_db(transaction=True)
def test_all_that_is_told_of_a_payment_at_once(server: Any) -> None:
    for _round in range(3):
        payment = begun_at(server)
        told = [*server.decline(payment.provider_reference), *server.pay(payment.provider_reference)]
        told += server.refund_by_hand(payment.provider_reference, 1000)
        tell_at_once(server, told * 2)
        payment.refresh_from_db()
        assert (payment.captured, payment.refunded, payment.refunding) == (60, 10, 0)
        assert payment.entries.count() == 2
    assert states() <= {EventStatus.APPLIED, EventStatus.IGNORED}
    sound()


@pytest.mark.django_db
@pytest.mark.once("what is told is told one after the other")
def test_whatever_the_order_the_end_is_the_same(server: Any) -> None:
    chance = Random(4)
    for turn in range(10):
        payment = begun_at(server)
        reference = payment.provider_reference
        told = [*server.decline(reference), *server.pay(reference)]
        told += server.refund_by_hand(reference, 1000) + server.refund_by_hand(reference, 500)
        told.reverse() if turn == 0 else chance.shuffle(told)
        for event in told:
            body, headers = server.sign(event)
            receive_event(provider=payment.provider, body=body, headers={k.lower(): v for k, v in headers.items()})
        payment.refresh_from_db()
        payment.appointment.refresh_from_db()
        assert (payment.status, payment.appointment.status) == ("partially_refunded", "confirmed"), told
        assert (payment.captured, payment.refunded, payment.refunding) == (60, 15, 0), told
        assert (payment.entries.count(), payment.refunds.count(), payment.failure) == (3, 2, ""), told
        assert Receipt.objects.filter(entry__payment=payment).count() == 3
    assert states() <= {EventStatus.APPLIED, EventStatus.IGNORED}
    sound()


@pytest.mark.django_db
@pytest.mark.once("what is told is told one after the other")
@pytest.mark.parametrize("capture_first", [True, False])
def test_a_page_that_closes_and_money_that_comes_end_the_same(capture_first: bool) -> None:
    """A page cannot close after it was paid; what is told of two pages may cross all the same."""
    with serving(SERVERS[0]) as stripe:
        payment = begun_at(stripe)
        session = stripe.sessions[payment.provider_reference]
        lapsed = stripe.lapse(payment.provider_reference)
        session["status"] = "open"
        paid = stripe.pay(payment.provider_reference)
        tell_all(stripe, [*paid, *lapsed] if capture_first else [*lapsed, *paid])
        payment.refresh_from_db()
        assert (payment.status, payment.captured) == ("paid", 60)
        sound()
