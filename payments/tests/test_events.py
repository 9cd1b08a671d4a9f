"""What providers tell is stored first and applied once; what cannot be applied says why, and is not lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from payments.errors import EventUnknown
from payments.models import LedgerEntry, Payment, WebhookEvent
from payments.services import events
from payments.services.reconciling import reconcile_payments
from payments.services.refund_sending import send_refunds
from payments.states import EventStatus, PaymentStatus, RefundStatus
from payments.tests.factories import refunded
from payments.tests.hooks import HOOKS, SERVERS, begun_at, post, serving, sound, states, tell, tell_all
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC
from testing.stripe_server import PAYER

pytestmark = pytest.mark.django_db


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.__name__)
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with serving(request.param) as running:
        yield running


def state_of(payment: Payment) -> tuple[str, str]:
    payment.refresh_from_db()
    payment.appointment.refresh_from_db()
    return payment.status, payment.appointment.status


def test_a_payment_that_is_told_confirms_the_visit(server: Any) -> None:
    payment = begun_at(server)
    tell_all(server, server.pay(payment.provider_reference))
    assert state_of(payment) == (PaymentStatus.PAID, AppointmentStatus.CONFIRMED)
    assert LedgerEntry.objects.count() == 1
    assert states() <= {EventStatus.APPLIED, EventStatus.IGNORED}
    assert WebhookEvent.objects.filter(payment=payment, status=EventStatus.APPLIED).exists()
    sound()


def test_what_is_told_again_is_counted_and_changes_nothing(server: Any) -> None:
    payment = begun_at(server)
    told = server.pay(payment.provider_reference)
    for _time in range(3):
        tell_all(server, told)
    assert WebhookEvent.objects.count() == len(told)
    assert set(WebhookEvent.objects.values_list("times_received", flat=True)) == {3}
    assert LedgerEntry.objects.count() == 1
    sound()


def test_who_cannot_sign_is_refused_and_nothing_is_stored(server: Any) -> None:
    payment = begun_at(server)
    event = server.pay(payment.provider_reference)[-1]
    body, headers = server.sign(event)
    assert tell(server, event, secret="somebody-elses") == 400
    assert post(server, body.replace(b"6000", b"0001"), headers) == 400
    assert post(server, body + b" ", headers) == 400
    assert post(server, body, {}) == 400
    assert post(server, b"{", server.sign({})[1]) == 400
    assert not WebhookEvent.objects.exists()
    assert state_of(payment) == (PaymentStatus.PENDING, AppointmentStatus.PENDING)


def test_what_was_signed_long_ago_is_refused() -> None:
    """Stripe's signature has its time in it; Razorpay's has not, there the number of the event alone keeps it from
    being applied twice."""
    with serving(SERVERS[0]) as stripe:
        payment = begun_at(stripe)
        event = stripe.pay(payment.provider_reference)[-1]
        assert tell(stripe, event, at=int(timezone.now().timestamp()) - 3600) == 400
        assert not WebhookEvent.objects.exists()
        assert tell(stripe, event) == 200


@pytest.mark.parametrize("address", HOOKS.values())
def test_webhooks_are_posted_to_and_take_no_more_than_an_event(client: Any, address: str) -> None:
    assert client.get(address).status_code == 405
    answer = client.post(address, b"x" * (600 * 1024), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    for form in ({"content_type": "application/json", "data": b"{}"}, {"data": {"a": "form"}}):
        answer = client.post(address, **form)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")


def test_nothing_personal_is_kept_of_what_was_told(server: Any) -> None:
    payment = begun_at(server)
    tell_all(server, server.pay(payment.provider_reference))
    kept = json.dumps(list(WebhookEvent.objects.values_list("payload", flat=True)))
    for word in (PAYER["email"], PAYER["name"], PAYER["phone"], "4242", "gaurav", "@"):
        assert word not in kept


@pytest.mark.parametrize("wrong", [1, 5999])
def test_another_amount_than_was_asked_for_is_kept_and_refused(server: Any, wrong: int) -> None:
    payment = begun_at(server)
    tell_all(server, server.pay(payment.provider_reference, amount=wrong))
    assert EventStatus.FAILED in states()
    failed = WebhookEvent.objects.filter(status=EventStatus.FAILED).first()
    assert failed is not None
    assert failed.error.startswith("wrong_amount")
    assert failed.payment == payment
    assert state_of(payment) == (PaymentStatus.PENDING, AppointmentStatus.PENDING)
    assert not LedgerEntry.objects.exists()


def test_another_currency_than_was_asked_for_is_kept_and_refused(server: Any) -> None:
    payment = begun_at(server)
    Payment.objects.filter(pk=payment.pk).update(currency="EUR")
    tell_all(server, server.pay(payment.provider_reference))
    assert WebhookEvent.objects.filter(status=EventStatus.FAILED, error__startswith="wrong_amount").exists()
    assert state_of(payment)[0] == PaymentStatus.PENDING


def test_a_payment_we_do_not_know_is_kept_and_named(server: Any) -> None:
    payment = begun_at(server)
    told = server.pay(payment.provider_reference)
    Payment.objects.filter(pk=payment.pk).update(provider_reference="another", key="another")
    tell_all(server, told)
    unknown = WebhookEvent.objects.filter(status__in=[EventStatus.FAILED, EventStatus.WAITING])
    assert unknown.exists()
    assert {event.error.partition(":")[0] for event in unknown} == {"unknown_payment"}
    assert not LedgerEntry.objects.exists()


def test_money_that_goes_back_before_it_came_waits_for_it(server: Any) -> None:
    payment = begun_at(server)
    capture = server.pay(payment.provider_reference)
    back = server.refund_by_hand(payment.provider_reference, 2000)
    tell_all(server, back)
    assert states() <= {EventStatus.WAITING, EventStatus.IGNORED}
    assert EventStatus.WAITING in states()
    assert state_of(payment)[0] == PaymentStatus.PENDING
    tell_all(server, capture)
    assert state_of(payment) == (PaymentStatus.PARTIALLY_REFUNDED, AppointmentStatus.CONFIRMED)
    assert (payment.captured, payment.refunded) == (60, 20)
    assert states() <= {EventStatus.APPLIED, EventStatus.IGNORED}
    sound()


def test_what_waits_for_days_is_given_up_and_staff_may_have_it_tried_again(server: Any) -> None:
    payment = begun_at(server)
    capture = server.pay(payment.provider_reference)
    tell_all(server, server.refund_by_hand(payment.provider_reference, 2000))
    WebhookEvent.objects.update(received_at=F("received_at") - timedelta(days=4), try_at=timezone.now())
    WebhookEvent.objects.exclude(status=EventStatus.WAITING).update(try_at=None)
    reconcile_payments(actor=CLINIC)
    assert EventStatus.FAILED in states()
    assert not WebhookEvent.objects.filter(try_at__isnull=False).exists()
    tell_all(server, capture)
    for event in WebhookEvent.objects.filter(status=EventStatus.FAILED):
        assert events.replay_event(event_id=event.pk, actor=CLINIC).status == EventStatus.APPLIED
    assert state_of(payment)[0] == PaymentStatus.PARTIALLY_REFUNDED
    sound()


def test_what_was_applied_is_not_applied_again_whoever_asks(server: Any) -> None:
    payment = begun_at(server)
    tell_all(server, server.pay(payment.provider_reference))
    before = list(WebhookEvent.objects.values())
    for event in WebhookEvent.objects.all():
        events.replay_event(event_id=event.pk, actor=CLINIC)
    assert list(WebhookEvent.objects.values()) == before
    with pytest.raises(EventUnknown):
        events.replay_event(event_id=0, actor=CLINIC)


def test_a_fault_of_ours_loses_nothing(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event stays as it came, and the sweep comes back to it."""

    def fault(**_arguments: object) -> None:
        raise ZeroDivisionError("not a word of this: payer@example.org")

    payment = begun_at(server)
    with monkeypatch.context() as broken:
        broken.setattr(events, "settle", fault)
        tell_all(server, server.pay(payment.provider_reference))
    stuck = WebhookEvent.objects.filter(status=EventStatus.RECEIVED)
    assert {event.error for event in stuck} == {"fault: ZeroDivisionError"}
    assert state_of(payment)[0] == PaymentStatus.PENDING
    WebhookEvent.objects.filter(try_at__isnull=False).update(try_at=timezone.now())
    reconcile_payments(actor=CLINIC)
    assert states() <= {EventStatus.APPLIED, EventStatus.IGNORED}
    assert state_of(payment) == (PaymentStatus.PAID, AppointmentStatus.CONFIRMED)
    sound()


def test_a_refund_of_ours_that_is_told_before_its_answer_is_the_same_refund(server: Any) -> None:
    payment = begun_at(server)
    tell_all(server, server.pay(payment.provider_reference))
    refund = refunded(payment, "15.00")
    heard = len(server.events)
    send_refunds(actor=CLINIC)
    tell_all(server, server.events[heard:])
    refund.refresh_from_db()
    assert refund.status == RefundStatus.SUCCEEDED
    assert payment.refunds.count() == 1
    assert state_of(payment)[0] == PaymentStatus.PARTIALLY_REFUNDED
    sound()


def test_a_refusal_of_the_bank_is_noted_and_another_try_may_succeed(server: Any) -> None:
    payment = begun_at(server)
    tell_all(server, server.decline(payment.provider_reference))
    assert state_of(payment)[1] == AppointmentStatus.PENDING
    assert payment.failure
    tell_all(server, server.pay(payment.provider_reference))
    assert state_of(payment) == (PaymentStatus.PAID, AppointmentStatus.CONFIRMED)
    assert payment.failure == ""


def test_other_money_for_a_payment_that_is_paid_is_left_to_staff() -> None:
    """A provider that takes an order twice is rare; what it took must not go unseen."""
    with serving(SERVERS[1]) as razorpay:
        payment = begun_at(razorpay)
        order = dict(razorpay.orders[payment.provider_reference])
        tell_all(razorpay, razorpay.pay(payment.provider_reference))
        razorpay.orders[payment.provider_reference] = order
        tell_all(razorpay, razorpay.pay(payment.provider_reference))
        refused = WebhookEvent.objects.filter(status=EventStatus.FAILED)
        assert {event.error.partition(":")[0] for event in refused} == {"other_money"}
        assert {event.payment for event in refused} == {payment}
        assert LedgerEntry.objects.count() == 1
        sound()
