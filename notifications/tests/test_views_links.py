"""The short links of messages lead to the right page, change nothing, and open nothing that is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AttemptCounter
from notifications.models import Message
from notifications.states import Kind
from notifications.tests.factories import message
from notifications.views.links import TRIES_AT_CODES
from queueing.tests.factories import a_doctor, arrived
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import join_waitlist
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, book

pytestmark = pytest.mark.django_db


def link(row: Message) -> str:
    return reverse("notifications:link", args=[row.code])


def offered() -> Message:
    """Somebody to whom a seat is offered."""
    visit = book()
    day = timezone.localdate(visit.starts_at, visit.location.zone)
    entry = join_waitlist(
        patient=PatientFactory(), doctor_id=visit.doctor_id, earliest_date=day, latest_date=day, actor=CLINIC
    )
    cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
    entry.refresh_from_db()
    return message(Kind.WAITLIST_OFFER, waitlist_entry=entry, location=visit.location)


def test_each_kind_leads_to_what_it_speaks_of(client: Client) -> None:
    visit, place = book(), arrived(*a_doctor())
    offer = offered()
    feedback = message(Kind.FEEDBACK, token=place)
    for row, address in (
        (message(Kind.REMINDER, appointment=visit), f"/a/{visit.secret}/"),
        (message(Kind.CANCELLED, appointment=visit), f"/a/{visit.secret}/"),
        (offer, f"/waitlist/{offer.waitlist_entry.secret}/"),
        (message(Kind.TURN_NEAR, token=place), f"/t/{place.secret}/"),
        (message(Kind.YOUR_TURN, token=place), f"/t/{place.secret}/"),
        (feedback, f"/a/{place.appointment.secret}/feedback/"),
    ):
        answer = client.get(link(row))
        assert (answer.status_code, answer.url) == (302, address), row.kind
        assert client.get(address).status_code in {200, 302}


def test_opening_changes_nothing_and_leaves_no_trace(client: Client) -> None:
    row = message()
    before = list(Appointment.objects.values()) + list(Message.objects.values())
    for open_it in (client.get, client.head):
        answer = open_it(link(row))
        assert answer.status_code == 302
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert client.post(link(row)).status_code == 405
    assert list(Appointment.objects.values()) + list(Message.objects.values()) == before
    assert not AttemptCounter.objects.filter(attempts__gt=0).exists()


def test_a_moved_visit_is_found_by_the_link_of_the_old_time(client: Client) -> None:
    visit = book()
    row = message(appointment=visit)
    slot = SlotFactory(doctor=visit.doctor, location=visit.location)
    moved = reschedule_appointment(appointment_id=visit.pk, slot_id=slot.pk, actor=CLINIC)
    answer = client.get(link(row), follow=True)
    assert answer.redirect_chain[-1][0] == f"/a/{moved.secret}/"


def test_an_outdated_link_leads_to_the_offer_of_a_fresh_one(client: Client) -> None:
    row = message()
    assert row.appointment is not None
    Appointment.objects.filter(pk=row.appointment_id).update(secret_expires_at=timezone.now() - timedelta(days=1))
    answer = client.get(link(row), follow=True)
    assert answer.status_code == 410
    assert reverse("scheduling:appointment_fresh_link", args=[row.appointment.secret]) in answer.content.decode()


def test_once_a_fresh_link_was_sent_an_old_message_opens_nothing(client: Client) -> None:
    row = message()
    past = timezone.now() - timedelta(days=40)
    Appointment.objects.filter(pk=row.appointment_id).update(
        starts_at=past,
        ends_at=past + timedelta(minutes=20),
        secret="made-new",
        secret_expires_at=timezone.now() + timedelta(days=7),
    )
    answer = client.get(link(row))
    assert answer.status_code == 410
    assert "made-new" not in answer.content.decode() + str(answer.headers)


@pytest.mark.parametrize("code", ["nothingknown", "short", "x" * 300, "٣٣٣٣٣٣٣٣٣٣٣٣", "aaaaaaaaaaa'"])
def test_an_unknown_code_gets_a_page_that_helps(client: Client, code: str) -> None:
    answer = client.get(f"/m/{code}/")
    assert answer.status_code == 404
    assert reverse("scheduling:find") in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


def test_guesses_are_counted_and_end(client: Client) -> None:
    row = message()
    for number in range(TRIES_AT_CODES):
        client.get(f"/m/guess{number:07d}/")
    assert client.get("/m/guess9999999/").status_code == 429
    assert client.get(link(row)).status_code == 429  # or a guesser would learn of a hit
    assert client.get(link(row), REMOTE_ADDR="203.0.113.77").status_code == 302


def test_whoever_opens_links_that_are_good_is_never_turned_away(client: Client) -> None:
    row = message()
    assert {client.get(link(row)).status_code for _time in range(TRIES_AT_CODES + 5)} == {302}
