"""What the waiting room is shown is what is the case: who is called, who is next, and nothing that names anybody."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.live.renderer import renderer
from accounts.tests.ears import Listening
from queueing import live, live_board
from queueing.live_board import MOST_BEFORE, MOST_CALLED, BoardRoom, RoomUnknown, find_room
from queueing.models import Queue, QueuePolicy, Token
from queueing.services.emergencies import raise_emergency
from queueing.services.queues import set_doctor_status, set_room
from queueing.services.steps import call_next, finish_token, put_back, recall_token, start_token
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import EmergencySource
from queueing.tests.board import Picture
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.factories import CLINIC, DoctorFactory, LocationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listening(live_updates):
    """The process's sockets."""
    made = Listening()
    yield made
    made.close()


@pytest.fixture
def place():
    """A doctor and where they work."""
    return a_doctor(name="Dr Ada Byron")


def picture(location, doctor=None, language="en"):
    room = BoardRoom(location.pk, doctor.pk if doctor else None)
    [message] = room.read()
    return Picture(message.body, language)


def waiting(doctor, location, count=1):
    return [walk_in(doctor, location) for _ in range(count)]


def call(token):
    return call_next(queue_id=token.queue_id, actor=CLINIC)


def test_a_day_without_queues_says_so(place):
    _, location = place
    assert "No doctor has a queue here yet today" in picture(location).words("doctors")
    assert picture(location).words("calls") == "Nobody has been called yet"


def test_who_is_called_stands_above_who_went_in_and_who_is_next(place):
    tokens = waiting(*place, 5)
    for _ in range(2):
        token = call(tokens[0])
        start_token(token_id=token.pk, actor=CLINIC)
        finish_token(token_id=token.pk, actor=CLINIC)
    call(tokens[0])
    seen = picture(place[1])
    assert seen.called == ["A003"]
    assert seen.before == ["A002", "A001"]
    assert "Room 1" in seen.words("calls")
    assert seen.words("doctors").endswith("On time 2 people waiting Next A004 A005")


def test_the_last_who_was_called_stays_in_sight_when_nobody_is_awaited(place):
    [token] = waiting(*place)
    call(token)
    start_token(token_id=token.pk, actor=CLINIC)
    seen = picture(place[1])
    assert seen.called == []
    assert seen.words("calls") == "Last called A001 Room 1"


def test_a_call_that_was_taken_back_is_gone(place):
    [token] = waiting(*place)
    call(token)
    undo_step(step_id=token.steps.first().pk, actor=CLINIC)
    seen = picture(place[1])
    assert seen.called == []
    assert seen.feed == []


def test_who_is_put_back_or_sent_to_another_doctor_is_not_awaited_here(place):
    doctor, location = place
    first, second = waiting(doctor, location, 2)
    call(first), call(second)
    put_back(token_id=first.pk, actor=CLINIC)
    transfer_token(token_id=second.pk, doctor_id=DoctorFactory(locations=[location]).pk, actor=CLINIC)
    seen = picture(location)
    assert seen.called == []
    assert seen.before == []
    assert "B001" in seen.words("doctors")


def test_calling_again_is_a_call_of_its_own(place):
    [token] = waiting(*place)
    call(token)
    recall_token(token_id=token.pk, actor=CLINIC)
    seen = picture(place[1])
    assert len(seen.feed) == 2
    assert seen.called == ["A001"]


def test_a_screen_holds_no_more_than_can_be_read(place):
    tokens = waiting(*place, MOST_CALLED + MOST_BEFORE + 3)
    for token in tokens:
        call(token)
    seen = picture(place[1])
    assert len(seen.called) == MOST_CALLED
    assert len(seen.before) == MOST_BEFORE
    assert seen.called[0] == tokens[-1].code


@pytest.mark.parametrize(
    ("status", "more", "words"),
    [
        ("on_time", {}, "On time"),
        ("running_late", {"minutes": 20}, "Running about 20 minutes late"),
        ("running_late", {"minutes": 1}, "Running about 1 minute late"),
        ("running_late", {"minutes": 0}, "Running late"),
        ("on_break", {}, "On a break"),
        ("finished", {}, "Finished for today"),
        ("not_started", {}, "Not started yet"),
    ],
)
def test_how_the_doctors_day_goes_is_said_in_words(place, status, more, words):
    [token] = waiting(*place)
    set_doctor_status(queue_id=token.queue_id, status=status, actor=CLINIC, **more)
    assert words in picture(place[1]).words("doctors")


def test_a_break_says_until_when_by_the_clock_on_the_wall():
    doctor, location = a_doctor(LocationFactory(time_zone="Asia/Kolkata"))
    [token] = waiting(doctor, location)
    back = timezone.now() + timedelta(minutes=30)
    set_doctor_status(queue_id=token.queue_id, status="on_break", actor=CLINIC, back_at=back)
    wall = back.astimezone(location.zone).strftime("%H:%M")
    assert f"On a break until {wall}" in picture(location).words("doctors")
    Queue.objects.update(back_at=timezone.now())
    assert "On a break until" not in picture(location).words("doctors")


def test_nobody_is_named_and_initials_only_where_the_clinic_says_so(place):
    doctor, location = place
    tokens = [walk_in(doctor, location, first_name=name, last_name="Quackenbush") for name in ("Zebedee", "Ottoline")]
    call(tokens[0])
    plain = picture(location).html
    QueuePolicy.objects.create(location=location, shows_initials=True)
    initialled = picture(location)
    for html in (plain, initialled.html):
        assert not any(word in html for word in ("Zebedee", "Ottoline", "Quackenbush", "walker", tokens[0].secret))
    assert "Z.Q." not in plain
    assert "Z.Q." in initialled.words("calls")
    assert "O.Q." in initialled.words("doctors")


def test_every_language_of_the_clinic_is_in_the_same_bytes(place):
    doctor, location = place
    QueuePolicy.objects.create(location=location, board_languages="hi en ar")
    [token] = waiting(doctor, location)
    call(token)
    assert picture(location, language="hi").words("calls").startswith("कृपया अंदर आइए")
    assert picture(location, language="en").words("calls").startswith("Please come in")
    assert picture(location, language="ar").words("calls").startswith("يرجى الدخول")
    html = picture(location).html
    assert 'lang="hi" dir="ltr">' in html, "the first language is seen from the start"
    assert 'lang="ar" dir="rtl" hidden>' in html
    assert 'data-voice="hi-IN" data-to-room="टोकन {token}, कृपया {room} में जाइए।"' in html


def test_a_room_that_is_a_number_is_called_a_room(place):
    doctor, location = place
    QueuePolicy.objects.create(location=location, board_languages="en es")
    [token] = waiting(doctor, location)
    set_room(queue_id=token.queue_id, room="12", actor=CLINIC)
    call(token)
    assert "Room 12" in picture(location).words("calls")
    assert "Sala 12" in picture(location, language="es").words("calls")


def test_a_clinic_cannot_choose_a_language_that_nobody_speaks():
    policy = QueuePolicy(location=LocationFactory(), board_languages="en tlh")
    with pytest.raises(ValidationError, match="Write codes of languages that the board speaks"):
        policy.full_clean()
    policy.board_languages = "en, hi es ar"
    policy.full_clean()


def test_a_screen_of_one_doctor_shows_no_other(place):
    doctor, location = place
    other = DoctorFactory(locations=[location], name="Dr Grace Hopper")
    call(*waiting(doctor, location))
    call(*waiting(other, location))
    seen = picture(location, other)
    assert seen.called == ["B001"]
    assert "Byron" not in seen.html
    assert len(seen.feed) == 1


def test_yesterdays_queue_is_shown_while_somebody_is_in_it(place):
    doctor, location = place
    [token] = waiting(doctor, location)
    yesterday = token.day - timedelta(days=1)
    Queue.objects.filter(pk=token.queue_id).update(day=yesterday)
    Token.objects.filter(pk=token.pk).update(day=yesterday)
    assert "A001" in picture(location).words("doctors")
    Queue.objects.filter(pk=token.queue_id).update(closed_at=timezone.now())
    assert "No doctor has a queue" in picture(location).words("doctors")


def test_what_is_unknown_is_no_room(place):
    doctor, location = place
    elsewhere = DoctorFactory()
    for slug, asked in [
        ("nowhere", None),
        (location.slug, "x"),
        (location.slug, ""),
        (location.slug, str(elsewhere.pk)),
    ]:
        with pytest.raises(RoomUnknown):
            find_room(slug, asked)
    assert find_room(location.slug, str(doctor.pk))[1] == BoardRoom(location.pk, doctor.pk)
    assert BoardRoom.from_name(BoardRoom(5, 7).name) == BoardRoom(5, 7)
    assert BoardRoom.from_name(BoardRoom(5).name) == BoardRoom(5)


def test_a_closed_place_has_no_board(place):
    _, location = place
    location.is_active = False
    location.save()
    with pytest.raises(RoomUnknown):
        BoardRoom(location.pk).read()


def queries_of_a_board(location):
    with CaptureQueriesContext(
        connection,
    ) as found:
        BoardRoom(location.pk).read()
    return len(found)


def test_a_board_costs_the_same_for_one_doctor_as_for_four(place):
    doctor, location = place
    waiting(doctor, location, 2)
    one = queries_of_a_board(location)
    for _ in range(3):
        another = DoctorFactory(locations=[location])
        call(waiting(another, location, 3)[0])
    assert queries_of_a_board(location) <= one


# --- Told live --------------------------------------------------------------------------------------------------


def look(listening, location, doctor=None):
    room = BoardRoom(location.pk, doctor.pk if doctor else None)
    return listening.join(room.name, state=room.read)


def wait_until(reached, seconds=5):
    deadline = monotonic() + seconds
    while not reached():
        assert monotonic() < deadline, "it never happened"
        sleep(0.005)


def test_a_call_is_seen_at_once_by_all_who_look(listening, place):
    doctor, location = place
    [token] = waiting(doctor, location)
    ears = [look(listening, location) for _ in range(3)] + [look(listening, location, doctor)]
    call(token)
    for ear in ears:
        ear.hears("Please come in")
        assert Picture(ear.texts[-1]).called == ["A001"]


def test_a_call_that_is_rolled_back_is_told_to_nobody(listening, place):
    doctor, location = place
    [token] = waiting(doctor, location)
    ear = look(listening, location)
    with transaction.atomic():
        call(token)
        transaction.set_rollback(True)
    ear.hears_nothing_more()


def test_a_screen_elsewhere_hears_nothing(listening, place):
    [token] = waiting(*place)
    ear = look(listening, LocationFactory())
    call(token)
    ear.hears_nothing_more()


def change_doctor(doctor, location):
    doctor.name = "Dr Ada Lovelace"
    doctor.save()


def change_languages(doctor, location):
    QueuePolicy.objects.create(location=location, board_languages="en es")


def change_room(doctor, location):
    set_room(queue_id=Queue.objects.get(doctor=doctor).pk, room="Lovelace Room", actor=CLINIC)


def change_status(doctor, location):
    set_doctor_status(queue_id=Queue.objects.get(doctor=doctor).pk, status="running_late", actor=CLINIC)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_doctor, "Lovelace"),
        (change_languages, "Médicos de hoy"),
        (change_room, "Lovelace Room"),
        (change_status, "Running about 10 minutes late"),
        (lambda doctor, location: walk_in(doctor, location), "A002"),
    ],
)
def test_whatever_a_screen_shows_is_told_when_it_changes(listening, place, change, words):
    waiting(*place)
    ear = look(listening, place[1])
    assert words not in ear.texts[0]
    change(*place)
    ear.hears(words)


def test_an_emergency_does_not_show_on_the_board(listening, place):
    [token] = waiting(*place)
    ear = look(listening, place[1])
    raise_emergency(location=place[1], source=EmergencySource.STAFF, actor=CLINIC, token=token, message="fell down")
    ear.hears_nothing_more()


def test_many_changes_are_one_message_or_two_for_any_number_of_screens(listening, place, monkeypatch):
    doctor, location = place
    tokens = waiting(doctor, location, 8)
    ears = [look(listening, location) for _ in range(20)]
    drawn = []
    real = live_board.render
    monkeypatch.setattr(live_board, "render", lambda *args: drawn.append(1) or real(*args))
    with transaction.atomic():
        for token in tokens:
            call(token)
    for ear in ears:
        wait_until(lambda ear=ear: len(Picture(ear.texts[-1]).feed) == len(tokens))
        assert len(ear.texts) <= 3
    assert len(drawn) <= 2


def test_nothing_is_read_while_nobody_looks(live_updates, place, monkeypatch):
    [token] = waiting(*place)
    monkeypatch.setattr(live, "lines_of", lambda queues: pytest.fail("read for nobody"))
    call(token)
    renderer.stop()
    assert not live._waiting._news


def test_what_could_not_be_told_is_told_later(listening, place, monkeypatch):
    [token] = waiting(*place)
    ear = look(listening, place[1])
    real, failures = live.lines_of, [OSError("no database")]

    def fails_once(queues):
        if failures:
            raise failures.pop()
        return real(queues)

    monkeypatch.setattr(live, "lines_of", fails_once)
    call(token)
    ear.hears("Please come in")
