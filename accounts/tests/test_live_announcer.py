"""Telling of changes: at once, once for many, again after trouble, and never in anybody's way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings as current
from django.db import connection

from accounts.live.announcer import Announcer
from accounts.live.hub import Hub
from accounts.live.published import Published, database_clock
from accounts.live.renderer import Renderer, TooMuchToDo
from accounts.tests.ears import Ear
from accounts.tests.test_live_hub import settle


@pytest.fixture
def renderer():
    made = Renderer(pause=0.05, idle=5)
    yield made
    made.stop()


def wait_until(reached, seconds=10):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def test_the_first_change_is_told_at_once(renderer):
    renderer.pause = 60
    done = threading.Event()
    renderer.soon("key", done.set)
    assert done.wait(5)


def test_a_hundred_changes_are_told_in_a_few_and_the_last_of_them_is(renderer):
    runs = []
    began = time.monotonic()
    for number in range(100):
        renderer.soon("key", lambda number=number: runs.append(number))
        time.sleep(0.001)
    wait_until(lambda: runs and runs[-1] == 99)
    assert len(runs) <= 2 + (time.monotonic() - began) / renderer.pause
    time.sleep(0.1)
    assert runs[-1] == 99


def test_changes_of_different_things_do_not_wait_for_each_other(renderer):
    renderer.pause = 60
    runs = []
    for key in range(20):
        renderer.soon(key, lambda key=key: runs.append(key))
    wait_until(lambda: len(runs) == 20)
    assert runs == list(range(20))


def test_what_fails_is_tried_again(renderer, monkeypatch, caplog):
    monkeypatch.setattr("accounts.live.renderer.TRY_AGAIN_AFTER", 0.01)
    runs = []

    def fails_twice():
        runs.append(1)
        if len(runs) < 3:
            raise RuntimeError("the database is away")

    renderer.soon("key", fails_twice)
    wait_until(lambda: len(runs) == 3)
    renderer.stop()
    assert len(runs) == 3
    assert [record.levelname for record in caplog.records if record.name == "frontdesk.live"] == ["ERROR"]


def test_what_always_fails_is_given_up(renderer, monkeypatch, caplog):
    monkeypatch.setattr("accounts.live.renderer.TRY_AGAIN_AFTER", 0.0)
    runs = []

    def fails():
        runs.append(1)
        raise RuntimeError("a fault of ours")

    renderer.soon("key", fails)
    wait_until(lambda: not renderer._jobs and len(runs) >= 15)
    time.sleep(0.05)
    assert len(runs) == 15


@pytest.mark.django_db(transaction=True)
def test_an_idle_thread_ends_and_gives_its_connection_back():
    renderer = Renderer(idle=0.05)
    connections = []

    def look():
        connection.ensure_connection()
        connections.append(connection.connection)

    renderer.ask(look).result(10)
    thread = renderer._thread
    thread.join(10)
    assert not thread.is_alive()
    with pytest.raises(Exception, match="closed"):
        connections[0].cursor().execute("SELECT 1")
    assert renderer.ask(lambda: "again").result(10) == "again"
    renderer.stop()


def test_a_question_is_answered_with_what_it_raises(renderer):
    def fails():
        raise LookupError("no such room")

    with pytest.raises(LookupError):
        renderer.ask(fails).result(10)
    assert renderer.ask(lambda: 5).result(10) == 5


def test_stopping_does_first_what_waits(renderer):
    runs = []
    renderer.pause = 60
    renderer.soon("key", lambda: runs.append("first"))
    wait_until(lambda: runs)
    renderer.soon("key", lambda: runs.append("second"))
    renderer.stop()
    assert runs == ["first", "second"]


def test_too_many_changes_at_once_are_dropped_not_kept_for_ever(renderer, monkeypatch, caplog):
    monkeypatch.setattr("accounts.live.renderer.MOST_JOBS", 3)
    hold = threading.Event()
    renderer.soon("busy", lambda: hold.wait(10))
    wait_until(lambda: not renderer._jobs)
    for number in range(10):
        renderer.soon(number, lambda: None)
    assert len(renderer._jobs) == 3
    with pytest.raises(TooMuchToDo):  # and whoever asked does not wait for an answer that never comes
        renderer.ask(lambda: None).result(5)
    hold.set()


def test_a_process_that_ends_tells_first():
    program = (
        "from accounts.live.renderer import Renderer; import time\n"
        "renderer = Renderer(pause=60); renderer.soon('key', lambda: None); time.sleep(0.2)\n"
        "renderer.soon('key', lambda: print('told'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + program],
        cwd=current.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "testing.settings", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.stdout, ended.stderr) == ("told\n", "")


@pytest.fixture
async def telling(settings, renderer):
    settings.LIVE_UPDATES = True
    announcer = Announcer(Hub(), renderer)
    yield announcer
    for socket in list(announcer.hub._joined):
        announcer.hub.leave(socket)


def state(body, room="room"):
    return Published(room=room, part="part", version=time.time_ns(), body=body)


async def test_who_listens_in_this_process_is_told(telling):
    ear = Ear()
    await telling.hub.join(ear.socket, "room")
    assert telling.tell("key", lambda: [state("news")])
    async with asyncio.timeout(10):
        while not ear.texts:
            await asyncio.sleep(0.005)
    assert ear.texts == ["news"]


async def test_for_nobody_nothing_is_read(telling, renderer):
    calls = []
    assert not telling.tell("key", lambda: calls.append(1) or [])
    assert renderer._thread is None
    assert calls == []


async def test_switched_off_nobody_is_told(telling, settings):
    settings.LIVE_UPDATES = False
    await telling.hub.join(Ear().socket, "room")
    assert not telling.tell("key", list)


async def test_nothing_new_is_nothing_told(telling, renderer):
    ear = Ear()
    await telling.hub.join(ear.socket, "room")
    telling.tell("key", list)
    await asyncio.to_thread(renderer.stop)
    await settle()
    assert ear.texts == []


@pytest.mark.django_db
def test_the_clock_of_versions_goes_on():
    first = database_clock()
    time.sleep(0.002)
    second = database_clock()
    assert 1000 < second - first < 60_000_000
    assert abs(second / 1e6 - time.time()) < 60
