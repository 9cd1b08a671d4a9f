"""Guarantee 16 beside money: what staff, payers and banks write is shown as they wrote it, and does nothing."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from accounts.services.users import register_user
from config.tests.hostile import FORMULAS, MARKUP, SQL, STRANGE, TEMPLATES, alive, says
from payments.models import Payment, Receipt, StatementImport, StatementLine
from payments.services.desk import mark_paid
from payments.services.refunds import refund_payment
from payments.tests.factories import begin, paid_in_cash, policy
from scheduling.models import Location
from scheduling.tests.factories import CLINIC, LocationFactory, PatientFactory, SlotFactory, book, in_hours

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("templates escape what they show, whichever database it comes from"),
]

BACKEND = settings.AUTHENTICATION_BACKENDS[1]


@pytest.fixture
def manager() -> Client:
    user = register_user(email="m@example.org", full_name="M", roles=[Role.MANAGER], verified=True, actor=CLINIC)
    client = Client()
    client.force_login(user, BACKEND)
    return client


def money_at(place: Location, typed: str) -> Payment:
    """A visit whose every word about money is this; the transfer that was paid for it."""
    account = {"account_holder": typed[:100], "account_number": typed[:60], "bank_name": typed[:100]}
    policy(place, terms="at_clinic", **account)
    slot = SlotFactory(location=place, doctor__name=typed[:150], starts_at=in_hours(24 * 9))
    visit = book(slot, patient=PatientFactory(first_name=typed[:100], last_name=typed[:100]))
    waiting = begin(visit, method="bank_transfer")
    cash = paid_in_cash(visit, "20.00")
    refund_payment(payment_id=cash.pk, amount=Decimal("1.00"), words=typed, proof=typed, actor=CLINIC)
    StatementLine.objects.create(
        statement=StatementImport.objects.create(location=place, file_name=typed[:200]),
        location=place,
        row=2,
        fingerprint="x",
        booked_on=timezone.localdate(),
        amount=Decimal(5),
        currency="GBP",
        payer=typed[:200],
        words=typed[:300],
        bank_reference=typed[:100],
        status="near",
    )
    return mark_paid(payment_id=waiting.pk, proof=typed, amount=Decimal("10.00"), actor=CLINIC)


@pytest.mark.parametrize("typed", [*MARKUP[:4], TEMPLATES[0], SQL[0], FORMULAS[0], STRANGE[5]])
def test_words_about_money_are_shown_as_they_were_typed_and_do_nothing(manager: Client, typed: str) -> None:
    place = LocationFactory(name=typed[:100], address=typed)
    payment = money_at(place, typed)
    visit = payment.appointment
    silent = [reverse(f"payments:{page}", args=[visit.secret]) for page in ("checkout", "visit_money")]
    silent += [reverse("payments:payment", args=[visit.secret, payment.pk]), reverse("payments:revenue")]
    silent += [reverse("payments:desk_cash", args=[place.slug]), reverse("admin:payments_refund_changelist")]
    silent += [
        reverse("payments:receipt", args=[visit.secret, pk]) for pk in Receipt.objects.values_list("pk", flat=True)
    ]
    saying = [reverse(f"admin:payments_{kind}_changelist") for kind in ("statementline",)]
    saying += [reverse("payments_admin:patient", args=[visit.patient_id]), reverse("payments_admin:statement_lines")]
    saying += [reverse("admin:payments_payment_change", args=[payment.pk])]
    for address in [*silent, *saying]:
        response = manager.get(address, follow=True)
        body = response.content.decode()
        assert response.status_code == 200, address
        assert alive(body) == [], address
        assert address in silent or says(body, typed), address


@pytest.mark.parametrize("typed", FORMULAS)
def test_files_about_money_hold_no_formula(manager: Client, typed: str) -> None:
    place = LocationFactory(name=typed.strip()[:100] or "x")
    money_at(place, typed)
    for address in (reverse("payments:ledger_file"), reverse("payments:desk_cash_file", args=[place.slug])):
        rows = rows_of(manager.get(address))
        assert len(rows) > 1, address
        assert [cell for row in rows for cell in row if cell.lstrip()[:1] in tuple("=+@＝") and cell.strip()] == [], (
            address
        )


def rows_of(response: Any) -> list[list[str]]:
    """The lines of a file."""
    assert response.status_code == 200
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
