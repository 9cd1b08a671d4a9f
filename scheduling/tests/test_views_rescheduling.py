"""Moving an appointment from its page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Appointment, Hold, Slot
from scheduling.services.holds import hold_seat
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import VISITOR, LocationFactory, SlotFactory, book, in_hours
from testing.threads import run_together

pytestmark = pytest.mark.django_db


@pytest.fixture
def times() -> list[Slot]:
    """Five times of one doctor at one place, two days ahead."""
    first = SlotFactory(starts_at=in_hours(48))
    others = [
        SlotFactory(doctor=first.doctor, location=first.location, starts_at=in_hours(48 + hours))
        for hours in range(1, 5)
    ]
    return [first, *others]


def page(appointment: Appointment, name: str, *more: Any) -> str:
    return reverse(f"scheduling:{name}", args=[appointment.secret, *more])


def choose(client: Client, appointment: Appointment, slot: Slot) -> str:
    """Press a time; the address of the check page, or of wherever that leads."""
    return client.post(page(appointment, "reschedule"), {"slot": slot.pk}).headers["Location"]


def seats(slots: list[Slot]) -> list[int]:
    return [Slot.objects.get(pk=slot.pk).taken for slot in slots]


def test_choosing_keeps_both_seats_and_shows_old_and_new(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    check = choose(client, appointment, times[1])
    assert seats(times) == [1, 1, 0, 0, 0]
    said = client.get(check).content.decode()
    assert "Check the new time" in said
    for slot in times[:2]:
        assert slot.starts_at.isoformat() in said
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_a_double_click_moves_once(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    check = choose(client, appointment, times[1])
    first = client.post(check)
    second = client.post(check)
    new = Appointment.objects.get(status=AppointmentStatus.CONFIRMED)
    assert first.headers["Location"] == second.headers["Location"] == page(new, "appointment")
    assert seats(times) == [0, 1, 0, 0, 0]
    assert Appointment.objects.count() == 2
    assert "Your appointment has been moved" in client.get(page(new, "appointment")).content.decode()


def test_choosing_again_gives_the_first_choice_back(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    choose(client, appointment, times[1])
    choose(client, appointment, times[2])
    choose(client, appointment, times[2])
    assert seats(times) == [1, 0, 1, 0, 0]
    assert Hold.objects.count() == 1


def test_a_time_that_somebody_else_took_is_said_with_the_three_nearest(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    book(times[2])
    back = choose(client, appointment, times[2])
    said = client.get(back).content.decode()
    assert "Somebody else has just taken that time" in said
    assert "still at its old time" in said
    assert said.count("slot--row") == 3
    assert seats(times) == [1, 0, 1, 0, 0]


@pytest.mark.parametrize("slot", ["", "0", "-1", "999999", "nonsense", "9" * 40, "<script>"])
def test_a_made_up_time_is_a_sentence_and_changes_nothing(client: Client, times: list[Slot], slot: str) -> None:
    appointment = book(times[0])
    answer = client.post(page(appointment, "reschedule"), {"slot": slot}, follow=True)
    assert answer.status_code == 200
    assert "We do not know that time" in answer.content.decode()
    assert seats(times) == [1, 0, 0, 0, 0]


def test_the_present_time_cannot_be_chosen_again(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    said = client.get(choose(client, appointment, times[0])).content.decode()
    assert "already at that time" in said


def test_a_hold_that_ran_out_keeps_the_old_time_and_says_so(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    check = choose(client, appointment, times[1])
    Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for answer in (client.get(check, follow=True), client.post(check, follow=True)):
        assert "We could not keep the new time any longer" in answer.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_the_hold_of_somebody_else_cannot_be_used(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    foreign = hold_seat(slot_id=times[1].pk, holder="somebody", actor=VISITOR)
    check = page(appointment, "reschedule_check", foreign.token)
    assert client.post(check).headers["Location"].startswith(page(appointment, "reschedule"))
    client.post(page(appointment, "reschedule_keep", foreign.token))
    foreign.refresh_from_db()
    assert foreign.extensions == 0
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_keeping_the_slot_prolongs_it(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    check = choose(client, appointment, times[1])
    soon = timezone.now() + timedelta(seconds=30)
    Hold.objects.update(expires_at=soon)
    hold = Hold.objects.get()
    answer = client.post(page(appointment, "reschedule_keep", hold.token))
    assert answer.headers["Location"] == check
    hold.refresh_from_db()
    assert hold.expires_at > soon


def test_a_second_tab_that_cancelled_wins_over_the_first_that_moves(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    check = choose(client, appointment, times[1])
    client.post(page(appointment, "appointment_cancel"))
    answer = client.post(check, follow=True)
    assert "This appointment is cancelled" in answer.content.decode()
    assert Appointment.objects.count() == 1


def test_a_patient_who_is_elsewhere_then_reads_so_and_keeps_the_old_time(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    elsewhere = SlotFactory(starts_at=times[1].starts_at)
    book(elsewhere, patient=appointment.patient)
    check = choose(client, appointment, times[1])
    answer = client.post(check)
    assert "already has an appointment at that time" in answer.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED
    assert seats(times)[0] == 1


def test_times_that_others_take_change_the_list_and_nothing_else_does(client: Client, times: list[Slot]) -> None:
    appointment = book(times[0])
    day = timezone.localdate(times[1].starts_at, times[1].location.zone).isoformat()
    address = page(appointment, "reschedule_times")
    picker = client.get(page(appointment, "reschedule"), {"day": day}).context["picker"]
    assert client.get(address, {"day": day, "version": picker.version}).status_code == 204
    book(times[1])
    answer = client.get(address, {"day": day, "version": picker.version})
    assert answer.status_code == 200
    assert "taken" in answer.content.decode()


def test_moving_does_not_offer_the_times_of_other_doctors(client: Client, times: list[Slot]) -> None:
    other = SlotFactory(location=times[0].location, starts_at=times[1].starts_at)
    appointment = book(times[0])
    said = client.get(page(appointment, "reschedule")).content.decode()
    assert f'value="{times[1].pk}"' in said
    assert f'value="{other.pk}"' not in said


def test_a_pending_appointment_stays_pending_when_it_is_moved(client: Client) -> None:
    location = LocationFactory(needs_confirmation=True, pending_minutes=60)
    first = SlotFactory(location=location, starts_at=in_hours(48))
    second = SlotFactory(location=location, doctor=first.doctor, starts_at=in_hours(50))
    appointment = book(first)
    answer = client.post(choose(client, appointment, second), follow=True)
    assert "Confirm this appointment" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_very_same_moment_move_once_and_lead_to_the_same_page(times: list[Slot]) -> None:
    appointment = book(times[0])
    check = choose(Client(), appointment, times[1])
    for outcome in run_together([lambda: Client().post(check)] * 4):
        assert outcome.error is None
        assert outcome.answer is not None
        new = Appointment.objects.get(status=AppointmentStatus.CONFIRMED)
        assert outcome.answer.headers["Location"] == page(new, "appointment")
    assert Appointment.objects.count() == 2
    assert seats(times) == [0, 1, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_moving_and_cancelling_at_the_same_moment_end_in_one_of_the_two(times: list[Slot]) -> None:
    appointment = book(times[0])
    check = choose(Client(), appointment, times[1])
    cancel = page(appointment, "appointment_cancel")
    outcomes = run_together([lambda: Client().post(check, follow=True), lambda: Client().post(cancel, follow=True)])
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert all(outcome.answer is not None and outcome.answer.status_code == 200 for outcome in outcomes)
    active = Appointment.objects.filter(status=AppointmentStatus.CONFIRMED)
    assert sum(seats(times)) == active.count() + Hold.objects.count()
