"""A patient pays at Stripe and at Razorpay, from our page to theirs and back, through their own clients."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.actors import system
from payments.models import Payment, Refund, WebhookEvent
from payments.services.refund_sending import send_refunds
from payments.states import EventStatus, PaymentStatus, RefundStatus
from payments.tests.factories import refunded, unpaid
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import DoctorFactory, SlotFactory
from testing.payment_server import AWAY, BROKEN_AFTER
from testing.razorpay_server import RazorpayServer
from testing.stripe_server import StripeServer

pytestmark = [pytest.mark.django_db, pytest.mark.once("what is tried under load on both is tried in the storms")]

CONFIRMED = "Your appointment is confirmed"
SWEEP = system("send_refunds")


@pytest.fixture
def stripe():
    with StripeServer() as running, override_settings(**running.settings):
        yield running


@pytest.fixture
def razorpay():
    with RazorpayServer() as running, override_settings(**running.settings):
        yield running


def hear(client, server, events):
    """What webhooks are told, twice as often as needed."""
    for event in [*events, *events]:
        body, headers = server.sign(event)
        kind = headers.pop("Content-Type")
        address = reverse(f"payments:webhook_{'stripe' if isinstance(server, StripeServer) else 'razorpay'}")
        assert client.post(address, data=body, content_type=kind, headers=headers).status_code == 200


def checkout_of(visit):
    return reverse("payments:checkout", args=[visit.secret])


def test_a_card_is_declined_and_another_one_pays_at_stripe(client, stripe):
    visit = unpaid()
    shown = client.get(checkout_of(visit))
    assert f"form-action 'self' {stripe.origin}" in shown["Content-Security-Policy"]
    answer = client.post(checkout_of(visit), {"method": "card"})
    [session] = stripe.sessions.values()
    assert (answer.status_code, answer["Location"]) == (303, session["url"])
    assert (session["amount_total"], session["currency"]) == (6000, "gbp")
    hear(client, stripe, stripe.decline(session["id"]))
    page = session["success_url"].removeprefix("http://testserver")
    assert "not enough money" in client.get(page).content.decode()
    hear(client, stripe, stripe.pay(session["id"]))
    payment = Payment.objects.get()
    visit.refresh_from_db()
    assert (payment.status, payment.provider_payment) == (PaymentStatus.PAID, session["payment_intent"])
    assert visit.status == AppointmentStatus.CONFIRMED
    assert CONFIRMED in client.get(page).content.decode()
    assert not WebhookEvent.objects.exclude(status__in=[EventStatus.APPLIED, EventStatus.IGNORED]).exists()
    assert not WebhookEvent.objects.exclude(times_received=2).exists()
    refund = refunded(payment, "20")
    stripe.decide = lambda asked: BROKEN_AFTER if (asked.method, asked.path) == ("POST", "/v1/refunds") else None
    send_refunds(actor=SWEEP)
    Refund.objects.update(try_at=timezone.now(), claimed_until=None)
    send_refunds(actor=SWEEP)
    hear(client, stripe, stripe.events[-2:])
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.provider_refund) == (RefundStatus.SUCCEEDED, next(iter(stripe.refunds)))
    assert (len(stripe.refunds), payment.refunded, payment.status) == (1, 20, PaymentStatus.PARTIALLY_REFUNDED)


def test_upi_is_paid_at_razorpay_which_the_browser_reaches_by_a_form_and_leaves_by_one(client, razorpay):
    visit = unpaid(SlotFactory(doctor=DoctorFactory(currency="INR")))
    answer = client.post(checkout_of(visit), {"method": "upi"})
    assert f"form-action 'self' {razorpay.origin}" in answer["Content-Security-Policy"]
    said = answer.content.decode()
    form = re.search(rf'<form method="post" action="{razorpay.origin}/v1/checkout/embedded".*?</form>', said, re.DOTALL)
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form[0]))
    [order] = razorpay.orders.values()
    assert (fields["order_id"], fields["amount"], fields["prefill[method]"]) == (
        order["id"],
        str(order["amount"]),
        "upi",
    )
    razorpay.pay(order["id"])
    back = unescape(fields["callback_url"]).removeprefix("http://testserver")
    page = client.post(back, razorpay.callback(order["id"]))["Location"]
    assert CONFIRMED in client.get(page).content.decode()  # asked for: no webhook has come
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CONFIRMED
    hear(client, razorpay, razorpay.events)
    assert not WebhookEvent.objects.exclude(status__in=[EventStatus.APPLIED, EventStatus.IGNORED]).exists()
    payment = Payment.objects.get()
    refunded(payment)
    send_refunds(actor=SWEEP)
    payment.refresh_from_db()
    assert (payment.status, len(razorpay.refunds)) == (PaymentStatus.REFUNDED, 1)


def test_a_provider_that_is_away_is_said_and_another_try_goes_on(client, stripe):
    visit = unpaid()
    stripe.faults.append(AWAY)
    answer = client.post(checkout_of(visit), {"method": "card"})
    assert answer.status_code == 503
    assert "cannot reach the payment service" in answer.content.decode()
    assert client.post(checkout_of(visit), {"method": "card"}).status_code == 303
    assert len(stripe.sessions) == 1
