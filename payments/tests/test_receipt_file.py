"""Receipts as files: every script shaped as it is written, the same bytes whenever they are made."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from payments.receipt_file import file_name, receipt_file
from payments.receipt_words import sheet_of
from payments.selectors.receipts import with_everything
from payments.states import Method, ProviderName
from payments.tests.pdf import lines_of, text_of
from payments.tests.receipts import paid, paid_back
from scheduling.models import Appointment
from scheduling.tests.factories import DoctorFactory, LocationFactory, PatientFactory, SlotFactory, book, in_hours

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("files are made in memory, whichever database the rows come from"),
]

JUNE = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
"""Half past eleven in the evening in London."""


def visit(language: str = "en", first: str = "Ada", last: str = "Lindqvist", **place: str) -> Appointment:
    location = LocationFactory(slug="harbour", **place)
    doctor = DoctorFactory(locations=[location], name="Dr Amara Okonkwo", consultation_fee="60.00")
    patient = PatientFactory(first_name=first, last_name=last, language=language)
    return book(
        SlotFactory(location=location, doctor=doctor, starts_at=in_hours(48)), patient=patient, reason="zq-rash"
    )


def read(receipt):
    return with_everything().get(pk=receipt.pk)


def test_a_receipt_says_what_was_paid_and_what_is_still_to_be_paid():
    appointment = visit()
    with time_machine.travel(JUNE, tick=False):
        first = paid(appointment, 20, method=Method.UPI)
        second = paid(appointment, 30)
    sheet = sheet_of(read(first))
    assert (sheet.title, sheet.number) == ("Receipt", "HARBOUR-2026-000001")
    assert {line.label: line.text for line in sheet.facts} == {
        "Date of issue": "Tuesday 30 June 2026 at 11:30pm",
        "Received from": "Ada Lindqvist",
        "Doctor": "Dr Amara Okonkwo",
        "Appointment number": appointment.number,
        "Time of the visit": sheet.facts[4].text,
        "Paid by": "UPI",
    }
    assert [(line.label, line.text) for line in sheet.amounts] == [
        ("Fee of the visit", "£60.00"),
        ("Received", "£20.00"),
        ("Still to be paid", "£40.00"),
    ]
    assert [line.text for line in sheet_of(read(second)).amounts] == ["£60.00", "£20.00", "£30.00", "£10.00"]
    assert sheet_of(read(first)).amounts == sheet.amounts  # whatever has come since


def test_a_credit_note_names_the_receipt_it_belongs_to():
    receipt = paid(visit())
    sheet = sheet_of(read(paid_back(receipt, Decimal("59.50"))))
    assert (sheet.title, sheet.number) == ("Credit note", f"HARBOUR-{receipt.year}-000002")
    said = {line.label: line.text for line in (*sheet.facts, *sheet.amounts)}
    assert said["Belongs to receipt"] == receipt.number
    assert said["Paid back to"] == "Ada Lindqvist"
    assert (said["Paid before"], said["Paid back"], said["Remains paid"]) == ("£60.00", "£59.50", "£0.50")
    assert "Still to be paid" not in said


def test_it_keeps_the_names_it_was_written_with():
    receipt = paid(visit())
    location = receipt.location
    location.name, location.address = "Another Name", "Elsewhere"
    location.save()
    patient = receipt.entry.payment.appointment.patient
    patient.last_name = "Byron"
    patient.save()
    sheet = sheet_of(read(receipt))
    assert "Ada Lindqvist" in [line.text for line in sheet.facts]
    assert sheet.clinic != "Another Name"


def test_money_of_a_trial_is_none():
    appointment = visit()
    assert sheet_of(read(paid(appointment, 10, provider=ProviderName.SANDBOX))).notes
    assert not sheet_of(read(paid(appointment, 10))).notes


def test_hindi_is_shaped():
    content = receipt_file(read(paid(visit("hi", "अक्षय", "शर्मा"))))
    lines = lines_of(content)
    name = next(line for line in lines if any(glyph.signs.startswith("अ") for glyph in line))
    assert "क्ष" in [glyph.signs for glyph in name]  # three signs, one glyph
    assert len(name) < len("अक्षय शर्मा")
    assert "रसीद" in text_of(content)
    assert b"/Lang (hi)" in content


def test_arabic_is_shaped_and_runs_from_the_right():
    content = receipt_file(read(paid(visit("ar", "ههه", "منصور"))))
    name = next(line for line in lines_of(content) if sum(glyph.signs == "ه" for glyph in line) == 3)
    forms = {glyph.number for glyph in name if glyph.signs == "ه"}
    assert len(forms) == 3  # at the beginning, in the middle and at the end of a word
    assert "".join(glyph.signs for glyph in name) == "ههه منصور"[::-1]
    assert "إيصال"[::-1] in text_of(content)
    assert "60.00 £" in text_of(content)
    assert not any("\u0660" <= sign <= "\u0669" for text in text_of(content) for sign in text)


@pytest.mark.parametrize(
    ("language", "title", "name"), [("en", "Receipt", "Ada King"), ("es", "Recibo", "Íñigo Ibáñez")]
)
def test_latin_letters_are_there_with_their_accents(language, title, name):
    said = text_of(receipt_file(read(paid(visit(language, *name.split())))))
    assert {title, name} <= set(said)


@pytest.mark.parametrize("language", ["en", "hi", "ar"])
def test_names_of_several_scripts_stand_on_one_receipt(language):
    """Each sign in the font that was set for it: glyphs have the numbers of their font."""
    mixed = "Sara سارة (अक्षय) Smith"
    receipt = paid(visit(language, "सारा", "منصور"), payer=mixed, clinic="سارة", clinic_address="क्ष 5\nLondon")
    lines = text_of(receipt_file(read(receipt)))
    said = next(line for line in lines if "Smith" in line)
    assert "ةراس" in said
    assert "Sara" in said
    assert {"ةراس", "London", receipt.visit_number} <= set(lines)
    assert any("\u00a360" in line or "60.00" in line for line in lines)


def test_the_same_receipt_is_the_same_bytes_years_later():
    receipt = read(paid(visit("ar")))
    first = receipt_file(receipt)
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC), tick=False):
        assert receipt_file(receipt) == first
        assert receipt_file(receipt, language="es") != first
    assert file_name(receipt) == f"{receipt.number}.pdf"


def test_names_of_any_script_and_any_length_are_written(caplog):
    name = f"宝田 😀 \u202eevil\u200f {'Wolfeschlegelsteinhausen' * 7}"
    receipt = paid(visit(), payer=name, clinic_address="\n".join(["A street"] * 60))
    content = receipt_file(read(receipt))
    lines = text_of(content)
    assert len(re.findall(rb"/Type /Page\n", content)) == 2
    assert lines.count("A street") == 60
    assert any(
        line.startswith("\ufffd\ufffd \ufffd evil Wolfe") or line == "\ufffd\ufffd \ufffd evil" for line in lines
    )
    assert max(map(len, lines)) < 80
    assert "zq-rash" not in "".join(lines)
    assert not caplog.records  # which would tell the signs of a name
