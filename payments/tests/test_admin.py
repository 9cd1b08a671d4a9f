"""Money in the back office: lists keep to one's own, actions ask, do each and report each, numbers find."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from payments.models import (
    DoctorTerms,
    LedgerEntry,
    Payment,
    PaymentPolicy,
    Receipt,
    Refund,
    SandboxSession,
    WebhookEvent,
)
from payments.providers.sandbox import event_of
from payments.states import EventStatus, Method, PaymentStatus, ProviderName, RefundStatus, Terms
from payments.tests.factories import begin, came, paid, paid_in_cash, refunded, unpaid
from scheduling.models import Appointment, Patient
from scheduling.tests.back_office import run_action, staff
from scheduling.tests.factories import LocationFactory, SlotFactory, book, in_hours

pytestmark = [pytest.mark.django_db, pytest.mark.once("lists and forms ask both databases alike")]

LISTS = ("payment", "refund", "webhookevent", "ledgerentry", "receipt", "paymentpolicy", "doctorterms")


@pytest.fixture(autouse=True)
def sandbox(settings) -> None:
    """Where nobody pays with real money."""
    settings.PAYMENTS_SANDBOX = True


def visit(hours: float = 100, **more: object) -> Appointment:
    return book(SlotFactory(starts_at=in_hours(hours), **more))


def transfer() -> Payment:
    """Somebody means to pay by bank transfer."""
    waits = unpaid(SlotFactory(starts_at=in_hours(200)), account_number="GB29 NWBK", transfer_hours=48)
    return begin(waits, method=Method.BANK_TRANSFER)


def desk_of(payment: Payment) -> Client:
    return staff(Role.RECEPTION, payment.location)


def listed(client: Client, model: str, **query: str) -> str:
    answer = client.get(reverse(f"admin:payments_{model}_changelist"), query)
    assert answer.status_code == 200, model
    return answer.content.decode()


def page(client: Client, row: object) -> str:
    answer = client.get(reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk]))  # type: ignore[attr-defined]
    assert answer.status_code == 200
    return answer.content.decode()


def told(payment: Payment | None, **more: object) -> WebhookEvent:
    said: dict[str, object] = {
        "provider": ProviderName.STRIPE,
        "event_id": "evt_1",
        "kind": "checkout.session.completed",
    }
    return WebhookEvent.objects.create(payment=payment, **{**said, "payload": {}, **more})


# --- Who sees what ----------------------------------------------------------------------------------------------


def test_each_list_and_page_opens_for_the_desk_of_the_place_and_no_other() -> None:
    payment = paid_in_cash(visit())
    refund = refunded(payment, "10")
    event = told(payment)
    policy = PaymentPolicy.objects.create(location=payment.location)
    terms = DoctorTerms.objects.create(doctor=payment.appointment.doctor, terms=Terms.AT_CLINIC)
    rows = [payment, refund, event, LedgerEntry.objects.get(), Receipt.objects.get(), policy, terms]
    name = payment.appointment.patient.full_name
    here, there = desk_of(payment), staff(Role.RECEPTION, LocationFactory())
    for model, row in zip(LISTS, rows, strict=True):
        address = reverse(f"admin:payments_{model}_change", args=[row.pk])
        listed(here, model)
        page(here, row)
        assert name not in listed(there, model)
        assert there.get(address).status_code == 302
        assert there.get(address, follow=True).redirect_chain[0][0] == reverse("admin:index")
        assert here.post(address, {"status": "paid", "amount": "1"}).status_code == 403
    assert name in listed(here, "payment")


def test_doctors_see_what_became_of_the_money_of_their_own_patients_and_move_none() -> None:
    payment, other = paid_in_cash(visit()), paid_in_cash(visit())
    client = staff(Role.DOCTOR, payment.location, other.location)
    user = User.objects.get(pk=client.session["_auth_user_id"])
    type(payment.appointment.doctor).objects.filter(pk=payment.appointment.doctor_id).update(user=user)
    seen = listed(client, "payment")
    assert payment.number in seen
    assert other.number not in seen
    assert "Pay back" not in page(client, payment)
    for model in ("webhookevent", "ledgerentry", "receipt", "paymentpolicy", "doctorterms"):
        assert client.get(reverse(f"admin:payments_{model}_changelist")).status_code == 403
    body = {"action": "refund", "_selected_action": [payment.pk], "confirmed": "yes", "words": "Mine"}
    client.post(reverse("admin:payments_payment_changelist"), body)
    assert not Refund.objects.exists()


def test_an_event_of_nobody_knows_which_payment_is_the_managers_to_see() -> None:
    event = told(None, status=EventStatus.FAILED, error="payment_unknown")
    assert event.kind in listed(staff(Role.MANAGER), "webhookevent")
    assert event.kind not in listed(staff(Role.RECEPTION, LocationFactory()), "webhookevent")


def test_the_sandbox_is_listed_only_where_it_takes_payments(settings) -> None:
    begin()
    manager = staff(Role.MANAGER)
    address = reverse("admin:payments_sandboxsession_changelist")
    assert manager.get(address).status_code == 200
    settings.PAYMENTS_SANDBOX = False
    assert manager.get(address).status_code == 403


def test_lists_cost_the_same_for_one_row_and_for_three(django_assert_max_num_queries) -> None:
    manager = staff(Role.MANAGER)
    costs: list[list[int]] = []
    for _again in range(2):
        for _row in range(1 if not costs else 2):
            refunded(paid_in_cash(visit()), "10")
            told(Payment.objects.latest("pk"), event_id=f"evt_{Payment.objects.count()}")
        costs.append([])
        for model in LISTS[:5]:
            listed(manager, model)
            with django_assert_max_num_queries(20) as asked:
                listed(manager, model)
            costs[-1].append(len(asked))
    assert costs[0] == costs[1]


# --- Finding ----------------------------------------------------------------------------------------------------


def test_a_payment_is_found_by_whatever_people_read_out() -> None:
    payment, _other = transfer(), paid_in_cash(visit())
    Payment.objects.filter(pk=payment.pk).update(provider_payment="pi_3Nx9-k")
    patient = payment.appointment.patient
    Patient.objects.filter(pk=patient.pk).update(last_name="Quixote", phone="+442079460777")
    client = staff(Role.MANAGER)
    reference = payment.reference or ""
    words = [payment.number, payment.number.lower(), reference, f"{reference[:4]} {reference[4:8]} {reference[8:]}"]
    words += ["pi_3Nx9-k", payment.appointment.number, patient.number, "Quixote", "020 7946 0777"]
    for word in words:
        found = re.findall(r'one-line">(PAY-\d{4}-\d{6})<', listed(client, "payment", q=word))
        assert set(found) == {payment.number}, word


def test_a_receipt_is_found_by_the_number_on_the_paper() -> None:
    first, second = paid_in_cash(visit()), paid_in_cash(visit())
    paper = Receipt.objects.get(entry__payment=first)
    for word in (paper.number, paper.number.lower(), first.number, first.appointment.number):
        found = listed(staff(Role.MANAGER), "receipt", q=word)
        assert first.appointment.number in found, word
        assert second.appointment.number not in found, word


# --- What is done -----------------------------------------------------------------------------------------------


def test_a_transfer_is_marked_as_paid_with_what_shows_it() -> None:
    payment = transfer()
    client = desk_of(payment)
    assert "Mark as paid" in page(client, payment)
    assert "What shows it" in run_action(client, "mark_paid", payment, confirmed=False)
    assert "Say what shows it" in run_action(client, "mark_paid", payment, proof=" ")
    assert Payment.objects.get().status == PaymentStatus.PENDING
    run_action(client, "mark_paid", payment, proof="Statement 7, line 12")
    now = Payment.objects.get()
    assert (now.status, now.proof, now.captured) == (PaymentStatus.PAID, "Statement 7, line 12", payment.amount)
    assert now.received_by is not None


def test_less_than_was_asked_for_is_marked_as_what_came() -> None:
    payment = transfer()
    run_action(desk_of(payment), "mark_paid", payment, proof="Line 12", amount="10")
    assert Payment.objects.get().captured == 10


def test_a_part_goes_back_with_its_reason_once_however_often_it_is_pressed() -> None:
    payment = paid_in_cash(visit())
    client = desk_of(payment)
    asked = run_action(client, "refund", payment, confirmed=False)
    key = re.search(r'name="request_key" value="([^"]+)"', asked)
    assert key is not None
    assert "Say why" in run_action(client, "refund", payment, request_key=key[1], amount="15")
    for _press in range(2):
        run_action(client, "refund", payment, request_key=key[1], amount="15", words="Came too late")
    refund = Refund.objects.get()
    assert (refund.amount, refund.words, refund.status) == (15, "Came too late", RefundStatus.PENDING)
    assert refund.decided_by is not None
    assert "Came too late" in page(client, payment)


def test_more_than_is_left_does_not_go_back() -> None:
    payment = paid_in_cash(visit())
    said = run_action(desk_of(payment), "refund", payment, amount=str(payment.amount + 1), words="All")
    assert "more than is left" in said
    assert not Refund.objects.exists()


def test_what_was_handed_out_is_marked_so_and_by_whom() -> None:
    refund = refunded(paid_in_cash(visit()))
    client = desk_of(refund.payment)
    assert refund.payment.number in listed(client, "refund", todo="by_hand")
    run_action(client, "mark_paid_back", refund, proof="Slip 12")
    refund.refresh_from_db()
    assert (refund.status, refund.proof) == (RefundStatus.SUCCEEDED, "Slip 12")
    assert "−£60.00" in listed(client, "ledgerentry")
    assert refund.paid_back_by is not None
    assert refund.payment.number not in listed(client, "refund", todo="by_hand")


def test_what_a_provider_refused_is_tried_again() -> None:
    refund = refunded(paid())
    Refund.objects.filter(pk=refund.pk).update(status=RefundStatus.FAILED, error="no balance", try_at=None)
    Payment.objects.update(refunding=0)
    client = desk_of(refund.payment)
    assert "no balance" in page(client, refund)
    assert refund.payment.number in listed(client, "refund", todo="refused")
    run_action(client, "try_again", refund)
    refund.refresh_from_db()
    assert (refund.status, refund.try_at is not None) == (RefundStatus.PENDING, True)


def test_a_provider_is_asked_now() -> None:
    payment = begin()
    client = desk_of(payment)
    assert "Ask the provider now" in page(client, payment)
    Payment.objects.update(ask_at=None)
    assert "1 of 1 was done" in run_action(client, "ask_provider", payment)
    assert Payment.objects.get().asked_at is not None


def test_an_event_is_read_and_applied_again() -> None:
    payment = begin()
    body, _signature = event_of(SandboxSession.objects.get(), came(payment))
    event = told(None, provider=ProviderName.SANDBOX, payload=json.loads(body), status=EventStatus.FAILED, error="Why")
    client = staff(Role.MANAGER)
    shown = page(client, event)
    assert "&quot;reference&quot;: &quot;" in shown
    assert "Apply again" in shown
    run_action(client, "replay", event)
    assert Payment.objects.get().status == PaymentStatus.PAID
    assert "Apply again" not in page(client, event)


def test_actions_reach_no_money_of_other_places() -> None:
    payment = transfer()
    elsewhere = staff(Role.RECEPTION, LocationFactory())
    for action in ("mark_paid", "refund", "ask_provider"):
        body = {"action": action, "_selected_action": [payment.pk], "confirmed": "yes", "proof": "x", "words": "x"}
        elsewhere.post(reverse("admin:payments_payment_changelist"), body)
    assert Payment.objects.get().status == PaymentStatus.PENDING


def test_managers_set_the_rules_and_are_told_what_is_not_set_up() -> None:
    location = LocationFactory()
    manager, add = staff(Role.MANAGER), reverse("admin:payments_paymentpolicy_add")
    rules = {"location": location.pk, "terms": "deposit", "deposit": "0", "pay_minutes": "15", "transfer_hours": "48"}
    rules |= {"free_follow_up_days": "0", "refund_notice_hours": "24", "late_refund_percent": "0", "takes_card": "on"}
    assert "Say how much the deposit is" in manager.post(add, rules).content.decode()
    assert manager.post(add, rules | {"deposit": "20", "takes_bank_transfer": "on"}).status_code == 302
    policy = PaymentPolicy.objects.get()
    assert policy.deposit == Decimal(20)
    shown = page(manager, policy)
    assert "Providers: Sandbox" in shown
    assert "no account number" in shown
    assert staff(Role.RECEPTION, location).get(add).status_code == 403
    assert staff(Role.DOCTOR, location).get(reverse("admin:payments_paymentpolicy_changelist")).status_code == 403
