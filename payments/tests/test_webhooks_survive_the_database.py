"""Guarantee 4: the database goes away in the middle. What we acknowledged is stored; for the rest the provider comes
again, and all of it is applied once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from payments.models import LedgerEntry, Payment, Receipt, WebhookEvent
from payments.states import EventStatus, PaymentStatus
from payments.tests.hooks import begun_at, serving, sound, tell
from testing.postgres import PostgresServer
from testing.stripe_server import StripeServer

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

PAYMENTS = 12
AT_ONCE = 6


@pytest.fixture
def mortal(transactional_db: None) -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own, with everything in it, in place of the tests' database."""
    server = PostgresServer(durable=True).start()
    names = {"HOST": str(server.folder), "NAME": "postgres", "USER": "postgres", "PORT": "", "PASSWORD": ""}
    described = connections.settings["default"]
    before = {name: described[name] for name in names}
    connections.close_all()
    described.update(names)
    try:
        call_command("migrate", verbosity=0)
        yield server
    finally:
        connections.close_all()
        described.update(before)
        server.remove()


def test_what_is_told_while_the_database_crashes_is_applied_once(mortal: PostgresServer) -> None:
    with serving(StripeServer) as stripe:
        references = [begun_at(stripe).provider_reference for _number in range(PAYMENTS)]
        told = [event for reference in references for event in stripe.pay(reference)]

        def deliver(event: Any) -> int:
            try:
                return tell(stripe, event)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            meanwhile = [pool.submit(deliver, event) for event in told[:20]]
            meanwhile[8].result()
            mortal.stop(immediate=True)
            statuses = [answer.result() for answer in meanwhile]
            away = list(pool.map(deliver, told[20:28]))
            mortal.start()
            statuses += away + list(pool.map(deliver, told[28:]))
        assert set(away) == {500}
        connection.close()
        assert set(statuses) == {200, 500}
        acknowledged = {event["id"] for event, status in zip(told, statuses, strict=True) if status == 200}
        assert acknowledged <= set(WebhookEvent.objects.values_list("event_id", flat=True))
        sound()

        for event, status in zip(told, statuses, strict=True):
            if status != 200:
                assert tell(stripe, event) == 200
        assert WebhookEvent.objects.count() == len(told)
        done = {EventStatus.APPLIED, EventStatus.IGNORED}
        assert set(WebhookEvent.objects.values_list("status", flat=True)) <= done
        assert Payment.objects.filter(status=PaymentStatus.PAID).count() == PAYMENTS
        assert LedgerEntry.objects.count() == Receipt.objects.count() == PAYMENTS
        sound()
