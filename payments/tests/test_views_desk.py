"""Money at the desk: taken once, with its change and its paper; handed back; only where one works. No script needed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from payments.models import LedgerEntry, Payment, PaymentPolicy, Receipt, Refund
from payments.selectors.accounts import account_of
from payments.states import EntryKind, Method, RefundStatus
from payments.tests.factories import paid_in_cash
from scheduling.models import Appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.back_office import page_of, staff
from scheduling.tests.factories import CLINIC, LocationFactory, PatientFactory, SlotFactory, book, in_hours

pytestmark = [pytest.mark.django_db, pytest.mark.once("pages of one visit; what they do is tried below on both")]


@pytest.fixture
def visit() -> Appointment:
    return book(SlotFactory(starts_at=in_hours(60)), patient=PatientFactory())


@pytest.fixture
def client(visit: Appointment) -> Client:
    return staff(Role.RECEPTION, visit.location)


def address(visit: Appointment) -> str:
    return reverse("payments:desk_pay", args=[visit.pk])


def form_of(client: Client, visit: Appointment) -> dict[str, Any]:
    """What a browser would send of the page as it is now, the button left out."""
    said = client.get(address(visit)).content.decode()
    operation = re.search(r'name="operation" value="([^"]+)"', said)
    amount = re.search(r'name="amount" value="([^"]+)"', said)
    assert operation is not None
    assert amount is not None
    return {"operation": operation[1], "amount": amount[1], "method": "cash", "given": "", "proof": ""}


def test_cash_is_taken_with_its_change_and_its_receipt(visit: Appointment, client: Client) -> None:
    asked = form_of(client, visit)
    assert asked["amount"] == "60.00"
    reckoned = client.post(address(visit), {**asked, "given": "100", "do": "reckon"}).content.decode()
    assert "Change: £40.00" in reckoned
    assert f'value="{asked["operation"]}"' in reckoned
    assert not Payment.objects.exists()
    said = client.post(address(visit), {**asked, "given": "100", "do": "take"}, follow=True).content.decode()
    payment, receipt = Payment.objects.get(), Receipt.objects.get()
    assert (payment.method, payment.captured) == (Method.CASH, 60)
    assert payment.received_by == User.objects.get(pk=client.session["_auth_user_id"])
    assert "Change: £40.00" in said
    assert reverse("payments:desk_receipt", args=[receipt.pk]) in said
    assert "Take the money" not in said


def test_pressed_twice_it_is_taken_once(visit: Appointment, client: Client) -> None:
    asked = {**form_of(client, visit), "do": "take"}
    answers = [client.post(address(visit), asked) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Payment.objects.count() == 1


def test_the_same_press_with_another_amount_is_no_second_payment(visit: Appointment, client: Client) -> None:
    asked = {**form_of(client, visit), "do": "take", "amount": "20"}
    client.post(address(visit), asked)
    answer = client.post(address(visit), {**asked, "amount": "30"})
    assert answer.status_code == 409
    assert "already begun" in answer.content.decode()
    assert Payment.objects.get().captured == 20


def test_a_card_needs_the_number_of_its_slip(visit: Appointment, client: Client) -> None:
    asked = {**form_of(client, visit), "do": "take", "method": "card"}
    refused = client.post(address(visit), asked)
    assert refused.status_code == 400
    assert "Enter the number of the slip" in refused.content.decode()
    client.post(address(visit), {**asked, "proof": "0042 8311"})
    assert Payment.objects.get().proof == "0042 8311"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "60.01"},
        {"amount": "0"},
        {"amount": "1.001"},
        {"amount": "1e20"},
        {"amount": "NaN"},
        {"amount": ""},
        {"given": "59"},
        {"given": "Infinity"},
        {"method": "bank_transfer"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said_and_nothing_is_taken(
    visit: Appointment, client: Client, wrong: dict[str, str]
) -> None:
    answer = client.post(address(visit), {**form_of(client, visit), "do": "take", **wrong})
    assert answer.status_code == 400
    assert "There is a problem" in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_part_leaves_the_rest_outstanding(visit: Appointment, client: Client) -> None:
    client.post(address(visit), {**form_of(client, visit), "do": "take", "amount": "20"})
    assert form_of(client, visit)["amount"] == "40.00"


def test_where_no_cash_is_taken_none_is_offered(visit: Appointment, client: Client) -> None:
    PaymentPolicy.objects.create(location=visit.location, takes_cash=False)
    assert 'value="cash"' not in client.get(address(visit)).content.decode()
    assert client.post(address(visit), {**form_of(client, visit), "do": "take"}).status_code == 400


def test_cash_is_handed_back_once_with_its_reason_and_its_credit_note(visit: Appointment, client: Client) -> None:
    payment = paid_in_cash(visit)
    shown = client.get(address(visit)).content.decode()
    operation = re.search(r'name="operation" value="([^"]+)"', shown)
    assert operation is not None
    name = f"back-{payment.pk}"
    body = {"do": "hand_back", "payment": payment.pk, "operation": operation[1], f"{name}-amount": "60.00"}
    refused = client.post(address(visit), body)
    assert (refused.status_code, Refund.objects.count()) == (400, 0)
    assert "Say why" in refused.content.decode()
    for _press in range(2):
        answer = client.post(address(visit), {**body, f"{name}-words": "Doctor was ill"}, follow=True)
    refund = Refund.objects.get()
    assert (refund.status, refund.amount) == (RefundStatus.SUCCEEDED, 60)
    assert refund.paid_back_by is not None
    assert LedgerEntry.objects.filter(kind=EntryKind.REFUND).count() == 1
    assert "Print credit note" in answer.content.decode()


def test_what_was_not_cash_does_not_go_back_over_the_counter(visit: Appointment, client: Client) -> None:
    client.post(address(visit), {**form_of(client, visit), "do": "take", "method": "card", "proof": "1"})
    payment = Payment.objects.get()
    body = {"do": "hand_back", "payment": payment.pk, f"back-{payment.pk}-amount": "1", f"back-{payment.pk}-words": "x"}
    assert client.post(address(visit), body).status_code == 404
    assert not Refund.objects.exists()


def test_it_opens_for_those_who_handle_the_money_of_the_place_alone(visit: Appointment) -> None:
    receipt = paid_in_cash(visit, "10").entries.get().receipt
    pages = [address(visit), reverse("payments:desk_receipt", args=[receipt.pk])]
    pages += [reverse("payments:desk_receipt_file", args=[receipt.pk]), reverse("payments:desk_money", args=[visit.pk])]
    for client in (staff(Role.RECEPTION, LocationFactory()), staff(Role.DOCTOR, visit.location)):
        assert [client.get(page).status_code for page in pages] == [404] * 4
        assert client.post(address(visit), {"do": "take", "amount": "10", "method": "cash"}).status_code == 404
    assert [staff(Role.MANAGER).get(page).status_code for page in pages] == [200] * 4
    assert [Client().get(page).status_code for page in pages] == [302] * 4
    assert account_of(visit).captured == Decimal(10)


def test_a_visit_that_moved_is_paid_where_it_is_now(visit: Appointment, client: Client) -> None:
    slot = SlotFactory(doctor=visit.doctor, location=visit.location, starts_at=in_hours(140))
    moved = reschedule_appointment(appointment_id=visit.pk, slot_id=slot.pk, actor=CLINIC)
    assert client.get(address(visit))["Location"] == address(moved)


def test_the_panel_says_how_a_visit_stands_and_leads_on(visit: Appointment, client: Client) -> None:
    panel = reverse("payments:desk_money", args=[visit.pk])
    said = client.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert "Owes £60.00" in said
    assert "<html" not in said
    assert address(visit) in said
    paid_in_cash(visit, "20")
    assert "paid £20.00 of £60.00" in client.get(panel).content.decode()
    doctor = staff(Role.DOCTOR)
    type(visit.doctor).objects.filter(pk=visit.doctor_id).update(user=doctor.session["_auth_user_id"])
    of_doctor = doctor.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert "Owes £40.00" in of_doctor
    assert address(visit) not in of_doctor


def test_it_is_reached_from_the_back_office(visit: Appointment, client: Client) -> None:
    assert reverse("payments:desk_money", args=[visit.pk]) in client.get(page_of(visit)).content.decode()
