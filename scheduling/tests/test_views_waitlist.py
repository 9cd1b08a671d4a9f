"""One place on the waitlist behind its secret link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Appointment, Hold, Slot, WaitlistEntry
from scheduling.services.offers import offer_slot
from scheduling.services.waitlist import join_waitlist
from scheduling.states import AppointmentStatus, WaitlistStatus
from scheduling.tests.factories import VISITOR, PatientFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db


def waiting_for(slot: Slot, **more: object) -> WaitlistEntry:
    """Somebody new who waits for a seat like this one."""
    day = slot.starts_at.date()
    return join_waitlist(
        patient=more.pop("patient", None) or PatientFactory(),
        doctor_id=slot.doctor_id,
        earliest_date=day - timedelta(days=1),
        latest_date=day + timedelta(days=1),
        actor=VISITOR,
        **more,
    )


def offered(slot: Slot | None = None, **more: object) -> WaitlistEntry:
    """Somebody who has been offered a free seat."""
    slot = slot or SlotFactory(starts_at=in_hours(48))
    entry = waiting_for(slot, **more)
    offer_slot(slot.pk)
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.OFFERED
    return entry


def page(entry: WaitlistEntry, name: str = "waitlist_entry") -> str:
    return reverse(f"scheduling:{name}", args=[entry.secret])


def test_the_place_in_line_is_said_in_words(client: Client) -> None:
    slot = SlotFactory(starts_at=in_hours(48))
    book(slot)
    entries = [waiting_for(slot) for _ in range(3)]
    waiting_for(SlotFactory(starts_at=in_hours(48)))  # of another doctor: in nobody's way
    said = [client.get(page(entry)).content.decode() for entry in entries]
    assert "You are first in line" in said[0]
    assert "One person is ahead of you" in said[1]
    assert "2 people are ahead of you" in said[2]


def test_an_offer_says_until_when_and_opening_it_changes_nothing(client: Client) -> None:
    entry = offered()
    before = WaitlistEntry.objects.values().get(pk=entry.pk)
    answer = client.get(page(entry))
    said = answer.content.decode()
    assert "A seat has come free for you" in said
    assert "We are keeping it for you until" in said
    assert "You have 59 minutes left." in said
    assert "no-store" in answer["Cache-Control"]
    for name in ("waitlist_accept", "waitlist_decline", "waitlist_leave"):
        assert client.get(page(entry, name)).status_code == 405
    assert WaitlistEntry.objects.values().get(pk=entry.pk) == before


def test_accepting_books_once_however_often_it_is_pressed(client: Client) -> None:
    entry = offered()
    answers = [client.post(page(entry, "waitlist_accept")) for _press in range(2)]
    appointment = Appointment.objects.get()
    address = reverse("scheduling:appointment", args=[appointment.secret])
    assert {answer.headers["Location"] for answer in answers} == {address}
    assert "Your appointment is booked" in client.get(address).content.decode()
    assert address in client.get(page(entry)).content.decode()


def test_accepting_an_earlier_seat_moves_the_booking(client: Client) -> None:
    late = SlotFactory(starts_at=in_hours(72))
    early = SlotFactory(starts_at=in_hours(48), doctor=late.doctor, location=late.location)
    old = book(late)
    entry = offered(early, patient=old.patient, instead_of=old)
    assert "it replaces your appointment on" in client.get(page(entry)).content.decode()
    client.post(page(entry, "waitlist_accept"))
    old.refresh_from_db()
    assert old.status == AppointmentStatus.RESCHEDULED
    assert old.successor is not None
    assert old.successor.slot == early


def test_declining_keeps_the_place_and_gives_the_seat_on(client: Client) -> None:
    entry = offered()
    said = client.post(page(entry, "waitlist_decline"), follow=True).content.decode()
    assert "You are still on the list" in said
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.WAITING
    assert not Hold.objects.exists()
    said = client.post(page(entry, "waitlist_decline"), follow=True).content.decode()
    assert "This offer is no longer open" in said


def test_an_offer_that_ran_out_says_so_before_any_job_ran(client: Client) -> None:
    entry = offered()
    past = timezone.now() - timedelta(seconds=1)
    WaitlistEntry.objects.update(offer_expires_at=past)
    Hold.objects.update(expires_at=past)
    assert "This offer has ended" in client.get(page(entry)).content.decode()
    said = client.post(page(entry, "waitlist_accept"), follow=True).content.decode()
    assert "This offer is no longer open" in said
    assert not Appointment.objects.exists()


def test_leaving_is_final_and_harmless_to_repeat(client: Client) -> None:
    entry = offered()
    for _press in range(2):
        said = client.post(page(entry, "waitlist_leave"), follow=True).content.decode()
        assert "You have left the waitlist" in said
    assert not Hold.objects.exists()
    said = client.post(page(entry, "waitlist_accept"), follow=True).content.decode()
    assert "This offer is no longer open" in said


def test_a_wait_past_its_last_day_is_over(client: Client) -> None:
    entry = waiting_for(SlotFactory(starts_at=in_hours(48)))
    yesterday = timezone.localdate() - timedelta(days=2)
    WaitlistEntry.objects.update(earliest_date=yesterday, latest_date=yesterday)
    assert "This wait is over" in client.get(page(entry)).content.decode()


def test_an_unknown_secret_leads_to_find(client: Client) -> None:
    for suffix in ("", "accept/", "decline/", "leave/"):
        method = client.get if not suffix else client.post
        answer = method(f"/waitlist/nonsense/{suffix}")
        assert answer.status_code == 404
        assert "/find/" in answer.content.decode()
