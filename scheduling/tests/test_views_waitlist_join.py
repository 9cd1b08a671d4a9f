"""Joining the waitlist when no time suits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Slot, WaitlistEntry
from scheduling.tests.booking import WHO, words
from scheduling.tests.factories import PatientFactory, SlotFactory, UserFactory

pytestmark = pytest.mark.django_db

JOIN = reverse("scheduling:waitlist_join")


def url(slot: Slot, *, any_doctor: bool = False) -> str:
    """The page for the doctor of a slot, or for any of the specialty."""
    doctor = "" if any_doctor else f"&doctor={slot.doctor_id}"
    return f"{JOIN}?specialty={slot.doctor.specialty_id}&location={slot.location_id}{doctor}"


def days(first: int = 1, last: int = 9) -> dict[str, str]:
    """From so many days on until so many days on."""
    today = timezone.localdate()
    return {
        "earliest_date": (today + timedelta(days=first)).isoformat(),
        "latest_date": (today + timedelta(days=last)).isoformat(),
    }


def test_a_visitor_joins_for_a_doctor_and_is_led_to_the_entry(client: Client) -> None:
    """With a secret link, as for an appointment."""
    slot = SlotFactory()
    response = client.post(url(slot), {**WHO, **days()})
    entry = WaitlistEntry.objects.get()
    assert response.url == reverse("scheduling:waitlist_entry", args=[entry.secret])
    assert (entry.doctor, entry.specialty, entry.location) == (slot.doctor, None, slot.location)
    assert entry.patient.full_name == "Ann Lee"


def test_without_a_doctor_it_is_for_the_specialty(client: Client) -> None:
    """Whoever is free first."""
    slot = SlotFactory()
    client.post(url(slot, any_doctor=True), {**WHO, **days()})
    entry = WaitlistEntry.objects.get()
    assert (entry.doctor, entry.specialty) == (None, slot.doctor.specialty)


def test_pressing_twice_joins_once(client: Client) -> None:
    """The same wish is the same entry."""
    slot = SlotFactory()
    first = client.post(url(slot), {**WHO, **days()})
    assert client.post(url(slot), {**WHO, **days()}).url == first.url
    assert WaitlistEntry.objects.count() == 1


def test_somebody_signed_in_picks_from_the_family(client: Client) -> None:
    """And types no name."""
    user = UserFactory()
    child = PatientFactory(user=user)
    client.force_login(user)
    slot = SlotFactory()
    client.post(url(slot), {"patient": child.pk, **days()})
    assert WaitlistEntry.objects.get().patient == child


def test_a_foreign_patient_cannot_be_put_on_the_list(client: Client) -> None:
    """Whatever number is sent."""
    user = UserFactory()
    PatientFactory(user=user)
    client.force_login(user)
    said = words(client.post(url(SlotFactory()), {"patient": PatientFactory().pk, **days()}))
    assert "Choose one of the people in the list." in said
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (days(9, 1), "must not be before the first"),
        (days(-9, -5), "The last day is in the past."),
        (days(1, 800), "within a year"),
        ({"earliest_date": "31/02/2027"}, "Enter the first day as a date"),
        ({"latest_date": ""}, "Enter the last day on which you could come."),
        ({"first_name": ""}, "Enter the first name."),
    ],
)
def test_what_makes_no_sense_is_said_above_and_beside(client: Client, change: dict[str, str], sentence: str) -> None:
    """All wrong answers at once, and what was typed stays."""
    said = words(client.post(url(SlotFactory()), {**WHO, **days(), **change}))
    assert "<title>Error: Join the waitlist" in said
    assert said.count(sentence) == 2
    assert 'value="Lee"' in said
    assert not WaitlistEntry.objects.exists()


def test_without_a_wish_it_begins_at_the_first_question(client: Client) -> None:
    """Nobody waits for nothing."""
    assert client.get(JOIN).url == reverse("scheduling:book")


def test_today_is_the_day_of_the_clinic(client: Client) -> None:
    """In New York it is still yesterday's evening by the clock of the server."""
    slot = SlotFactory(location__time_zone="America/New_York")
    with time_machine.travel("2027-03-02T01:30:00Z", tick=False):
        client.post(url(slot), {**WHO, "earliest_date": "2027-03-01", "latest_date": "2027-03-01"})
    assert WaitlistEntry.objects.get().latest_date == date(2027, 3, 1)
