"""Nothing goes back twice, and nothing is forgotten, though the workers that pay back are killed at any moment.

Real processes, SIGKILL, and the client libraries of Stripe and Razorpay, on this machine.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from payments.models import Refund
from payments.services.refund_sending import send_refunds
from payments.states import RefundStatus
from payments.tests.factories import refunded
from payments.tests.hooks import SERVERS, begun_at, serving, sound, tell_all
from scheduling.tests.factories import CLINIC
from testing.payment_server import AWAY, BROKEN_AFTER, CLOSE, TOO_MANY, Asked, Fault, PaymentServer
from testing.senders import Senders
from testing.storms import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

COUNT = {"postgresql": 14, "sqlite": 6}
WORKERS = 2


def database() -> dict[str, str]:
    """The test's own, for another process."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return {"SQLITE_PATH": name, "DATABASE_URL": ""}
    address, mark, options = os.environ["DATABASE_URL"].partition("?")
    return {"DATABASE_URL": f"{address.rpartition('/')[0]}/{name}{mark}{options}"}


@contextmanager
def refunders(folder: Path, server: Any, **how: Any) -> Iterator[Senders]:
    """Workers on the test's database and provider; whatever they complained of fails the test."""
    environment = {"SECRET_KEY": settings.SECRET_KEY, "PAYMENTS_SANDBOX": "false", **server.settings, **database()}
    working = Senders(folder / "refunders.log", environment, module="testing.refunders", **how)
    try:
        yield working
    finally:
        complaints = working.end()
    assert complaints == ""


def is_refund(asked: Asked) -> bool:
    """Whether a request asks for money to go back."""
    return asked.method == "POST" and "refund" in asked.path


def still_open() -> int:
    return Refund.objects.filter(status__in=[RefundStatus.PENDING, RefundStatus.SENDING]).count()


def write_refunds(server: Any, count: int) -> None:
    """So many refunds, each of a part of a payment: at once they would not be noticed when they go out twice."""
    for _number in range(count):
        payment = begun_at(server)
        tell_all(server, server.pay(payment.provider_reference)[-1:])
        refunded(payment, "15.00")


def went_back(server: Any) -> Counter[str]:
    """How often something of each payment has gone back at the provider."""
    return Counter(str(row.get("payment_intent") or row.get("payment_id")) for row in server.refunds.values())


@pytest.mark.parametrize("kind", SERVERS, ids=lambda kind: kind.__name__)
def test_each_goes_back_once_though_workers_are_killed(tmp_path: Path, kind: type[PaymentServer]) -> None:
    count = COUNT[connection.vendor]
    with serving(kind) as server:
        write_refunds(server, count)
        with refunders(tmp_path, server) as working:
            chance, met = Random(6), Counter[str]()

            def mischief(asked: Asked) -> Fault | None:
                """Once or twice for each refund, at random: a fault, or the end of all workers while they wait."""
                name = str(asked.fields.get("payment_intent", asked.path))
                if not is_refund(asked) or met[name] >= 2 or chance.random() > 0.5:
                    return None
                met[name] += 1
                fault = chance.choice([AWAY, TOO_MANY, BROKEN_AFTER, CLOSE, None, None])
                if fault is None:
                    working.kill_all()
                return fault or CLOSE

            server.decide = mischief
            working.start(WORKERS)
            wait_for(lambda: still_open() == 0)
        assert Counter(Refund.objects.values_list("status", flat=True)) == {"succeeded": count}
        assert went_back(server) == dict.fromkeys(went_back(server), 1)
        assert len(server.refunds) == count
        assert working.killed >= 2
        tell_all(server, [told for told in server.events if "refund" in str(told.get("type", told.get("event")))])
    sound()


@pytest.mark.once("the provider decides, not the database")
@pytest.mark.parametrize(("without", "times"), [("", 1), ("--with-other-keys", 2)])
def test_it_is_the_key_that_keeps_a_killed_workers_refund_from_going_out_twice(
    tmp_path: Path, without: str, times: int
) -> None:
    """With its twin, where the mechanism is switched off: the lease runs out, and it is asked for as if anew."""
    with serving(SERVERS[0]) as server:
        write_refunds(server, 1)
        with refunders(tmp_path, server, without=without) as working:

            def kill_once(asked: Asked) -> Fault | None:
                if not is_refund(asked) or working.killed:
                    return None
                working.kill_all()
                return CLOSE

            server.decide = kill_once
            working.start()
            wait_for(lambda: len(server.refunds) == times and still_open() == 0)
        assert working.killed == 1
        assert list(went_back(server).values()) == [times]
        assert not send_refunds(actor=CLINIC)
