"""Paying, and what staff do with payments, by programs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from payments.models import LedgerEntry, Payment, PaymentPolicy, Receipt, Refund
from payments.providers.contract import TryLater
from payments.tests.factories import begin, paid, paid_in_cash, policy, refunded, unpaid
from scheduling.models import Appointment
from scheduling.tests.api import ByLink, Program, names, program_of, refused
from scheduling.tests.factories import LocationFactory, PatientFactory, SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db

BANK = {"account_holder": "Clinic Ltd", "account_number": "GB33BUKB20201555555555", "bank_name": "BUKBGB22"}
CARD = {"method": "card"}
TRANSFER = {"method": "bank_transfer"}
OF_STAFF = {"provider", "provider_reference", "proof"}


def pay(program: Program, visit: Appointment, body: dict[str, Any] | None = None, **more: Any) -> Any:
    return program.post(f"appointments/{visit.pk}/payments/", body or {"method": "bank_transfer"}, **more)


def owed(**rules: Any) -> Appointment:
    """A booking days ahead, that is to be paid and may be by transfer."""
    slot = SlotFactory(starts_at=in_hours(24 * 9))
    return unpaid(slot, **BANK, **rules)


def came(visit: Appointment) -> Payment:
    """A transfer whose money has come."""
    return paid(visit, **TRANSFER)


def test_a_transfer_has_a_reference_and_says_where_to():
    visit = owed()
    answer = pay(ByLink(visit), visit, key="the-same-key")
    said = answer.json()
    assert answer["Location"] == f"/api/v1/payments/{said['id']}/"
    assert answer["ETag"] == ByLink(visit).get(f"payments/{said['id']}/")["ETag"]
    assert pay(ByLink(visit), visit, key="the-same-key").json() == said
    assert said["reference"] == Payment.objects.get().reference
    assert said["pay_to"] == {**BANK, "upi_address": ""}
    assert (said["status"], said["amount"], said["currency"]) == ("pending", f"{visit.fee:.2f}", visit.currency)
    assert not OF_STAFF & said.keys()
    assert (said["page"], said["form"]) == (None, None)


def test_the_patients_side_begins_to_pay_what_is_due_and_is_sent_to_the_providers_page(settings):
    settings.PAYMENTS_SANDBOX = True
    visit = owed()
    answer = pay(ByLink(visit), visit, CARD)
    said = answer.json()
    assert answer.status_code == 201, said
    payment = Payment.objects.get()
    assert answer["Location"] == f"/api/v1/payments/{payment.pk}/"
    assert (said["status"], said["amount"], said["currency"]) == ("pending", f"{visit.fee:.2f}", visit.currency)
    assert said["page"] == payment.page
    assert "/sandbox/" in said["page"]
    assert not OF_STAFF & said.keys()
    assert answer["ETag"] == ByLink(visit).get(f"payments/{payment.pk}/")["ETag"]


def test_a_key_begins_one_payment_and_asks_the_provider_again_where_that_did_not_answer(monkeypatch, settings):
    settings.PAYMENTS_SANDBOX = True
    visit = owed()
    monkeypatch.setattr("payments.services.starting.provider_of", _nobody_answers)
    refused(pay(ByLink(visit), visit, CARD, key="the-same-key"), 503, "provider_unavailable")
    monkeypatch.undo()
    again = pay(ByLink(visit), visit, CARD, key="the-same-key")
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.json()["page"] == Payment.objects.get().page != ""
    refused(pay(ByLink(visit), visit, {"method": "bank_transfer"}, key="the-same-key"), 409, "key_reused")


def _nobody_answers(name: str) -> Any:
    raise TryLater("away")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "method", "required"),
        ({"method": "gold"}, "method", "invalid_choice"),
        ({"method": "card", "amount": "1.00"}, "amount", "superfluous"),
        ({"method": "card", "proof": "x"}, "proof", "superfluous"),
        ({"method": "cash", "at_desk": True}, "amount", "required"),
        ({"method": "cash", "at_desk": True, "amount": 60}, "amount", "invalid"),
        ({"method": "card", "currency": "XXX"}, "currency", "unknown_field"),
        ({"method": "card", "card_number": "4242424242424242"}, "card_number", "unknown_field"),
    ],
)
@pytest.mark.once("bodies are refused before any database is asked")
def test_what_nobody_may_say_is_refused_by_its_name(body: dict[str, Any], field: str, code: str):
    visit = owed()
    answer = ByLink(visit).post(f"appointments/{visit.pk}/payments/", body)
    refused(answer, 400, code)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Payment.objects.exists()


def test_a_way_that_is_not_offered_and_a_visit_that_is_paid_are_refused():
    visit = owed()
    refused(pay(ByLink(visit), visit, {"method": "netbanking"}), 409, "method_not_offered")
    refused(pay(ByLink(visit), visit, {"method": "cash"}), 409, "method_not_offered")
    came(visit)
    refused(pay(ByLink(visit), visit), 409, "nothing_due")


def test_the_desk_writes_down_what_it_was_given():
    visit = owed()
    desk = program_of(Role.RECEPTION, visit.location)
    body = {"method": "card", "at_desk": True, "amount": f"{visit.fee:.2f}"}
    refused(pay(desk, visit, body), 400, "proof_missing")
    said = pay(desk, visit, body | {"proof": "Slip 12"}, key="desk-key-1").json()
    assert pay(desk, visit, body | {"proof": "Slip 12"}, key="desk-key-1").json()["id"] == said["id"]
    assert (said["status"], said["captured"], said["provider"], said["proof"]) == (
        "paid",
        f"{visit.fee:.2f}",
        "desk",
        "Slip 12",
    )
    assert [receipt["kind"] for receipt in said["receipts"]] == ["capture"]
    assert LedgerEntry.objects.count() == 1
    assert AuditEntry.objects.filter(verb="payment.take_at_desk", actor=f"user:{desk.user.pk}").exists()


def test_nobody_else_takes_money_at_a_desk():
    visit = owed()
    body = {"method": "cash", "at_desk": True, "amount": f"{visit.fee:.2f}"}
    refused(pay(ByLink(visit), visit, body), 403, "not_permitted")
    refused(pay(ByLink(visit, program_of(Role.RECEPTION, visit.location).user), visit, body), 403, "not_permitted")
    elsewhere = program_of(Role.RECEPTION, LocationFactory())
    refused(pay(elsewhere, visit, body), 404, "not_found")
    doctor = program_of(Role.DOCTOR)
    visit.doctor.user = doctor.user
    visit.doctor.save()
    refused(pay(doctor, visit, body), 403, "not_permitted")
    assert not Payment.objects.exists()


def test_how_a_visit_stands_and_how_it_may_be_paid():
    visit = owed()
    answer = ByLink(visit).get(f"appointments/{visit.pk}/payments/")
    said = answer.json()
    assert said["account"]["due_now"] == said["account"]["fee"] == f"{visit.fee:.2f}"
    assert said["offers"] == [TRANSFER]
    assert said["payments"] == []
    payment = came(visit)
    assert ByLink(visit).get(f"appointments/{visit.pk}/payments/").json()["offers"] == []
    refund = refunded(payment, "5.00")
    after = ByLink(visit).get(f"appointments/{visit.pk}/payments/").json()
    assert (after["account"]["status"], after["account"]["refunding"]) == ("paid", "5.00")
    shown = after["payments"][0]
    assert (shown["id"], shown["refunds"][0]["id"], shown["refunds"][0]["reason"]) == (payment.pk, refund.pk, "staff")
    assert refund.words not in str(after)
    desk = program_of(Role.RECEPTION, visit.location).get(f"appointments/{visit.pk}/payments/").json()
    assert desk["payments"][0]["refunds"][0]["words"] == refund.words
    assert (desk["payments"][0]["page"], desk["payments"][0]["provider"]) == (None, "bank")


def test_a_visits_money_is_asked_for_as_often_for_many_payments_as_for_one(django_assert_num_queries):
    visit = owed()
    program = program_of(Role.RECEPTION, visit.location)

    def asked(number: int) -> None:
        with django_assert_num_queries(number):
            assert program.get(f"appointments/{visit.pk}/payments/").status_code == 200

    refunded(paid_in_cash(visit, "5.00"), "5.00")
    program.get("payments/")  # the first request of a session asks more
    asked(QUERIES_OF_A_VISIT)
    paid_in_cash(visit, "2.00")
    refunded(paid_in_cash(visit, "1.00"), "1.00")
    begin(visit, **TRANSFER)
    asked(QUERIES_OF_A_VISIT + 1)  # what the transfer goes to


QUERIES_OF_A_VISIT = 15


def test_staff_pay_back_and_say_why():
    visit = owed()
    payment = came(visit)
    desk = program_of(Role.RECEPTION, visit.location)
    body = {"amount": "5.00", "words": "Shorter than planned"}
    answer = desk.post(f"payments/{payment.pk}/refund/", body, key="refund-key")
    said = answer.json()
    assert (answer.status_code, said["status"], said["words"]) == (201, "pending", body["words"])
    assert desk.post(f"payments/{payment.pk}/refund/", body, key="refund-key").json()["id"] == said["id"]
    assert Refund.objects.count() == 1
    refused(desk.post(f"payments/{payment.pk}/refund/", body | {"amount": "99.00"}), 409, "refund_too_high")
    refused(desk.post(f"payments/{payment.pk}/refund/", body | {"amount": "0.00"}), 400, "wrong_amount", "amount")
    refused(desk.post(f"payments/{payment.pk}/refund/", {"amount": "1.00"}), 400, "required", "words")
    refused(desk.post(f"payments/{begin(owed(), **TRANSFER).pk}/refund/", body), 404, "not_found")


def test_cash_that_goes_back_over_the_desk_is_settled_at_once():
    visit = owed()
    payment = paid_in_cash(visit)
    desk = program_of(Role.RECEPTION, visit.location)
    body = {"amount": f"{visit.fee:.2f}", "words": "Too long a wait", "proof": "Handed out"}
    assert desk.post(f"payments/{payment.pk}/refund/", body).json()["status"] == "succeeded"
    said = desk.get(f"payments/{payment.pk}/").json()
    assert (said["status"], [receipt["kind"] for receipt in said["receipts"]]) == ("refunded", ["capture", "refund"])


def test_staff_enter_that_a_transfer_has_come():
    visit = owed()
    payment = begin(visit, **TRANSFER)
    desk = program_of(Role.RECEPTION, visit.location)
    refused(desk.post(f"payments/{payment.pk}/mark-paid/", {}), 400, "required", "proof")
    said = desk.post(f"payments/{payment.pk}/mark-paid/", {"proof": "Line 4"}).json()
    assert (said["status"], said["proof"], said["pay_to"]) == ("paid", "Line 4", None)
    visit.refresh_from_db()
    assert visit.status == "confirmed"
    refused(desk.post(f"payments/{payment.pk}/mark-paid/", {"proof": "x"}), 409, "wrong_payment_state")


@pytest.mark.once("who may see what is asked with the same queries of both databases")
def test_payments_and_receipts_are_told_to_whom_they_concern():
    family = UserFactory()
    slot = SlotFactory(starts_at=in_hours(24 * 9))
    policy(slot.location, **BANK)
    visit = book(slot, patient=PatientFactory(user=family))
    payment = came(visit)
    receipt, other = Receipt.objects.get(), owed()
    doctor = program_of(Role.DOCTOR)
    visit.doctor.user = doctor.user
    visit.doctor.save()
    desk = program_of(Role.RECEPTION, visit.location)
    may = [ByLink(visit), Program(family), desk, doctor, program_of(Role.MANAGER)]
    may_not = [Program(), ByLink(other), Program(UserFactory()), program_of(Role.DOCTOR)]
    may_not += [program_of(Role.RECEPTION, other.location)]
    for path in (f"payments/{payment.pk}/", f"receipts/{receipt.pk}/", f"appointments/{visit.pk}/payments/"):
        assert [program.get(path).status_code for program in may] == [200] * len(may), path
        for program in may_not:
            refused(program.get(path), 404, "not_found")
    assert [names(program.get("payments/")) for program in may[2:]] == [[payment.pk]] * 3
    assert names(program_of(Role.RECEPTION, other.location).get("payments/")) == []
    refused(Program(family).get("payments/"), 403, "permission_denied")
    refused(doctor.post(f"payments/{payment.pk}/refund/", {"amount": "1.00", "words": "x"}), 403, "permission_denied")
    elsewhere = program_of(Role.RECEPTION, other.location)
    refused(elsewhere.post(f"payments/{payment.pk}/refund/", {"amount": "1.00", "words": "x"}), 404, "not_found")
    refused(elsewhere.post(f"payments/{payment.pk}/mark-paid/", {"proof": "x"}), 404, "not_found")


def test_a_receipt_keeps_the_words_it_was_written_with():
    visit = owed()
    came(visit)
    receipt = Receipt.objects.get()
    said = ByLink(visit).get(f"receipts/{receipt.pk}/").json()
    assert (said["number"], said["kind"], said["amount"]) == (receipt.number, "capture", f"{visit.fee:.2f}")
    assert said["url"].endswith(f"/a/{visit.secret}/receipts/{receipt.pk}/")
    assert ByLink(visit).client.get(said["url"]).status_code == 200
    assert program_of(Role.MANAGER).get(f"receipts/{receipt.pk}/").json()["url"] is None
    assert (said["payer"], said["visit_number"]) == (visit.patient.full_name, visit.number)


@pytest.mark.once("filters are ours, and the same on both databases")
def test_payments_are_narrowed_by_state_place_and_day():
    there, waits = came(owed()), begin(owed(), **TRANSFER)
    manager = program_of(Role.MANAGER)
    day = there.created_at.astimezone(there.location.zone).date().isoformat()
    assert names(manager.get("payments/")) == [waits.pk, there.pk]
    assert names(manager.get("payments/", status="paid")) == [there.pk]
    assert names(manager.get("payments/", location=waits.location_id)) == [waits.pk]
    assert names(manager.get("payments/", date=day)) == [waits.pk, there.pk]
    assert names(manager.get("payments/", date="2020-01-01")) == []
    refused(manager.get("payments/", status="lost"), 400, "invalid_choice", "status")


def test_the_list_asks_as_often_for_many_as_for_one(django_assert_num_queries):
    manager = program_of(Role.MANAGER)
    came(owed())
    manager.get("payments/")  # the first request of a session asks more
    with django_assert_num_queries(4):
        assert len(names(manager.get("payments/"))) == 1
    for _more in range(3):
        begin(owed(), **TRANSFER)
    with django_assert_num_queries(4):
        assert len(names(manager.get("payments/"))) == 4


def test_a_free_visit_has_nothing_to_pay():
    slot = SlotFactory(doctor__consultation_fee=Decimal(0))
    visit = book(slot)
    said = ByLink(visit).get(f"appointments/{visit.pk}/payments/").json()
    assert (said["account"]["status"], said["offers"]) == ("not_due", [])
    refused(pay(ByLink(visit), visit), 409, "nothing_due")
    assert not PaymentPolicy.objects.exists()
