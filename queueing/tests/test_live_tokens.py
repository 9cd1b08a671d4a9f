"""Whoever waits is told of every change of their place, whole, and of nothing that is another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.live.published import Published
from accounts.tests.ears import Ear, Listening
from queueing.live_tokens import LinkEnded, TokenRoom, token_messages
from queueing.models import Token
from queueing.selectors.day_end import day_is_over_at
from queueing.selectors.lines import lines_of
from queueing.selectors.queues import queues_on_show
from queueing.services import queues, steps
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listening(live_updates: None) -> Iterator[Listening]:
    """The process's sockets."""
    made = Listening()
    yield made
    made.close()


@pytest.fixture
def phone(listening: Listening) -> Callable[[Token], Ear]:
    """Somebody's phone, open at their place."""

    def open_at(token: Token) -> Ear:
        room = TokenRoom(token.pk, "en")
        return listening.join(room.name, state=room.state())

    return open_at


def three() -> list[Token]:
    doctor, location = a_doctor()
    return [walk_in(doctor, location) for _ in range(3)]


def rooms(*tokens: Token) -> set[str]:
    return {TokenRoom(token.pk, "en").name for token in tokens}


def told(tokens: list[Token], to: set[str]) -> dict[str, str]:
    """What the rooms are told now of the location of the tokens."""
    lines = lines_of(queues_on_show(tokens[0].location_id))
    return {message.room: message.body for message in token_messages(lines, to, 1)}


def test_a_room_has_a_name_without_a_secret_and_back() -> None:
    token = three()[0]
    room = TokenRoom(token.pk, "en")
    assert room.name == f"token:{token.pk}:en"
    assert TokenRoom.from_name(room.name) == room
    [message] = room.state()()
    assert isinstance(message, Published)
    for secret in (token.secret, token.appointment.secret, token.patient.first_name, token.patient.last_name):
        assert secret not in f"{message.room} {message.body}"


def test_places_go_down_as_the_desk_calls(phone: Callable[[Token], Ear]) -> None:
    first, second, third = three()
    ears = [phone(token) for token in (first, second, third)]
    ears[2].hears("2 people are before you")
    steps.call_next(queue_id=first.queue_id, actor=CLINIC)
    ears[0].hears("Please go to Room 1 now")
    ears[1].hears("You are next")
    ears[2].hears("1 person is before you")


def test_every_step_is_told(phone: Callable[[Token], Ear]) -> None:
    first, second, _third = three()
    ear, other = phone(first), phone(second)
    for step, words in (
        (steps.call_token, 'data-calls="1"'),
        (steps.recall_token, 'data-calls="2"'),
        (steps.start_token, "You are with the doctor"),
        (steps.finish_token, "Thank you for coming"),
    ):
        step(token_id=first.pk, actor=CLINIC)
        ear.hears(words)
    queues.set_doctor_status(queue_id=first.queue_id, status="running_late", minutes=20, actor=CLINIC)
    other.hears("is running about 20 minutes late")
    queues.set_room(queue_id=first.queue_id, room="Room 9", actor=CLINIC)
    other.hears("Room 9")
    steps.call_token(token_id=second.pk, actor=CLINIC)
    steps.mark_token_no_show(token_id=second.pk, actor=CLINIC)
    other.hears("You were called and were not there")
    undo_step(step_id=second.steps.first().pk, actor=CLINIC)
    steps.put_back(token_id=second.pk, actor=CLINIC)
    other.hears("You are next")
    steps.leave_queue(token_id=second.pk, actor=CLINIC)
    other.hears("You have left the queue")


def test_who_is_transferred_is_told_that_the_link_leads_on_and_so_back(phone: Callable[[Token], Ear]) -> None:
    token = three()[1]
    ear = phone(token)
    other, _location = a_doctor(token.location)
    moved = transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)
    assert 'data-stage="moved"' in ear.hears("You have a new place in the queue")
    later = phone(moved)
    later.hears(moved.code)
    undo_step(step_id=token.steps.first().pk, actor=CLINIC)
    ear.hears("1 person is before you")
    assert 'data-stage="moved"' in told([token], rooms(moved))[f"token:{moved.pk}:en"]


def test_only_those_are_told_who_stand_in_the_lines() -> None:
    here, there = three(), three()
    assert set(told(here, rooms(*here, *there))) == rooms(*here)
    assert told(here, set()) == {}


def test_who_has_gone_is_told_how_it_ended_with_the_others() -> None:
    first, second, third = three()
    for to in ("called", "in_consultation", "completed"):
        steps.take_step(token_id=first.pk, to=to, actor=CLINIC)
    said = told([first], rooms(first, second, third))
    assert "Thank you for coming" in said[f"token:{first.pk}:en"]
    assert "You are next" in said[f"token:{second.pk}:en"]


def test_telling_many_costs_as_many_queries_as_telling_one() -> None:
    tokens = three()
    steps.leave_queue(token_id=tokens[0].pk, actor=CLINIC)
    lines = lines_of(queues_on_show(tokens[0].location_id))
    with CaptureQueriesContext(
        connection,
    ) as few:
        list(token_messages(lines, rooms(*tokens[:2]), 1))
    doctor = tokens[0].queue.doctor
    more = [walk_in(doctor, tokens[0].location) for _ in range(6)]
    for token in more[:3]:
        steps.leave_queue(token_id=token.pk, actor=CLINIC)
    lines = lines_of(queues_on_show(tokens[0].location_id))
    with CaptureQueriesContext(connection) as many:
        assert len(list(token_messages(lines, rooms(*tokens, *more), 1))) == 9
    assert len(many) == len(few) <= 2


def test_phones_that_are_looked_after_together_cost_one_reading_of_the_queue() -> None:
    tokens = three()
    states = [TokenRoom(token.pk, "en").state() for token in tokens]
    first_look = [state()[0].body for state in states]
    with CaptureQueriesContext(connection) as queries:
        again = [state()[0].body for state in states]
    lines = [query for query in queries if "special_requirements" in query["sql"] and " IN (" in query["sql"]]
    assert len(lines) < 3
    for before, now in zip(first_look, again, strict=True):
        assert before.partition("Updated")[0] == now.partition("Updated")[0]


def test_who_comes_anew_is_told_what_is_the_case_now_whatever_others_read_before() -> None:
    first, second, _third = three()
    looking = TokenRoom(second.pk, "en").state()
    looking(), looking()
    steps.call_token(token_id=first.pk, actor=CLINIC)
    [message] = TokenRoom(second.pk, "en").state()()
    assert "You are next" in message.body


def test_when_the_day_is_over_there_is_nothing_more_to_see() -> None:
    token = three()[0]
    state = TokenRoom(token.pk, "en").state()
    with (
        time_machine.travel(day_is_over_at(token.day, token.location) + timedelta(seconds=1)),
        pytest.raises(LinkEnded),
    ):
        state()
    with pytest.raises(LinkEnded):
        TokenRoom(999_999, "en").state()()


def test_what_is_told_later_says_so() -> None:
    state = TokenRoom(three()[0].pk, "en").state()
    versions = [state()[0].version for _ in range(3)]
    assert versions == sorted(versions)
