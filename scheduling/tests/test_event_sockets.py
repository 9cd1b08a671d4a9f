"""`/ws/events/`: who may open it, what may be said, and what ends it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import datetime

import pytest
from django.conf import settings as current
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.live import guards
from accounts.live.guards import Close
from accounts.live.hub import hub
from accounts.models import User
from accounts.services import sign_ins
from scheduling import event_sockets
from scheduling.event_sockets import MOST_ROOMS
from scheduling.models import Doctor, StaffAssignment
from scheduling.tests.conversations import OURS, SOON, Conversation, conversation, in_thread
from scheduling.tests.factories import CLINIC

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]


# --- At the door -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://testserver.evil.example"])
async def test_only_pages_of_ours_may_use_a_session(clinic, origin):
    assert not await (await in_thread(Conversation)(user=clinic.users["manager"], origin=origin)).open()


async def test_programs_need_no_origin_but_bring_none_of_others(clinic):
    token = (await in_thread(sign_ins.sign_in)(user=clinic.users["manager"], actor=CLINIC)).access
    async with conversation(token=token, origin=None) as talk:
        assert (await talk.ask(type="ping"))["type"] == "pong"
    assert not await Conversation(token=token, origin="http://evil.example").open()


async def test_a_page_of_a_partner_that_cors_lets_in_may_bring_a_token(clinic, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://partner.example"]
    token = (await in_thread(sign_ins.sign_in)(user=clinic.users["manager"], actor=CLINIC)).access
    async with conversation(token=token, origin="https://partner.example"):
        pass
    user = clinic.users["manager"]
    assert not await (await in_thread(Conversation)(user=user, origin="https://partner.example")).open()


@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c", "x" * 9000])
async def test_whoever_is_not_signed_in_is_told_so(token):
    async with conversation(token=token, origin=None if token else OURS) as talk:
        assert await talk.closed() == Close.NOT_SIGNED_IN


async def test_a_person_has_only_so_many_sockets(clinic, settings):
    settings.SOCKETS_PER_PERSON = 2
    user = clinic.users["manager"]
    async with conversation(user=user), conversation(user=user), conversation(user=user) as third:
        assert await third.closed() == Close.TOO_MANY


async def test_an_address_has_only_so_many_sockets(clinic, settings, monkeypatch):
    monkeypatch.setattr(event_sockets, "TOO_MANY_WAIT", 0.2)
    settings.SOCKETS_PER_ADDRESS = 2
    users = list(clinic.users.values())
    third = await in_thread(Conversation)(user=users[2])
    async with conversation(user=users[0]), conversation(user=users[1]):
        began = time.monotonic()
        assert not await third.open()
        assert time.monotonic() - began >= 0.2


async def test_a_cookie_that_comes_too_often_is_refused_before_anybody_asks_whose_it_is(clinic, settings, monkeypatch):
    monkeypatch.setattr(event_sockets, "TOO_MANY_WAIT", 0)
    settings.SOCKETS_PER_PERSON = 3
    client = (await in_thread(Conversation)(user=clinic.users["manager"])).client
    await in_thread(client.logout)()
    client.cookies[current.SESSION_COOKIE_NAME] = "stale"
    for _ in range(3):
        async with conversation(client=client) as talk:
            assert await talk.closed() == Close.NOT_SIGNED_IN
    monkeypatch.setattr(event_sockets, "recognise", None)
    assert not await Conversation(client=client).open()


# --- The protocol ------------------------------------------------------------------------------------------------


async def test_every_message_has_its_type_version_and_moment(clinic):
    async with conversation(user=clinic.users["manager"]) as talk:
        pong = await talk.ask(type="ping")
        assert set(pong) == {"type", "version", "at", "data"}
        assert datetime.fromisoformat(pong["at"]).timestamp() == pytest.approx(pong["version"] / 1e6, abs=1e-3)


UNDOABLE = [
    ({}, "unknown_type"),
    ({"type": "shout"}, "unknown_type"),
    ({"type": None}, "unknown_type"),
    ({"type": ["subscribe"]}, "unknown_type"),
    ({"type": "\ud800"}, "unknown_type"),
    ({"type": "subscribe"}, "wrong_fields"),
    ({"type": "ping", "room": "admin"}, "wrong_fields"),
    ({"type": "subscribe", "room": "admin", "as": "root"}, "wrong_fields"),
    ({"type": "subscribe", "room": 5}, "unknown_room"),
    ({"type": "subscribe", "room": ""}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:"}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:0"}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:-5"}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:5\n"}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:٣"}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:*"}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:" + "9" * 19}, "unknown_room"),
    ({"type": "subscribe", "room": "admin:1"}, "unknown_room"),
    ({"type": "subscribe", "room": "visits"}, "unknown_room"),
    ({"type": "subscribe", "room": "visits.1.1"}, "unknown_room"),
    ({"type": "subscribe", "room": "doctor:" + "9" * 18}, "not_permitted"),
    ({"type": "subscribe", "room": "location:" + "9" * 18}, "not_permitted"),
    ({"type": "subscribe", "room": "user:" + "9" * 18}, "not_permitted"),
    ({"type": "unsubscribe", "room": "nonsense"}, "unknown_room"),
    ({"type": "renew", "token": 5}, "token_refused"),
    ({"type": "renew", "token": "nonsense"}, "token_refused"),
]


async def test_what_cannot_be_done_is_answered_with_a_code_and_a_sentence(clinic):
    async with conversation(user=clinic.users["manager"]) as talk:
        for words, code in UNDOABLE:
            answer = await talk.ask(**words)
            assert (answer["type"], answer["data"]["code"]) == ("error", code), words
            assert answer["data"]["detail"].endswith(".")
        assert (await talk.ask(type="ping"))["type"] == "pong"


NO_SENTENCES = [
    ({"text_data": " "}, Close.BAD_FRAME),
    ({"text_data": "hello"}, Close.BAD_FRAME),
    ({"text_data": "[]"}, Close.BAD_FRAME),
    ({"text_data": '"ping"'}, Close.BAD_FRAME),
    ({"text_data": '{"type": "ping"'}, Close.BAD_FRAME),
    ({"text_data": "[" * 16_000}, Close.BAD_FRAME),
    ({"text_data": '{"a":' * 3_000}, Close.BAD_FRAME),
    ({"text_data": '{"type": ' + "9" * 10_000 + "}"}, Close.BAD_FRAME),
    ({"bytes_data": b'{"type": "ping"}'}, Close.BAD_FRAME),
    ({"bytes_data": b"\x00" * 100}, Close.BAD_FRAME),
    ({"text_data": "x" * 17_000}, Close.TOO_LARGE),
    ({"bytes_data": b"x" * 17_000}, Close.TOO_LARGE),
]


async def test_what_is_no_sentence_ends_the_conversation_and_leaves_no_trace(clinic, caplog):
    for frame, code in NO_SENTENCES:
        async with conversation(user=clinic.users["manager"]) as talk:
            await talk.wire.send_to(**frame)
            assert await talk.closed() == code, frame
    assert caplog.records == []


async def test_who_talks_without_pause_is_cut_off(clinic):
    async with conversation(user=clinic.users["manager"]) as talk:
        for _ in range(guards.MESSAGES_AT_ONCE + 10):
            await talk.say(type="ping")
        assert await talk.closed() == Close.TOO_MANY


async def test_a_socket_hears_only_so_many_rooms(clinic, monkeypatch):
    monkeypatch.setattr(guards, "MESSAGES_AT_ONCE", 1000)
    monkeypatch.setattr(event_sockets, "MOST_ROOMS", 2)
    here, there = clinic.here.pk, clinic.there.pk
    async with conversation(user=clinic.users["manager"]) as talk:
        await talk.subscribe(f"location:{here}", f"location:{there}", f"location:{here}")
        assert (await talk.ask(type="subscribe", room="admin"))["data"]["code"] == "too_many_rooms"
        assert (await talk.ask(type="unsubscribe", room=f"location:{here}"))["type"] == "unsubscribed"
        await talk.subscribe("admin")
    assert MOST_ROOMS >= 20


# --- What ends it ------------------------------------------------------------------------------------------------


async def test_signing_out_ends_it(clinic):
    async with conversation(user=clinic.users["manager"]) as talk, conversation(user=clinic.users["both"]) as other:
        await talk.subscribe("admin")
        await in_thread(talk.client.logout)()
        assert await talk.closed() == Close.NOT_SIGNED_IN
        assert (await other.ask(type="ping"))["type"] == "pong"


async def test_ending_a_programs_sign_in_ends_it(clinic):
    signed = await in_thread(sign_ins.sign_in)(user=clinic.users["patient"], actor=CLINIC)
    async with conversation(token=signed.access, origin=None) as talk:
        await in_thread(sign_ins.end_sign_in)(sign_in=signed.sign_in, actor=CLINIC)
        assert await talk.closed() == Close.NOT_SIGNED_IN


async def test_a_newer_token_keeps_it_open(clinic):
    user = clinic.users["patient"]
    signed = await in_thread(sign_ins.sign_in)(user=user, actor=CLINIC)
    other = await in_thread(sign_ins.sign_in)(user=clinic.users["other patient"], actor=CLINIC)
    again = await in_thread(sign_ins.sign_in)(user=user, actor=CLINIC)
    async with conversation(token=signed.access, origin=None) as talk:
        assert (await talk.ask(type="renew", token=other.access))["data"]["code"] == "token_refused"
        assert (await talk.ask(type="renew", token=again.access))["type"] == "renewed"
        await in_thread(sign_ins.end_sign_in)(sign_in=signed.sign_in, actor=CLINIC)
        assert await talk.silent()
        assert (await talk.ask(type="ping"))["type"] == "pong"
        await in_thread(sign_ins.end_sign_in)(sign_in=again.sign_in, actor=CLINIC)
        assert await talk.closed() == Close.NOT_SIGNED_IN


async def test_a_session_is_not_prolonged_by_a_token(clinic):
    user = clinic.users["patient"]
    signed = await in_thread(sign_ins.sign_in)(user=user, actor=CLINIC)
    async with conversation(user=user) as talk:
        assert (await talk.ask(type="renew", token=signed.access))["data"]["code"] == "token_refused"


@pytest.mark.parametrize("who", ["patient", "desk here", "manager"])
async def test_disabling_somebody_ends_it(clinic, who):
    user = clinic.users[who]
    async with conversation(user=user) as talk:
        await in_thread(User.objects.filter(pk=user.pk).update)(is_active=False)
        assert await talk.closed() == Close.NOT_SIGNED_IN


async def test_a_location_taken_away_ends_it(clinic):
    user = clinic.users["desk everywhere"]
    async with conversation(user=user) as talk:
        await talk.subscribe(f"doctor:{clinic.doctors['both'].pk}")
        assert await talk.silent()
        await in_thread(lambda: StaffAssignment.objects.get(user=user).locations.set([clinic.here]))()
        assert await talk.closed() == Close.NOT_PERMITTED
    async with conversation(user=user) as talk:
        assert (await talk.ask(type="subscribe", room=f"location:{clinic.there.pk}"))["type"] == "error"


@pytest.mark.parametrize(("who", "room"), [("manager", "admin"), ("desk here", "location"), ("both", "doctor")])
async def test_a_role_taken_away_ends_it(clinic, who, room):
    keys = {"admin": "", "location": f":{clinic.here.pk}", "doctor": f":{clinic.doctors['both'].pk}"}
    async with conversation(user=clinic.users[who]) as talk:
        await talk.subscribe(f"{room}{keys[room]}")
        if who == "both":
            await in_thread(lambda: Doctor.objects.filter(user=clinic.users[who]).update(user=None))()
        else:
            await in_thread(clinic.users[who].groups.clear)()
        assert await talk.closed() == Close.NOT_PERMITTED


async def test_a_location_that_is_added_ends_nothing(clinic):
    user = clinic.users["desk here"]
    async with conversation(user=user) as talk:
        await talk.subscribe(f"doctor:{clinic.doctors['both'].pk}")
        await in_thread(lambda: StaffAssignment.objects.get(user=user).locations.add(clinic.there))()
        assert await talk.silent()
        await talk.subscribe(f"location:{clinic.there.pk}")


async def test_looking_at_everybody_costs_the_same_for_one_and_for_many(clinic):
    def queries(listeners):
        with CaptureQueriesContext(connection) as seen:
            assert event_sockets.watch.who_must_go(listeners) == {}
        return len(seen)

    users = [clinic.users[name] for name in ("both", "doctor here", "desk here", "manager", "patient")]
    signed = await in_thread(sign_ins.sign_in)(user=clinic.users["root"], actor=CLINIC)
    async with conversation(user=users[0]) as one, conversation(token=signed.access, origin=None) as other:
        assert (await one.ask(type="ping"))["type"] == (await other.ask(type="ping"))["type"] == "pong"
        assert (few := await in_thread(queries)(list(event_sockets.watch.guests))) <= 6
        async with AsyncExitStack() as open_ones:
            for user in users * 4:
                talk = await open_ones.enter_async_context(conversation(user=user))
                assert (await talk.ask(type="ping"))["type"] == "pong"
            assert len(event_sockets.watch.guests) == 22
            assert await in_thread(queries)(list(event_sockets.watch.guests)) == few


async def test_when_the_database_is_away_nobody_is_let_in_and_nothing_breaks(clinic, monkeypatch):
    talk = await in_thread(Conversation)(user=clinic.users["manager"])

    def away(*_):
        raise ConnectionError

    monkeypatch.setattr(event_sockets, "recognise", away)
    assert await talk.open()
    assert await talk.closed() == Close.TRY_AGAIN
    await talk.wire.disconnect(timeout=SOON)


async def test_who_leaves_in_the_middle_of_everything_leaves_nothing_behind(clinic):
    async with conversation(user=clinic.users["manager"]) as talk:
        for number in range(20):
            await talk.say(type="subscribe" if number % 2 else "unsubscribe", room="admin")
    await asyncio.sleep(0.05)
    assert not hub._rooms
