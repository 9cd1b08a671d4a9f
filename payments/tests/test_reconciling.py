"""Payments that nobody tells of are asked about: not too often, not for ever; one that fails keeps no other waiting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from payments.errors import PaymentUnknown, ProviderUnavailable
from payments.models import Payment
from payments.selectors.asking import count_payments_not_asked, count_to_reconcile
from payments.services import reconciling
from payments.services.reconciling import ask_provider, reconcile_payments
from payments.services.starting import give_up_payment
from payments.states import PaymentStatus
from payments.tests.hooks import SERVERS, begun_at, serving, sound, tell_all
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR
from testing.payment_server import BROKEN
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


def age(payment: Payment, by: timedelta = timedelta(minutes=3)) -> None:
    """Let time pass for a payment."""
    row = Payment.objects.get(pk=payment.pk)
    moments = ("created_at", "expires_at", "ask_at", "asked_at")
    earlier = {name: getattr(row, name) - by for name in moments if getattr(row, name) is not None}
    Payment.objects.filter(pk=payment.pk).update(**earlier)


def read(payment: Payment) -> Payment:
    return Payment.objects.select_related("appointment").get(pk=payment.pk)


def test_a_payment_of_which_no_word_came_is_asked_about_and_found_paid(server: Any) -> None:
    payment = begun_at(server)
    server.pay(payment.provider_reference)
    assert reconcile_payments(actor=CLINIC, dry_run=True) == 0, "it has just begun"
    age(payment)
    assert reconcile_payments(actor=CLINIC, dry_run=True) == count_to_reconcile() == 1
    assert str(reconcile_payments(actor=CLINIC)) == "1 payments asked about"
    found = read(payment)
    assert (found.status, found.appointment.status) == (PaymentStatus.PAID, AppointmentStatus.CONFIRMED)
    assert (found.ask_at, found.asked) == (None, 1)
    assert not reconcile_payments(actor=CLINIC)
    sound()


def test_whoever_returns_asks_at_once_and_not_again_within_seconds(server: Any) -> None:
    payment = begun_at(server)
    assert ask_provider(payment_id=payment.pk, actor=VISITOR).status == PaymentStatus.PENDING
    asked = len(server.requests)
    server.pay(payment.provider_reference)
    for _look in range(5):
        assert ask_provider(payment_id=payment.pk, actor=VISITOR).status == PaymentStatus.PENDING
    assert len(server.requests) == asked
    age(payment, timedelta(seconds=4))
    assert ask_provider(payment_id=payment.pk, actor=VISITOR).status == PaymentStatus.PAID
    with pytest.raises(PaymentUnknown):
        ask_provider(payment_id=0, actor=VISITOR)


def test_a_provider_that_does_not_answer_is_no_fault_of_the_payer(server: Any) -> None:
    payment = begun_at(server)
    server.decide = lambda asked: BROKEN
    with pytest.raises(ProviderUnavailable):
        ask_provider(payment_id=payment.pk, actor=VISITOR)
    age(payment)
    assert "1 in vain" in str(reconcile_payments(actor=CLINIC))
    server.decide = None
    server.pay(payment.provider_reference)
    age(payment)
    reconcile_payments(actor=CLINIC)
    assert read(payment).status == PaymentStatus.PAID


def test_gaps_grow_and_end_a_day_after_the_page_closed(server: Any) -> None:
    payment = begun_at(server)
    gaps, turns = [], 0
    while (row := read(payment)).ask_at is not None:
        age(payment, row.ask_at - timezone.now() + timedelta(seconds=1))
        reconcile_payments(actor=CLINIC)
        turns += 1
        after = read(payment)
        gaps += [round((after.ask_at - timezone.now()).total_seconds())] if after.ask_at else []
        assert turns < 40
    assert gaps == sorted(gaps)
    assert read(payment).status == PaymentStatus.CANCELLED
    assert 8 < turns < 30
    age(payment, timedelta(days=9))
    assert count_to_reconcile() == 0


def test_a_page_that_was_given_up_is_closed(stripe: StripeServer) -> None:
    payment = begun_at(stripe)
    give_up_payment(payment_id=payment.pk, actor=VISITOR)
    reconcile_payments(actor=CLINIC)
    assert stripe.sessions[payment.provider_reference]["status"] == "expired"
    assert (read(payment).status, read(payment).ask_at) == (PaymentStatus.CANCELLED, None)


def test_what_was_paid_in_a_page_that_was_given_up_counts(server: Any) -> None:
    payment = begun_at(server)
    server.pay(payment.provider_reference)
    give_up_payment(payment_id=payment.pk, actor=VISITOR)
    reconcile_payments(actor=CLINIC)
    found = read(payment)
    assert (found.status, found.appointment.status) == (PaymentStatus.PAID, AppointmentStatus.CONFIRMED)
    sound()


def test_a_payment_that_never_reached_the_provider_is_given_up_after_an_hour(stripe: StripeServer) -> None:
    payment = begun_at(stripe)
    Payment.objects.filter(pk=payment.pk).update(provider_reference="")
    age(payment)
    reconcile_payments(actor=CLINIC)
    assert read(payment).status == PaymentStatus.PENDING
    age(payment, timedelta(hours=1))
    reconcile_payments(actor=CLINIC)
    assert (read(payment).status, read(payment).ask_at) == (PaymentStatus.CANCELLED, None)


def test_one_that_fails_keeps_no_other_from_its_turn(stripe: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    payments = [begun_at(stripe) for _number in range(3)]
    for payment in payments:
        stripe.pay(payment.provider_reference)
        age(payment)
    settle = reconciling.settle

    def fault(*, payment_id: int, **more: Any) -> Any:
        if payment_id == payments[0].pk:
            raise ZeroDivisionError
        return settle(payment_id=payment_id, **more)

    with monkeypatch.context() as broken:
        broken.setattr(reconciling, "settle", fault)
        with pytest.raises(ExceptionGroup):
            reconcile_payments(actor=CLINIC)
    assert [read(payment).status for payment in payments] == ["pending", "paid", "paid"]
    age(payments[0])
    reconcile_payments(actor=CLINIC)
    assert read(payments[0]).status == PaymentStatus.PAID


def test_a_refund_that_was_told_first_is_applied_with_what_was_asked(server: Any) -> None:
    payment = begun_at(server)
    server.pay(payment.provider_reference)
    tell_all(server, server.refund_by_hand(payment.provider_reference, 1000))
    age(payment)
    reconcile_payments(actor=CLINIC)
    assert read(payment).status == PaymentStatus.PARTIALLY_REFUNDED
    sound()


def test_the_command_says_what_it_did_and_what_it_would(server: Any) -> None:
    payment = begun_at(server)
    server.pay(payment.provider_reference)
    age(payment)
    said = StringIO()
    call_command("reconcile_payments", "--dry-run", stdout=said)
    assert "1 payments and events would be looked at" in said.getvalue()
    call_command("reconcile_payments", "--limit", "5", stdout=said)
    assert "Payments: 1 payments asked about." in said.getvalue()


def test_payments_that_nobody_asks_about_are_noticed(stripe: StripeServer) -> None:
    payment = begun_at(stripe)
    assert count_payments_not_asked() == 0
    age(payment, timedelta(minutes=4))
    assert count_payments_not_asked() == 1


def test_a_payment_that_the_provider_does_not_know_is_given_up_a_day_after_its_page_closed(server: Any) -> None:
    payment = begun_at(server)
    Payment.objects.filter(pk=payment.pk).update(provider_reference="of_another_account")
    age(payment)
    reconcile_payments(actor=CLINIC)
    assert read(payment).status == PaymentStatus.PENDING
    age(payment, timedelta(days=3))
    reconcile_payments(actor=CLINIC)
    assert (read(payment).status, read(payment).ask_at) == (PaymentStatus.CANCELLED, None)
