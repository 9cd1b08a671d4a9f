"""Bad input gets a clear sentence and the right status: never a fault of ours, nothing lost, nothing leaked."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.tests.strange import BAD, DAYS, NUMBERS, PARAMETERS, everywhere, faults, strange
from scheduling.models import Appointment, Hold, Patient, Slot
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.booking import DETAILS, WHO, answer_all, hold, page, press, time_url, words
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db

BACKEND = settings.AUTHENTICATION_BACKENDS[1]


@pytest.fixture
def appointment() -> Appointment:
    return book(SlotFactory(starts_at=in_hours(72)))


def test_no_strange_value_in_a_query_is_our_fault(client: Client, appointment: Appointment) -> None:
    asked = [f"{address}?{query}" for address in everywhere(appointment) for query in strange(BAD, parts=6)]
    assert faults(client, asked) == []


def test_no_strange_value_of_one_parameter_is_our_fault(client: Client) -> None:
    """The wizard reads its answers one after the other: a strange one must come alone to be read at all."""
    slot = SlotFactory()
    right = {"specialty": slot.doctor.specialty_id, "location": slot.location_id, "doctor": slot.doctor_id}
    pages = ["book", "book_location", "book_doctor", "book_time", "book_times", "waitlist_join"]
    asked = [
        f"{reverse('scheduling:' + name)}?{urlencode(right | {parameter: value})}"
        for name in pages
        for parameter, values in (("day", DAYS), ("month", [day[:-3] for day in DAYS]), ("lost", NUMBERS))
        for value in values
    ]
    asked += [
        f"{reverse('scheduling:book_time')}?{urlencode(right | {name: value})}" for name in right for value in NUMBERS
    ]
    assert faults(client, asked) == []


def test_no_strange_value_is_our_fault_on_the_pages_of_an_appointment(client: Client, appointment: Appointment) -> None:
    asked = [
        f"{reverse('scheduling:' + name, args=[appointment.secret])}?{urlencode({parameter: value})}"
        for name in ("reschedule", "reschedule_times")
        for parameter, values in (("day", DAYS), ("month", [day[:-3] for day in DAYS]), ("lost", NUMBERS))
        for value in values
    ]
    assert faults(client, asked) == []


def test_nul_in_any_parameter_of_any_page_is_refused_with_a_sentence(client: Client, appointment: Appointment) -> None:
    for address in everywhere(appointment):
        response = client.get(f"{address}?day=%00")
        assert response.status_code == 400, address
        is_api = address.startswith("/api/")
        assert (b'"code": "parse_error"' if is_api else b"<h1") in response.content, address
    for name in PARAMETERS:
        assert client.get(f"/book/time/?{name}=a%00b").status_code == 400
        assert client.get(f"/book/time/?{name}%00=a").status_code == 400


@pytest.mark.parametrize("value", NUMBERS)
def test_a_slot_that_is_none_is_refused_with_a_sentence(client: Client, value: str, appointment: Appointment) -> None:
    for address in (reverse("scheduling:book_hold"), reverse("scheduling:reschedule", args=[appointment.secret])):
        response = client.post(address, {"slot": value})
        assert response.status_code in {302, 303}
        assert "why=slot_" in response.url
    slot = SlotFactory()
    said = words(client.get(time_url(slot, why="slot_unknown", lost=value)))
    assert "There is a problem" in said
    assert not Hold.objects.exists()


def gone(slot: Slot) -> None:
    Slot.objects.filter(pk=slot.pk).update(starts_at=in_hours(-2), ends_at=in_hours(-1))


def shut(slot: Slot) -> None:
    Slot.objects.filter(pk=slot.pk).update(is_open=False)


def full(slot: Slot) -> None:
    book(slot)


def retired(slot: Slot) -> None:
    slot.doctor.is_active = False
    slot.doctor.save()


@pytest.mark.parametrize(
    ("spoil", "code"), [(gone, "slot_past"), (shut, "slot_closed"), (full, "slot_taken"), (retired, "slot_closed")]
)
def test_a_slot_that_cannot_be_had_says_why_and_offers_others(client: Client, spoil: Any, code: str) -> None:
    slot = SlotFactory(starts_at=in_hours(30))
    SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=in_hours(31))
    spoil(slot)
    response = press(client, slot)
    assert response.status_code == 303
    assert f"why={code}" in response.url
    said = client.get(response.url, follow=True)
    assert said.status_code == 200
    assert not Hold.objects.exists()


def test_a_slot_of_another_doctor_does_not_become_the_new_time(client: Client, appointment: Appointment) -> None:
    foreign = SlotFactory(starts_at=in_hours(90))
    address = reverse("scheduling:reschedule", args=[appointment.secret])
    client.post(address, {"slot": foreign.pk}, follow=True)
    appointment.refresh_from_db()
    assert appointment.status == "confirmed"


@pytest.mark.parametrize("token", ["x", "a" * 32, "a" * 33, "0", "-", "_", "x" * 500])
def test_a_token_that_is_none_leads_to_a_page_that_says_so(client: Client, token: str) -> None:
    for name in ("book_who", "book_new_patient", "book_details", "book_check", "book_lost"):
        for response in (client.get(page(name, token), follow=True), client.post(page(name, token), WHO, follow=True)):
            assert response.status_code in {200, 405}
    assert "no longer" in words(client.get(page("book_lost", token)))
    assert client.post(page("book_keep", token)).status_code == 200
    assert client.post(page("book_give_back", token)).status_code == 302


def test_an_expired_hold_loses_no_answer(client: Client) -> None:
    slot = SlotFactory()
    token = hold(client, slot)
    answer_all(client, token)
    Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    lost = client.post(page("book_check", token), follow=True)
    assert "no longer" in words(lost)
    again = press(client, slot, f"from={token}").url
    assert "Ann" in words(client.get(again))
    assert not Appointment.objects.exists()


BIRTHDAYS = [
    ("30", "2", "2026"),
    ("31", "4", "1990"),
    ("1", "1", "0"),
    ("1", "1", "10000"),
    ("0", "0", "0"),
    ("-1", "1", "1990"),
]
BIRTHDAYS += [
    ("1", "1", "3000"),
    ("1", "1", "1800"),
    ("x", "y", "z"),
    ("1.5", "1", "1990"),
    ("9" * 30, "1", "1990"),
    ("²", "1", "1990"),
]


@pytest.mark.parametrize("day", BIRTHDAYS)
def test_an_impossible_birthday_is_said_beside_its_field_and_the_rest_stays(
    client: Client, day: tuple[str, str, str]
) -> None:
    token = hold(client, SlotFactory())
    parts = {f"date_of_birth_{name}": value for name, value in zip(("day", "month", "year"), day, strict=True)}
    response = client.post(page("book_who", token), WHO | parts)
    assert response.status_code == 200
    said = words(response)
    assert "There is a problem" in said
    assert 'value="Ann"' in said
    assert all(f'value="{value}"' in said for value in day)


def test_digits_of_other_scripts_are_numbers_too(client: Client) -> None:
    token = hold(client, SlotFactory())
    eastern = {"date_of_birth_day": "٣", "date_of_birth_month": "٤", "date_of_birth_year": "١٩٨٠"}
    assert client.post(page("book_who", token), WHO | eastern).status_code == 302


@pytest.mark.parametrize("day", DAYS)
def test_an_impossible_day_on_the_waitlist_is_said_beside_its_field(client: Client, day: str) -> None:
    slot = SlotFactory()
    address = reverse("scheduling:waitlist_join") + f"?specialty={slot.doctor.specialty_id}&location={slot.location_id}"
    response = client.post(address, WHO | {"earliest_date": day, "latest_date": day})
    assert response.status_code in {200, 302}
    assert response.status_code == 302 or "There is a problem" in words(response)


@pytest.mark.parametrize("name", ["book_who", "book_details", "book_check", "book_keep"])
def test_ten_megabytes_and_thousands_of_fields_are_refused_within_a_second(client: Client, name: str) -> None:
    token = hold(client, SlotFactory())
    began = time.monotonic()
    assert client.post(page(name, token), {"reason": "x" * 10_000_000}).status_code == 413
    assert client.post(page(name, token), {f"field{number}": "x" for number in range(5_000)}).status_code == 400
    assert time.monotonic() - began < 5
    assert Hold.objects.filter(token=token).exists()


def test_pressing_twice_books_once(client: Client) -> None:
    token = hold(client, SlotFactory())
    answer_all(client, token)
    answers = [client.post(page("book_check", token), follow=True) for _press in range(3)]
    made = Appointment.objects.get()
    assert all(answer.status_code == 200 and made.secret in words(answer) for answer in answers)
    assert (Patient.objects.count(), Slot.objects.get().taken) == (1, 1)


def test_back_after_booking_says_that_it_is_booked(client: Client) -> None:
    token = hold(client, SlotFactory())
    answer_all(client, token)
    client.post(page("book_check", token))
    made = Appointment.objects.get()
    for name, said in (("book_who", WHO), ("book_details", DETAILS), ("book_check", {})):
        for answer in (client.get(page(name, token)), client.post(page(name, token), said | {"first_name": "Other"})):
            assert answer.status_code == 200
            assert made.secret in words(answer)
    made.refresh_from_db()
    assert made.patient.first_name == "Ann"
    assert Appointment.objects.count() == 1


def test_cancelling_twice_and_after_the_fact_is_harmless(client: Client, appointment: Appointment) -> None:
    cancel_appointment(appointment_id=appointment.pk, actor=CLINIC)
    for name, said in (
        ("cancel", {}),
        ("attendance", {"answer": "yes"}),
        ("confirm", {}),
        ("earlier", {}),
        ("reschedule/", {}),
    ):
        answer = client.post(f"/a/{appointment.secret}/{name.strip('/')}/", said, follow=True)
        assert answer.status_code == 200, name
    appointment.refresh_from_db()
    assert (appointment.status, Slot.objects.get(pk=appointment.slot_id).taken) == ("cancelled", 0)


@pytest.mark.parametrize(
    "number", ["APT-2026-999999999999", "APT-0000-1", "APT-9999-000001", "APT-٢٠٢٦-٠٠٠٠٠١", "APT-2026-" + "9" * 31]
)
def test_a_reference_that_is_none_is_answered_like_a_wrong_one(
    client: Client, number: str, appointment: Appointment
) -> None:
    wrong = words(client.post("/find/", {"number": "APT-2026-000999", "contact": "nobody@example.org"}))
    answer = client.post("/find/", {"number": number, "contact": appointment.patient.email})
    assert answer.status_code == 200 or (answer.status_code == 302 and "٠" in number)
    assert "We could not find" in wrong
    assert answer.status_code == 302 or "We could not find" in words(answer)


@pytest.mark.parametrize("day", BIRTHDAYS)
def test_an_impossible_birthday_is_said_at_the_kiosk_too(client: Client, day: tuple[str, str, str]) -> None:
    slug = SlotFactory().location.slug
    parts = {f"date_of_birth_{name}": value for name, value in zip(("day", "month", "year"), day, strict=True)}
    moment = {"device_time": timezone.now().isoformat()}
    for way, said in (("reference", {"reference": "APT-2026-000001"}), ("phone", {"phone": "020 7946 0018"})):
        response = client.post(f"/kiosk/{slug}/appointment/{way}/", said | parts | moment)
        assert response.status_code == 200
        assert "There is a problem" in words(response)
        assert all(f'value="{value}"' in words(response) for value in day)


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=", "image/png", "x"]
)
def test_a_body_of_another_kind_is_no_fault_of_ours(
    client: Client, content_type: str, appointment: Appointment
) -> None:
    client.raise_request_exception = False
    deep = "[" * 10_000 + "]" * 10_000
    pages = ["/find/", "/book/hold/", f"/a/{appointment.secret}/cancel/", "/accounts/login/", "/waitlist/join/"]
    pages += [
        f"/kiosk/{appointment.location.slug}/{page}" for page in ("", "appointment/", "check-in/", "walk-in/", "help/")
    ]
    for address in pages:
        answer = client.generic("POST", address, deep, content_type=content_type)
        assert answer.status_code < 500, address
