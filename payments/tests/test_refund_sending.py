"""Providers are asked to pay back: once, whatever they answer and whoever dies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.models import LedgerEntry, Refund
from payments.providers.contract import TryLater
from payments.providers.registry import provider_of
from payments.services import refund_sending
from payments.services.refund_sending import LEASE, Came, pause_after, send_refunds
from payments.states import EntryKind, PaymentStatus, RefundStatus
from payments.tests.factories import refunded
from payments.tests.hooks import SERVERS, begun_at, serving, sound, tell_all
from scheduling.tests.factories import CLINIC
from testing.payment_server import AWAY, BROKEN_AFTER, CLOSE, TOO_MANY, PaymentServer
from testing.refunders import Forgetful
from testing.stripe_server import StripeServer

pytestmark = [pytest.mark.django_db, pytest.mark.once("one at a time; what meets is tried by the storms")]


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.__name__)
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with serving(request.param) as running:
        yield running


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with serving(StripeServer) as running:
        yield running


def due_at(server: Any, amount: str = "15.00") -> Refund:
    """A refund that staff decided, of a payment that was paid at a provider."""
    payment = begun_at(server)
    tell_all(server, server.pay(payment.provider_reference))
    return refunded(payment, amount)


def send() -> dict[Came, int]:
    return dict(send_refunds(actor=CLINIC).counts)  # type: ignore[union-attr]


def again(refund: Refund) -> dict[Came, int]:
    """Another run, when the lease and the pause are over."""
    Refund.objects.filter(pk=refund.pk, claimed_until__isnull=False).update(claimed_until=timezone.now())
    Refund.objects.filter(pk=refund.pk).update(try_at=timezone.now())
    return send()


def paid_back(server: PaymentServer) -> list[int]:
    """What the provider has paid back, each."""
    return [refund["amount"] for refund in server.refunds.values()]  # type: ignore[attr-defined]


def test_a_refund_goes_back_with_an_entry_and_a_credit_note(server: Any) -> None:
    refund = due_at(server)
    assert send_refunds(actor=CLINIC, dry_run=True) == 1
    assert send() == {Came.PAID_BACK: 1}
    refund.refresh_from_db()
    assert (refund.status, refund.attempts, refund.claim) == (RefundStatus.SUCCEEDED, 1, "")
    assert refund.provider_refund in server.refunds
    refund.payment.refresh_from_db()
    assert refund.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert LedgerEntry.objects.get(kind=EntryKind.REFUND).receipt.sequence == 2
    assert send() == {}
    assert paid_back(server) == [1500]
    sound()


@pytest.mark.parametrize("fault", [TOO_MANY, AWAY])
def test_a_provider_that_is_busy_is_asked_later_and_paused_for(server: Any, fault: Any) -> None:
    refund = due_at(server)
    server.decide = lambda asked: fault if asked.method == "POST" and "refund" in asked.path else None
    assert set(send()) <= {Came.LATER, Came.UNCLEAR}
    refund.refresh_from_db()
    assert refund.error
    assert refund.try_at is not None
    assert refund.try_at > timezone.now() + timedelta(seconds=10)
    assert send() == {}, "not before its time"
    server.decide = None
    assert again(refund) == {Came.PAID_BACK: 1}
    refund.refresh_from_db()
    assert (refund.error, paid_back(server)) == ("", [1500])
    sound()


@pytest.mark.parametrize("fault", [BROKEN_AFTER, CLOSE])
def test_what_the_provider_did_without_saying_so_is_found_and_not_done_again(server: Any, fault: Any) -> None:
    refund = due_at(server)
    was_asked = []

    def once(asked: Any) -> Any:
        if asked.method != "POST" or "refund" not in asked.path or was_asked:
            return None
        was_asked.append(asked.path)
        return fault

    server.decide = once
    send()
    refund.refresh_from_db()
    if refund.status != RefundStatus.SUCCEEDED:  # a client may try again by itself, by the same key
        assert refund.status == RefundStatus.SENDING
        assert send() == {}, "not before the lease is over"
        assert again(refund) == {Came.PAID_BACK: 1}
    refund.refresh_from_db()
    assert refund.status == RefundStatus.SUCCEEDED
    assert paid_back(server) == [1500]
    sound()


def test_a_key_that_the_provider_has_forgotten_pays_nothing_twice(stripe: StripeServer) -> None:
    """Stripe keeps keys for a day; a worker may have been dead for longer."""
    refund = due_at(stripe)
    give_up_after_asking(stripe, refund)
    stripe.answers.clear()
    assert again(refund) == {Came.PAID_BACK: 1}
    assert paid_back(stripe) == [1500]
    sound()


def test_by_another_key_it_would_be_paid_twice(stripe: StripeServer) -> None:
    """The twin, with the mechanism switched off."""
    refund = due_at(stripe)
    give_up_after_asking(stripe, refund)
    Refund.objects.filter(pk=refund.pk).update(try_at=timezone.now(), claimed_until=timezone.now())
    send_refunds(actor=CLINIC, provider_of=lambda name: Forgetful(provider_of(name)))
    assert paid_back(stripe) == [1500, 1500]


def give_up_after_asking(stripe: StripeServer, refund: Refund) -> None:
    """A worker that asked, and died before it wrote down what came of it."""
    begun = refund_sending._begin(refund.pk, CLINIC)
    assert begun is not None
    refund_sending._ask(begun, provider_of(begun.payment.provider))
    assert paid_back(stripe) == [1500]


def test_a_refusal_gives_the_amount_free_and_is_shown(stripe: StripeServer) -> None:
    refund = due_at(stripe)
    stripe.refund_by_hand(refund.payment.provider_reference)  # everything, at the provider; its events are lost
    assert send() == {Came.REFUSED: 1}
    refund.refresh_from_db()
    refund.payment.refresh_from_db()
    assert (refund.status, refund.payment.refunding) == (RefundStatus.FAILED, 0)
    assert refund.error
    sound()


def test_a_provider_that_is_still_at_it_is_left_to_it(server: Any) -> None:
    server.refunds_pend = True
    refund = due_at(server)
    assert send() == {Came.UNDER_WAY: 1}
    refund.refresh_from_db()
    assert (refund.status, refund.claim) == (RefundStatus.SENDING, "")
    assert send() == {}
    assert again(refund) == {Came.UNDER_WAY: 1}
    tell_all(server, server.finish_refund(refund.provider_refund or next(iter(server.refunds))))
    refund.refresh_from_db()
    assert (refund.status, paid_back(server)) == (RefundStatus.SUCCEEDED, [1500])
    sound()


def test_a_worker_that_was_thought_dead_speaks_for_nothing(stripe: StripeServer) -> None:
    """Its lease ran out, somebody else took over; what it was refused since says nothing."""
    refund = due_at(stripe)
    late = refund_sending._begin(refund.pk, CLINIC)
    assert late is not None
    assert again(refund) == {Came.PAID_BACK: 1}
    assert refund_sending._try_later(late, TryLater("too late"), CLINIC) == Came.OVERTAKEN
    assert refund_sending._leave(late, refund_sending.Unclear("too late")) == Came.UNCLEAR
    assert refund_sending._refuse(late, refund_sending.PermanentRefusal("too late"), CLINIC) == Came.OVERTAKEN
    refund.refresh_from_db()
    assert (refund.status, refund.error) == (RefundStatus.SUCCEEDED, "")
    sound()


def test_one_that_cannot_be_sent_keeps_no_other_from_it(stripe: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, well = due_at(stripe), due_at(stripe)
    begin = refund_sending._begin

    def fault(refund_id: int, actor: Any) -> Any:
        if refund_id == broken.pk:
            raise ZeroDivisionError
        return begin(refund_id, actor)

    monkeypatch.setattr(refund_sending, "_begin", fault)
    with pytest.raises(ExceptionGroup):
        send_refunds(actor=CLINIC)
    well.refresh_from_db()
    assert well.status == RefundStatus.SUCCEEDED


def test_pauses_grow_and_are_never_quite_the_same() -> None:
    assert len({pause_after(3) for _time in range(20)}) > 1
    assert timedelta(seconds=15) <= pause_after(1) <= timedelta(seconds=30)
    assert timedelta(minutes=30) <= pause_after(9) <= timedelta(hours=1)
    assert timedelta(seconds=60) <= LEASE
