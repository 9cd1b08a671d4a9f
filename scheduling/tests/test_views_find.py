"""Finding an appointment without its link."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, UserFactory, book, in_hours
from scheduling.tests.waiting import wait_for_mail

pytestmark = pytest.mark.django_db

FIND = "/find/"
BY_EMAIL = "/find/by-email/"
NOT_FOUND = "We could not find an upcoming or recent appointment with these details"


def ada() -> Appointment:
    return book(patient=PatientFactory(phone="+442079460123", email="ada@example.org"))


@pytest.mark.parametrize("contact", ["ada@example.org", " ADA@example.org ", "020 7946 0123", "+44 (0)20 7946-0123"])
def test_reference_and_contact_lead_straight_to_the_page(client: Client, contact: str) -> None:
    appointment = ada()
    answer = client.post(FIND, {"number": appointment.number.lower(), "contact": contact})
    assert answer.headers["Location"] == reverse("scheduling:appointment", args=[appointment.secret])


def test_whatever_is_wrong_the_sentence_is_the_same_and_what_was_typed_stays(client: Client) -> None:
    appointment = ada()
    foreign = book(patient=PatientFactory(email="bob@example.org", phone="+442079460999"))
    pairs = [
        (appointment.number, "bob@example.org"),
        (foreign.number, "ada@example.org"),
        ("APT-2026-999999", "ada@example.org"),
        ("<script>alert(1)</script>", "' OR 1=1 --"),
        ("APT-2026-" + "9" * 25, "+" * 200),
    ]
    sentences = set()
    for number, contact in pairs:
        answer = client.post(FIND, {"number": number, "contact": contact})
        assert answer.status_code == 200
        sentences.add(str(answer.context["form"].non_field_errors()))
        assert answer.context["form"]["number"].value() == number
        assert "<script>alert" not in answer.content.decode()
    assert len(sentences) == 1
    assert NOT_FOUND in sentences.pop()


def test_empty_fields_are_named_one_by_one(client: Client) -> None:
    said = client.post(FIND, {}).content.decode()
    assert "<title>Error:" in said
    assert 'href="#id_number"' in said
    assert 'href="#id_contact"' in said


def test_guessing_is_stopped(client: Client) -> None:
    appointment = ada()
    for _guess in range(10):
        client.post(FIND, {"number": appointment.number, "contact": "guess@example.org"})
    answer = client.post(FIND, {"number": appointment.number, "contact": "ada@example.org"})
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")  # the person themselves, at home
    answer = elsewhere.post(FIND, {"number": appointment.number, "contact": "ada@example.org"})
    assert answer.status_code == 302


def test_guesses_at_one_reference_count_together_whoever_makes_them_and_however_it_is_spelled() -> None:
    appointment = ada()
    year, key = f"{appointment.created_at:%Y}", appointment.pk
    spellings = [f"APT-{year}-{key:0{digits}d}" for digits in range(1, 8)] + [f" apt {year} {key}", f"apt{year}{key}"]
    answers = [
        Client(REMOTE_ADDR=f"198.51.100.{guess}").post(
            FIND, {"number": spellings[guess % len(spellings)], "contact": "guess@example.org"}
        )
        for guess in range(31)
    ]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]


def test_links_to_all_upcoming_appointments_come_by_mail(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    appointment = ada()
    second = book(SlotFactory(starts_at=in_hours(72)), patient=PatientFactory(email="ada@example.org"))
    cancelled = book(SlotFactory(starts_at=in_hours(96)), patient=appointment.patient)
    cancel_appointment(appointment_id=cancelled.pk, actor=CLINIC)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(BY_EMAIL, {"email": "Ada@Example.org"})
    assert answer.headers["Location"] == reverse("scheduling:find_sent")
    [message] = wait_for_mail(1)
    assert message.to == ["ada@example.org"]
    assert appointment.secret in message.body
    assert second.secret in message.body
    assert cancelled.secret not in message.body
    assert appointment.reason == "" or appointment.reason not in message.body
    assert "http://testserver/a/" in message.body


def test_somebody_who_signs_in_gets_the_links_to_what_they_booked(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    mother = UserFactory(email="mother@example.org")
    appointment = book(patient=PatientFactory(email=""))
    Appointment.objects.update(booked_by=mother)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(BY_EMAIL, {"email": "mother@example.org"})
    [message] = wait_for_mail(1)
    assert appointment.secret in message.body


def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    known = ada()
    answers = []
    for address in ("nobody@example.org", known.patient.email):
        with django_capture_on_commit_callbacks() as callbacks:
            answer = client.post(BY_EMAIL, {"email": address})
        answers.append((answer.status_code, answer.headers["Location"], answer.content))
        assert len(callbacks) == (address == known.patient.email)
    assert answers[0] == answers[1]
    assert mail.outbox == []


def test_mails_to_one_address_have_a_limit_whoever_asks(client: Client) -> None:
    statuses = [
        Client(REMOTE_ADDR=f"198.51.100.{number}").post(BY_EMAIL, {"email": "ada@example.org"}).status_code
        for number in range(4)
    ]
    assert statuses == [302, 302, 302, 429]


def test_an_address_that_is_none_is_said_beside_the_field(client: Client) -> None:
    said = client.post(BY_EMAIL, {"email": "ada at example"}).content.decode()
    assert "Enter an e-mail address such as name@example.com" in said
    assert 'value="ada at example"' in said
