"""Receipts behind the secret link of a visit: the patient's language, and nobody else's receipt."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.tests.receipts import paid, paid_back
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.factories import VISITOR, PatientFactory, SlotFactory, book, in_hours

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("receipts are found by the same queries of both databases"),
]

NAMES = ("payments:receipt", "payments:receipt_file")


def visit(language="en"):
    return book(SlotFactory(starts_at=in_hours(48)), patient=PatientFactory(language=language), reason="zq-rash")


def address(name, appointment, receipt, language=""):
    path = reverse(name, args=[appointment.secret, receipt.pk])
    return f"{path}?language={language}" if language else path


def test_it_is_read_in_the_patients_language_and_in_another_if_asked_for(client):
    appointment = visit("ar")
    receipt = paid(appointment)
    page = client.get(address(NAMES[0], appointment, receipt))
    said = page.content.decode()
    assert '<article class="receipt" lang="ar" dir="rtl">' in said
    assert "إيصال" in said
    assert '<html lang="en" dir="ltr">' in said  # the page around it speaks as the browser asks
    assert f'href="{address(NAMES[1], appointment, receipt, "ar")}"' in said
    assert "zq-rash" not in said
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("same-origin", "noindex, nofollow")
    assert "no-store" in page["Cache-Control"]
    assert 'lang="es" dir="ltr">' in client.get(address(NAMES[0], appointment, receipt, "es")).content.decode()
    assert 'lang="ar" dir="rtl">' in client.get(address(NAMES[0], appointment, receipt, "xx")).content.decode()


def test_it_is_kept_as_a_file(client):
    appointment = visit()
    receipt = paid(appointment)
    answer = client.get(address(NAMES[1], appointment, receipt))
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{receipt.number}.pdf"'
    assert "no-store" in answer["Cache-Control"]
    assert client.get(address(NAMES[1], appointment, receipt, "hi")).content != answer.content


def test_a_credit_note_is_one_of_them(client):
    appointment = visit()
    credit = paid_back(paid(appointment))
    assert "Credit note" in client.get(address(NAMES[0], appointment, credit)).content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_nobody_reads_the_receipt_of_somebody_else(client, name):
    mine, other = visit(), visit()
    receipt = paid(other)
    paid(mine)
    assert client.get(address(name, other, receipt)).status_code == 200
    assert client.get(address(name, mine, receipt)).status_code == 404
    assert client.get(reverse(name, args=["no-such-secret", receipt.pk])).status_code == 404
    assert client.get(reverse(name, args=[mine.secret, 9**25])).status_code == 404
    assert client.post(address(name, other, receipt)).status_code == 405


@pytest.mark.parametrize("name", NAMES)
def test_a_visit_that_moved_keeps_its_receipts(client, name):
    appointment = visit()
    receipt = paid(appointment)
    moved = reschedule_appointment(
        appointment_id=appointment.pk, slot_id=SlotFactory(starts_at=in_hours(72)).pk, actor=VISITOR
    )
    assert client.get(address(name, moved, receipt)).status_code == 200
    assert client.get(address(name, appointment, receipt)).headers["Location"] == address(name, moved, receipt)
