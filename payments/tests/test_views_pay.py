"""The pages on which a patient pays."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.models import Payment, SandboxSession, WebhookEvent
from payments.providers.contract import Refunded
from payments.providers.sandbox_cards import CARDS
from payments.providers.sandbox_page import LATE, pay
from payments.services.settling import settle
from payments.states import EventStatus, Method, PaymentStatus, Terms
from payments.tests.factories import begin, paid, paid_in_cash, policy, refunded, unpaid
from payments.views.payment import LOOKS_FOR
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, DoctorFactory, LocationFactory, SlotFactory, book, in_hours

pytestmark = [pytest.mark.django_db, pytest.mark.once("what pages say comes of the same queries of both databases")]


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.PAYMENTS_SANDBOX = True


def checkout_of(visit: Appointment) -> str:
    return reverse("payments:checkout", args=[visit.secret])


def page_of(payment: Payment) -> str:
    return reverse("payments:payment", args=[payment.appointment.secret, payment.pk])


def read(client: Client, path: str, status: int = 200) -> str:
    """The words of a page."""
    answer = client.get(path)
    assert answer.status_code == status
    return words(answer)


def words(answer: Any) -> str:
    body = re.sub(r"<template.*?</template>", "", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def at_bank(**rules: Any) -> Appointment:
    """A booking far enough ahead for a transfer, where there is an account."""
    rules = {"account_holder": "Harbour Clinic", "account_number": "GB33BUKB20201555555555", **rules}
    return unpaid(SlotFactory(starts_at=in_hours(24 * 9)), **rules)


# --- Checkout ------------------------------------------------------------------------------


def test_looking_begins_nothing(client: Client) -> None:
    visit = unpaid()
    said = read(client, checkout_of(visit))
    assert "Pay £60.00" in said
    assert "We keep this time for you until" in said
    assert not Payment.objects.exists()


def test_a_deposit_says_what_is_left_for_the_clinic(client: Client) -> None:
    visit = unpaid(terms=Terms.DEPOSIT, deposit=Decimal(20))
    said = read(client, checkout_of(visit))
    assert "Pay £20.00" in said
    assert "The other £40.00 you pay at the clinic." in said


def test_one_press_leads_to_the_provider_and_keeps_the_time(client: Client) -> None:
    visit = unpaid()
    before = visit.expires_at
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        answer = client.post(checkout_of(visit), {"method": "card"})
    assert (answer.status_code, answer["Location"]) == (
        303,
        reverse("payments:sandbox", args=[SandboxSession.objects.get().reference]),
    )
    visit.refresh_from_db()
    assert visit.expires_at > before + timedelta(minutes=9)


def test_two_presses_and_two_tabs_are_one_payment(client: Client) -> None:
    visit = unpaid()
    key = re.search(r'name="request_key" value="([^"]+)"', client.get(checkout_of(visit)).content.decode())[1]
    pages = [client.post(checkout_of(visit), {"method": "card", "request_key": key})["Location"] for _press in "ab"]
    pages.append(client.post(checkout_of(visit), {"method": "card"})["Location"])
    assert len({*pages}) == 1
    assert Payment.objects.count() == 1
    assert "You have begun to pay already" in read(client, checkout_of(visit))


def test_another_way_on_the_same_page_is_another_payment(client: Client) -> None:
    visit = at_bank()
    key = "6f1b0d3c-0000-4000-8000-000000000001"
    client.post(checkout_of(visit), {"method": "card", "request_key": key})
    answer = client.post(checkout_of(visit), {"method": "bank_transfer", "request_key": key}, follow=True)
    assert "Make the bank transfer" in words(answer)
    assert list(Payment.objects.order_by("pk").values_list("method", "status")) == [
        ("card", PaymentStatus.CANCELLED),
        ("bank_transfer", PaymentStatus.PENDING),
    ]


@pytest.mark.parametrize("method", ["", "cash", "gold", "upi"])
def test_a_way_that_is_not_offered_is_a_mistake_with_a_summary(client: Client, method: str) -> None:
    visit = at_bank()
    answer = client.post(checkout_of(visit), {"method": method, "amount": "0.01"})
    assert answer.status_code == 400
    assert "There is a problem" in words(answer)
    assert '<a href="#id_method_0">' in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_booking_that_ran_out_is_said_and_another_offered(client: Client) -> None:
    visit = unpaid()
    with time_machine.travel(visit.expires_at + timedelta(seconds=1)):
        for answer in (client.get(checkout_of(visit)), client.post(checkout_of(visit), {"method": "card"})):
            assert "The time to pay has run out" in words(answer)
            assert "Book again with" in words(answer)
    assert not Payment.objects.exists()


def test_nothing_to_pay_is_said(client: Client) -> None:
    free = book(SlotFactory(doctor=DoctorFactory(consultation_fee=0)))
    assert "There is nothing to pay" in read(client, checkout_of(free))
    payment = paid()
    assert "You have paid £60.00" in read(client, checkout_of(payment.appointment))


def test_where_nobody_pays_online_the_clinic_takes_it(client: Client, settings: Any) -> None:
    settings.PAYMENTS_SANDBOX = False
    assert "Please pay it at the clinic." in read(client, checkout_of(book()))


def test_what_is_left_can_be_paid_after_the_visit(client: Client) -> None:
    visit = book()
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.COMPLETED)
    assert "Pay £60.00" in read(client, checkout_of(visit))
    client.post(checkout_of(visit), {"method": "card"})
    pay(SandboxSession.objects.get(), CARDS["visa"])
    assert "Thank you: it is paid" in read(client, page_of(Payment.objects.get()))


# --- The page of a payment ------------------------------------------------------------------------------


def session_of(payment: Payment) -> SandboxSession:
    return SandboxSession.objects.get(key=payment.key)


def test_the_provider_is_asked_not_the_browser(client: Client) -> None:
    payment = begin()
    said = read(client, page_of(payment) + "?status=paid&session_id=x")
    assert "We are waiting for your bank" in said
    assert "Go on paying" in said
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING


def test_the_sandbox_tells_the_clinic_by_itself(client: Client) -> None:
    payment = begin()
    client.post(reverse("payments:sandbox", args=[session_of(payment).reference]), {"outcome": "visa"})
    event = WebhookEvent.objects.get()
    assert (event.status, event.payment) == (EventStatus.APPLIED, payment)
    assert Appointment.objects.get().status == AppointmentStatus.CONFIRMED


def test_what_was_paid_is_confirmed_when_the_payer_comes_back(client: Client) -> None:
    payment = begin()
    pay(session_of(payment), CARDS["visa"])
    said = read(client, page_of(payment))
    assert "Your appointment is confirmed" in said
    assert Appointment.objects.get().status == AppointmentStatus.CONFIRMED


def test_a_refusal_is_said_in_plain_words_with_a_way_on(client: Client) -> None:
    payment = begin(at_bank())
    pay(session_of(payment), CARDS["poor"])
    said = read(client, page_of(payment))
    assert "there is not enough money" in said
    assert "Nothing was taken." in said
    assert "Try again" in said
    assert "Choose another way to pay" in said


def test_the_page_looks_by_itself_and_is_read_anew_when_something_came(client: Client) -> None:
    payment = begin()
    body = client.get(page_of(payment)).content.decode()
    asks = re.search(r'hx-get="([^"]+)"', body)[1].replace("&amp;", "&")
    headers = {"HX-Request": "true"}
    quiet = client.get(asks, headers=headers)
    assert (quiet.status_code, quiet.headers.get("HX-Refresh")) == (204, None)
    pay(session_of(payment), CARDS["late"])
    with time_machine.travel(timezone.now() + LATE):
        assert client.get(asks, headers=headers)["HX-Refresh"] == "true"


def test_a_page_that_was_left_open_has_nobody_asked(client: Client) -> None:
    payment = begin()
    pay(session_of(payment), CARDS["visa"])
    with time_machine.travel(timezone.now() + LOOKS_FOR + timedelta(minutes=1)):
        client.get(page_of(payment), headers={"HX-Request": "true"})
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.PENDING
        assert "Thank you: it is paid" in read(client, page_of(payment))


def test_a_payment_that_the_provider_did_not_begin_blames_no_bank(client: Client) -> None:
    payment = begin()
    Payment.objects.update(page="", status=PaymentStatus.FAILED, failure="no such currency")
    assert "The payment service did not begin the payment." in read(client, page_of(payment))


def test_money_that_came_when_the_time_was_gone_is_told_honestly(client: Client) -> None:
    slot = SlotFactory()
    payment = begin(unpaid(slot))
    visit = payment.appointment
    with time_machine.travel(visit.expires_at + timedelta(minutes=20)):
        book(slot)
        session = session_of(payment)
        SandboxSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() + timedelta(minutes=1))
        pay(session_of(payment), CARDS["visa"])
        said = read(client, page_of(payment))
    assert "Your payment came too late" in said
    assert "You get £60.00 back" in said
    assert "Book again with" in said


def test_money_that_came_late_for_a_time_that_is_free_takes_it_again(client: Client) -> None:
    payment = begin()
    with time_machine.travel(payment.appointment.expires_at + timedelta(minutes=1)):
        SandboxSession.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
        assert "If your bank still pays and your time is free" in read(client, page_of(payment))
        pay(session_of(payment), CARDS["visa"])
    with time_machine.travel(payment.appointment.expires_at + timedelta(minutes=2)):
        assert "Your appointment is confirmed" in read(client, page_of(payment))


def test_a_refund_is_shown_on_the_page_of_its_payment(client: Client) -> None:
    payment = paid()
    cancel_appointment(appointment_id=payment.appointment_id, message="", actor=CLINIC)
    said = read(client, page_of(payment))
    assert "Your payment is being refunded" in said
    assert "The appointment is cancelled." in said
    assert "You get £60.00 back" in said


def test_a_refund_that_the_provider_refused_is_the_clinics_business(client: Client) -> None:
    payment = paid()
    refund = refunded(payment)
    fact = Refunded("r", refund.amount, "GBP", timezone.now(), key=refund.key, succeeded=False)
    settle(payment_id=payment.pk, facts=[fact], actor=CLINIC)
    assert "The clinic knows, and sees to it." in read(client, page_of(payment))


def test_what_is_kept_of_a_late_cancellation_is_said(client: Client) -> None:
    visit = unpaid(SlotFactory(starts_at=in_hours(5)), late_refund_percent=25)
    payment = paid(visit)
    cancel_appointment(appointment_id=visit.pk, message="", actor=VISITOR)
    assert "You paid £60.00, and get £15.00 of it back" in read(client, page_of(payment))


def test_a_transfer_says_all_that_is_written_on_it(client: Client) -> None:
    payment = begin(at_bank(), method=Method.BANK_TRANSFER)
    body = client.get(page_of(payment)).content.decode()
    groups = " ".join(payment.reference[start : start + 4] for start in (0, 4, 8))
    for said in (groups, "Harbour Clinic", "GB33BUKB20201555555555", "£60.00", f'data-copy="{payment.reference}"'):
        assert said in body
    assert 'data-copy="60.00"' in body
    with time_machine.travel(payment.appointment.expires_at + timedelta(hours=49)):
        assert "Please do not transfer anything any more" in read(client, page_of(payment))


def test_a_transfer_goes_where_it_was_asked_for_though_the_visit_moves_to_another_place(client: Client) -> None:
    payment = begin(at_bank(account_holder="First House"), method=Method.BANK_TRANSFER)
    elsewhere = SlotFactory(doctor=payment.appointment.doctor, starts_at=in_hours(24 * 10))
    policy(elsewhere.location, account_holder="Second House", account_number="GB29NWBK60161331926819")
    moved = reschedule_appointment(appointment_id=payment.appointment_id, slot_id=elsewhere.pk, actor=VISITOR)
    said = read(client, reverse("payments:payment", args=[moved.secret, payment.pk]))
    assert "First House" in said
    assert "Second House" not in said


def test_upi_has_a_code_a_link_and_a_reference(client: Client) -> None:
    place = LocationFactory()
    policy(place, upi_address="clinic@bank")
    doctor = DoctorFactory(currency="INR", consultation_fee="500.00")
    visit = book(SlotFactory(location=place, doctor=doctor, starts_at=in_hours(24 * 9)))
    payment = begin(visit, method=Method.UPI)
    body = client.get(page_of(payment)).content.decode()
    assert 'href="upi://pay?pa=clinic@bank&amp;' in body
    assert f"am=500.00&amp;cu=INR&amp;tr={payment.reference}&amp;tn={visit.number}" in body
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in body


def test_giving_up_is_a_press_and_leaves_the_choice(client: Client) -> None:
    payment = begin()
    give_up = reverse("payments:give_up", args=[payment.appointment.secret, payment.pk])
    assert client.get(give_up).status_code == 405
    said = words(client.post(give_up, follow=True))
    assert "Nothing was taken." in said
    assert "Pay £60.00" in said
    assert "Nothing was paid" in read(client, page_of(payment))


def test_a_payment_of_another_visit_is_not_shown(client: Client) -> None:
    mine, other = begin(), begin()
    path = reverse("payments:payment", args=[mine.appointment.secret, other.pk])
    assert "We do not know this payment" in read(client, path, status=404)
    give_up = reverse("payments:give_up", args=[mine.appointment.secret, other.pk])
    assert client.post(give_up).status_code == 404
    other.refresh_from_db()
    assert other.status == PaymentStatus.PENDING


# --- The panel ------------------------------------------------------------------------------


def test_the_panel_asks_for_what_was_not_paid_and_not_again_for_what_goes_back(client: Client) -> None:
    visit = unpaid(terms=Terms.DEPOSIT, deposit=Decimal(20))
    payment = paid(visit)
    paid_in_cash(visit, "30.00")
    refunded(payment, "5.00", actor=CLINIC)
    path = reverse("payments:visit_money", args=[visit.secret])
    said = words(client.get(path, headers={"HX-Request": "true"}))
    for part in ("Fee of the visit £60.00", "Paid £50.00", "On its way back to you £5.00", "Still to pay £10.00"):
        assert part in said
    assert "<html" not in client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "Pay £10.00" in read(client, path)


def test_the_panel_costs_the_same_however_often_somebody_paid(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    visit = unpaid()
    path = reverse("payments:visit_money", args=[visit.secret])
    for _try in range(4):
        payment = begin(visit)
        client.post(reverse("payments:give_up", args=[visit.secret, payment.pk]))
    with django_assert_max_num_queries(12):
        client.get(path)


def test_the_page_of_the_appointment_leads_to_its_money(client: Client) -> None:
    visit = unpaid()
    body = client.get(reverse("scheduling:appointment", args=[visit.secret])).content.decode()
    assert f'hx-get="{reverse("payments:visit_money", args=[visit.secret])}"' in body
