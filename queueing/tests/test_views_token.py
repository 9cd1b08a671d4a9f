"""One place in the queue behind its secret link: what it says at each stage, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queueing.models import EmergencyRequest, Queue, Token
from queueing.selectors.day_end import day_is_over_at
from queueing.services import queues, steps
from queueing.services.emergencies import acknowledge_emergency
from queueing.services.priorities import Priority, prioritise_token
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.tests.factories import a_doctor, walk_in
from scheduling.states import AppointmentStatus
from scheduling.tests.booking import words
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db

PAGES = ["token", "token_state", "token_leave", "token_help", "token_feedback", "token_qr"]


def page(token: Token, name: str = "token") -> str:
    return reverse(f"queueing:{name}", args=[token.secret])


def three() -> list[Token]:
    """Three people who wait for one doctor."""
    doctor, location = a_doctor()
    return [walk_in(doctor, location) for _ in range(3)]


def called(token: Token) -> None:
    steps.call_token(token_id=token.pk, actor=CLINIC)


def with_doctor(token: Token) -> None:
    called(token)
    steps.start_token(token_id=token.pk, actor=CLINIC)


def finished(token: Token) -> None:
    with_doctor(token)
    steps.finish_token(token_id=token.pk, actor=CLINIC)


def missed(token: Token) -> None:
    called(token)
    steps.mark_token_no_show(token_id=token.pk, actor=CLINIC)


def left(token: Token) -> None:
    steps.leave_queue(token_id=token.pk, actor=CLINIC)


# --- What it says ------------------------------------------------------------------------------------------------


def test_the_place_is_said_in_words_with_a_range_and_the_doctor(client: Client) -> None:
    first, second, third = three()
    said = [words(client.get(page(token))) for token in (first, second, third)]
    assert "You are next" in said[0]
    assert "1 person is before you" in said[1]
    assert "2 people are before you" in said[2]
    for token, one in zip((first, second, third), said, strict=True):
        assert token.code in one
        assert "It will take" in one
        assert f"{token.queue.doctor.name} has not started yet." in one
        assert "Room 1" in one
        assert "Updated" in one
        assert ("may be called before you" in one) == (token != first)


@pytest.mark.parametrize(
    ("happens", "headline", "more"),
    [
        (called, "Please go to Room 1 now", "It is your turn"),
        (with_doctor, "You are with the doctor", "I need help now"),
        (finished, "Thank you for coming", "Tell us how it was"),
        (missed, "You were called and were not there", "Please go to the desk"),
        (left, "You have left the queue", "Nobody will call you any more"),
    ],
)
def test_each_stage_has_its_sentence(
    client: Client, happens: Callable[[Token], None], headline: str, more: str
) -> None:
    token = three()[0]
    happens(token)
    said = words(client.get(page(token)))
    assert f'<h2 class="place__headline">{headline}</h2>' in said
    assert f"<title>{headline} ({token.code})" in said
    assert more in said


@pytest.mark.parametrize(
    ("status", "more", "sentence"),
    [
        ("running_late", {"minutes": 20}, "is running about 20 minutes late."),
        ("on_time", {}, "is on time."),
        ("on_break", {"minutes": 15}, "is on a break until about"),
        ("on_break", {}, "is on a break."),
        ("finished", {}, "has finished for today."),
    ],
)
def test_the_doctors_status_reaches_the_phone(client: Client, status: str, more: dict, sentence: str) -> None:
    token = three()[1]
    queues.set_doctor_status(queue_id=token.queue_id, status=status, actor=CLINIC, **more)
    said = words(client.get(page(token)))
    assert f"{token.queue.doctor.name} {sentence}" in said
    assert ("Please ask at the desk what happens next." in said) == (status == "finished")


def test_a_break_that_should_be_over_has_no_end(client: Client) -> None:
    token = three()[1]
    queues.set_doctor_status(queue_id=token.queue_id, status="on_break", minutes=15, actor=CLINIC)
    Queue.objects.update(back_at=timezone.now() - timedelta(minutes=1))
    assert f"{token.queue.doctor.name} is on a break." in words(client.get(page(token)))


@pytest.mark.parametrize(("room", "said"), [("2", "Please go to Room 2 now"), ("", "Please come in now")])
def test_a_room_that_is_a_number_or_unknown_still_makes_a_sentence(client: Client, room: str, said: str) -> None:
    doctor, location = a_doctor(room=room)
    token = walk_in(doctor, location)
    called(token)
    assert said in words(client.get(page(token)))


def test_the_link_of_somebody_who_was_transferred_leads_on_and_back(client: Client) -> None:
    token = three()[1]
    other, _location = a_doctor(token.location, room="Room 7")
    moved = transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)
    for link in (token, moved):
        said = words(client.get(page(link)))
        assert moved.code in said
        assert "Room 7" in said
        assert token.code not in said
    undo_step(step_id=token.steps.first().pk, actor=CLINIC)
    for link in (token, moved):
        assert token.code in words(client.get(page(link)))


def test_the_part_that_changes_is_the_same_as_on_the_page(client: Client) -> None:
    token = three()[2]
    part = words(client.get(page(token, "token_state")))
    assert part.startswith('<div class="place place--waiting"')
    assert "2 people are before you" in part
    assert token.secret not in part


# --- Private -----------------------------------------------------------------------------------------------------


def test_nothing_personal_is_said_and_nothing_is_kept(client: Client) -> None:
    token = three()[0]
    prioritise_token(token_id=token.pk, priority=Priority(extra_points=5, reason="because of his heart"), actor=CLINIC)
    for name in PAGES:
        answer = client.get(page(token, name))
        if answer.status_code == 302:
            continue
        assert answer.headers["Cache-Control"].count("no-store") == 1, name
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        said = answer.content.decode()
        assert token.patient.first_name not in said
        assert "his heart" not in said


@pytest.mark.parametrize("name", PAGES)
def test_a_secret_that_is_none_is_answered_with_a_page(client: Client, name: str) -> None:
    token = three()[0]
    for secret in (token.secret[:-1], token.secret.swapcase(), "x" * 200, str(token.pk), token.code, "٣"):
        answer = client.get(reverse(f"queueing:{name}", args=[secret]))
        assert answer.status_code == 404, secret
        assert "We do not know this link" in words(answer)


@pytest.mark.parametrize("name", PAGES)
def test_the_day_after_the_link_says_only_that_the_visit_is_over(client: Client, name: str) -> None:
    token = three()[0]
    over = day_is_over_at(token.day, token.location)
    with time_machine.travel(over - timedelta(seconds=5)):
        assert client.get(page(token, name)).status_code in {200, 302}
    with time_machine.travel(over + timedelta(seconds=5)):
        for answer in (client.get(page(token, name)), client.post(page(token, name))):
            assert answer.status_code == 410 or (
                answer.status_code == 405 and name in {"token", "token_state", "token_qr"}
            )
        said = words(client.get(page(token, name)))
    assert "This visit is over" in said
    assert token.code not in said
    assert token.queue.doctor.name not in said
    token.refresh_from_db()
    assert token.status == "waiting"


def test_the_code_for_another_phone_is_an_image_of_the_link(client: Client, settings: Any) -> None:
    settings.BASE_URL = "https://clinic.example"
    answer = client.get(page(three()[0], "token_qr"))
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg xmlns=")


# --- Leaving -----------------------------------------------------------------------------------------------------


def test_opening_the_question_leaves_nothing_and_pressing_leaves_the_queue(client: Client) -> None:
    token, second, _third = three()
    asked = words(client.get(page(token, "token_leave")))
    assert f"Your place {token.code}" in asked
    assert Token.objects.get(pk=token.pk).status == "waiting"
    answer = client.post(page(token, "token_leave"), {"version": token.version}, follow=True)
    assert "You have left the queue" in words(answer)
    token.refresh_from_db()
    assert (token.status, token.appointment.status) == ("cancelled", AppointmentStatus.CANCELLED)
    assert "You are next" in words(client.get(page(second)))


def test_who_was_called_while_they_looked_is_told_instead(client: Client) -> None:
    token = three()[0]
    called(token)
    answer = client.post(page(token, "token_leave"), {"version": token.version}, follow=True)
    assert "Nothing was done" in words(answer)
    assert "Please go to Room 1 now" in words(answer)
    assert Token.objects.get(pk=token.pk).status == "called"


@pytest.mark.parametrize("happens", [with_doctor, finished, missed, left])
def test_who_does_not_wait_cannot_leave(client: Client, happens: Callable[[Token], None]) -> None:
    token = three()[0]
    happens(token)
    before = Token.objects.get(pk=token.pk).status
    for answer in (client.get(page(token, "token_leave")), client.post(page(token, "token_leave"))):
        assert answer.status_code == 302
    assert Token.objects.get(pk=token.pk).status == before


# --- Help --------------------------------------------------------------------------------------------------------


def test_calling_for_help_tells_the_desk_once_and_says_so(client: Client) -> None:
    token = three()[0]
    assert "Do you need help now?" in words(client.get(page(token, "token_help")))
    assert not EmergencyRequest.objects.exists()
    for _press in range(2):
        said = words(client.post(page(token, "token_help"), {"message": "chest pain"}, follow=True))
        assert "The desk has been told" in said
        assert "call your local emergency number" in said
    [emergency] = EmergencyRequest.objects.all()
    assert (emergency.token, emergency.location, emergency.source) == (token, token.location, "patient")
    assert emergency.message == "chest pain"
    acknowledge_emergency(emergency_id=emergency.pk, actor=CLINIC)
    said = words(client.get(page(token, "token_help")))
    assert "Somebody has seen it" in said
    assert "Tell the desk again" in said


def test_too_much_to_say_is_refused_and_kept(client: Client) -> None:
    token = three()[0]
    said = words(client.post(page(token, "token_help"), {"message": "help " * 100}))
    assert "Keep this to 300 characters or fewer" in said
    assert "help help" in said
    assert not EmergencyRequest.objects.exists()


@pytest.mark.usefixtures("morning")
def test_calls_for_help_are_counted(client: Client) -> None:
    token = three()[0]
    answers = [client.post(page(token, "token_help")).status_code for _press in range(11)]
    assert answers == [302] * 10 + [429]
    assert EmergencyRequest.objects.count() == 1


def test_who_has_gone_is_sent_to_the_desk(client: Client) -> None:
    token = three()[0]
    finished(token)
    said = words(client.post(page(token, "token_help"), follow=True))
    assert "Please go to the desk" in said
    assert not EmergencyRequest.objects.exists()


def test_a_page_costs_as_many_queries_for_a_long_queue_as_for_a_short_one(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    doctor, location = a_doctor()
    first = walk_in(doctor, location)
    client.get(page(first))
    with django_assert_max_num_queries(14) as short:
        client.get(page(first))
    for _ in range(5):
        last = walk_in(doctor, location)
    with django_assert_max_num_queries(len(short)):
        client.get(page(last))
