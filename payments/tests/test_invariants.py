"""Every drift of money is found: each is made by breaking a row by hand, past the rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from accounts.models import AuditEntry
from payments import invariants
from payments.models import LedgerEntry, Payment, Receipt, ReceiptCounter, Refund, WebhookEvent
from payments.services.refunds import mark_refunded
from payments.states import EventStatus, PaymentStatus
from payments.tests.factories import paid_in_cash, refunded, unpaid
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours
from testing.flushing import drop_triggers

pytestmark = pytest.mark.django_db


def codes() -> list[str]:
    return sorted({drift.code for drift in invariants.check()})


def paid() -> Payment:
    """Money that came, of which some went back and some is about to."""
    payment = paid_in_cash(book())
    mark_refunded(refund_id=refunded(payment, "10.00").pk, proof="in notes", actor=CLINIC)
    refunded(payment, "5.00")
    return Payment.objects.get(pk=payment.pk)


def test_a_whole_life_of_money_is_sound():
    payment = paid()
    paid_in_cash(book(), "30.00")
    cancel_appointment(appointment_id=payment.appointment_id, actor=CLINIC)
    for refund in Refund.objects.filter(settled_at=None):
        mark_refunded(refund_id=refund.pk, proof="in notes", actor=CLINIC)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.REFUNDED
    assert codes() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"captured": F("captured") + 1}, "captured_at_odds"),
        ({"refunded": F("refunded") + 1}, "refunded_at_odds"),
        ({"refunding": F("refunding") + 1}, "refunding_at_odds"),
    ],
)
def test_amounts_that_are_not_those_of_the_books(change: dict[str, Any], code: str):
    Payment.objects.filter(pk=paid().pk).update(**change)
    assert codes() == [code]


def test_a_ledger_that_says_something_else():
    payment = paid()
    LedgerEntry.objects.filter(payment=payment, kind="capture").update(amount=1)
    assert codes() == ["captured_at_odds"]
    LedgerEntry.objects.filter(payment=payment, kind="refund").update(amount=1)
    assert codes() == ["captured_at_odds", "entry_at_odds", "refunded_at_odds"]


@pytest.mark.postgres  # on SQLite the constraint is part of the table and cannot be taken away
def test_more_going_back_than_came():
    payment = paid()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_payment DROP CONSTRAINT payment_gives_back_what_came")
    Payment.objects.filter(pk=payment.pk).update(refunding=100)
    assert codes() == ["payment_overdrawn", "refunding_at_odds"]


def test_an_entry_without_its_receipt():
    Receipt.objects.filter(entry__payment=paid(), entry__kind="refund").delete()
    assert codes() == ["entry_without_receipt", "receipts_misnumbered"]


def test_an_entry_of_another_currency():
    LedgerEntry.objects.filter(payment=paid(), kind="capture").update(currency="EUR")
    assert codes() == ["entry_at_odds"]


@pytest.mark.parametrize(
    "break_it",
    [
        lambda: Receipt.objects.filter(sequence=2).update(sequence=9),
        lambda: ReceiptCounter.objects.update(last=F("last") + 1),
        lambda: ReceiptCounter.objects.all().delete(),
    ],
)
def test_receipts_with_gaps(break_it: Any):
    paid()
    break_it()
    assert codes() == ["receipts_misnumbered"]


@pytest.mark.parametrize(
    "what", [{"status": EventStatus.APPLIED}, {"status": EventStatus.IGNORED, "try_at": "2026-01-01T00:00Z"}]
)
def test_an_event_that_was_applied_to_nothing_or_is_to_be_again(what: dict[str, Any]):
    WebhookEvent.objects.create(provider="stripe", event_id="evt", kind="odd", payload={}, **what)
    assert codes() == ["event_at_odds"]


def test_a_visit_that_was_confirmed_and_not_paid():
    visit = unpaid(SlotFactory(starts_at=in_hours(96)), account_number="GB33BUKB20201555555555")
    assert (visit.status, codes()) == (AppointmentStatus.PENDING, [])
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.CONFIRMED, expires_at=None)
    assert codes() == ["confirmed_and_not_paid"]


@pytest.mark.parametrize("model", [Payment, Refund])
def test_a_step_that_the_trail_does_not_know(model: Any):
    row = model.objects.filter(pk=paid().pk if model is Payment else refunded(paid(), "1.00").pk).get()
    drop_triggers()
    AuditEntry.objects.filter(object_type=model._meta.db_table, object_id=str(row.pk)).delete()
    assert codes() == ["trail_missing"]


def test_a_trail_that_ends_elsewhere():
    payment = paid_in_cash(book())
    drop_triggers()
    Payment.objects.filter(pk=payment.pk).update(status="refunded", refunded=60)
    assert codes() == ["refunded_at_odds", "trail_at_odds"]


def test_a_step_that_nothing_allows():
    payment = paid_in_cash(book())
    with connection.cursor() as cursor:  # past the services: the trail follows all the same
        cursor.execute("UPDATE payments_payment SET status = 'pending', captured = 0 WHERE id = %s", [payment.pk])
        cursor.execute("UPDATE payments_payment SET status = 'paid', captured = 60 WHERE id = %s", [payment.pk])
    assert [(drift.code, drift.sentence) for drift in invariants.check()] == [
        ("trail_at_odds", "a step from paid to pending is not allowed")
    ]
