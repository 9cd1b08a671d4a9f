"""Several processes and a Redis between them, which may go away."""

from __future__ import annotations

import asyncio
import secrets
import signal
import subprocess
import sys
import time

import pytest
import redis
from django.conf import settings as current

from accounts.live.announcer import Announcer
from accounts.live.hub import Hub
from accounts.live.layer import PATIENCE, Publisher, prefix_of
from accounts.live.published import Published
from accounts.live.renderer import Renderer
from accounts.tests.ears import Ear
from accounts.tests.test_live_hub import settle
from testing.missing import cannot_run
from testing.redis_server import NoRedis, RedisServer

pytestmark = pytest.mark.once("it is Redis that comes and goes")
NEVER = "room that nobody is in"


@pytest.fixture(scope="module")
def server():
    try:
        running = RedisServer().start()
    except NoRedis as missing:
        cannot_run("live updates through Redis", remedy=str(missing))
    yield running
    running.remove()


@pytest.fixture
def _redis(settings, server):
    if server.process.poll() is not None:
        server.start()
    settings.REDIS_URL = server.url
    settings.LIVE_UPDATES = True


@pytest.fixture
async def process(_redis):
    """Makes what a further process would have: a hub and an announcer of its own."""
    made = []

    def make():
        made.append(Announcer(Hub(), Renderer()))
        return made[-1]

    yield make
    for announcer in made:
        for socket in list(announcer.hub._joined):
            announcer.hub.leave(socket)
        await asyncio.gather(*announcer.hub._under_way, return_exceptions=True)
        await asyncio.to_thread(announcer.renderer.stop)


def state(body, room="room"):
    return Published(room=room, part="part", version=time.time_ns(), body=body)


async def until(reached, seconds=10):
    async with asyncio.timeout(seconds):
        while not reached():
            await asyncio.sleep(0.005)


async def test_a_change_in_one_process_is_heard_in_the_others(process):
    here, there = process(), process()
    ears = [Ear(), Ear()]
    await here.hub.join(ears[0].socket, "room")
    await there.hub.join(ears[1].socket, "room")
    outside = Ear()
    await there.hub.join(outside.socket, "other room")
    here.tell("key", lambda: [state("news")])
    await until(lambda: all(ear.texts for ear in ears))
    assert [ear.texts for ear in ears] == [["news"], ["news"]]
    assert outside.texts == []


async def test_a_process_without_sockets_is_heard_and_so_is_its_last_word(process, server):
    """What a web worker or a management command says, right before it ends."""
    listening, ear = process(), Ear()
    await listening.hub.join(ear.socket, "room")
    program = (
        "import django; django.setup()\n"
        "from accounts.live.announcer import announcer\n"
        "from accounts.live.published import Published\n"
        "assert announcer.tell('key', lambda: [Published('room', 'part', 1, 'from afar')])"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_URL": server.url,
        "SECRET_KEY": secrets.token_hex(),
        "PATH": "",
    }
    command = [sys.executable, "-c", program]
    await asyncio.to_thread(subprocess.run, command, cwd=current.BASE_DIR, env=environment, check=True, timeout=60)
    await until(lambda: ear.texts)
    assert ear.texts == ["from afar"]


async def test_rooms_are_known_across_processes(process):
    here, there = process(), process()
    await there.hub.join(Ear().socket, "slots:5:1")
    await there.hub.join(Ear().socket, "slots:50:1")
    assert await asyncio.to_thread(here.listened, "slots:5:") == {"slots:5:1"}


async def test_leaving_and_coming_again_at_once_is_still_hearing(process):
    here, there = process(), process()
    keeps = Ear()
    await there.hub.join(keeps.socket, "other room")  # so that the connection stays
    for _turn in range(20):
        ear = Ear()
        await there.hub.join(ear.socket, "room")
        there.hub.leave(ear.socket)
    ear = Ear()
    await there.hub.join(ear.socket, "room")
    here.tell("key", lambda: [state("news")])
    await until(lambda: ear.texts)


async def test_nobody_waits_for_a_redis_that_is_away(process, server, caplog):
    caplog.set_level("WARNING", "frontdesk.live")
    here, ear = process(), Ear()
    await here.hub.join(ear.socket, "room")
    server.stop()
    began = time.monotonic()
    for number in range(5):
        here.tell("key", lambda number=number: [state(f"news {number}")])
    assert time.monotonic() - began < PATIENCE, "a booking waited"
    await until(lambda: "news 4" in ear.texts, seconds=3)  # in this process they are heard all the same
    await asyncio.to_thread(here.renderer.stop)
    said = [record.getMessage() for record in caplog.records if record.name == "frontdesk.live"]
    assert len([words for words in said if words.startswith("Redis is away, live updates stay")]) == 1


@pytest.fixture(params=["gone", "hanging"])
def trouble(request, server):
    """Brings Redis into trouble, and out of it at the end."""

    def begin():
        server.stop() if request.param == "gone" else server.process.send_signal(signal.SIGSTOP)

    yield begin
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGCONT)


@pytest.mark.usefixtures("_redis")
def test_a_publisher_tries_for_a_second_and_then_not_again(trouble):
    publisher = Publisher()
    publisher.publish([state("news", NEVER)])
    trouble()
    began = time.monotonic()
    publisher.publish([state("news", NEVER)])
    assert time.monotonic() - began < 3
    began = time.monotonic()
    for _turn in range(100):
        publisher.publish([state("news", NEVER)])
        assert publisher.listened("room") == set()
    assert time.monotonic() - began < PATIENCE, "it was tried again"


async def test_when_redis_is_back_everything_is_right_within_five_seconds(process, server):
    here, there = process(), process()
    truth = ["at first"]
    ear = Ear()
    await there.hub.join(ear.socket, "room", state=lambda: [state(truth[0])])
    await until(lambda: ear.texts == ["at first"])
    server.stop()
    truth[0] = "changed while it was away"
    here.tell("key", lambda: [state(truth[0])])
    await asyncio.sleep(0.3)
    assert ear.texts == ["at first"]
    server.start()
    await until(lambda: truth[0] in ear.texts, seconds=5)
    await asyncio.sleep(1.1)  # the publisher tries again by now
    here.tell("key", lambda: [state("news")])
    await until(lambda: "news" in ear.texts, seconds=3)


async def test_who_comes_while_redis_is_in_trouble_is_shown_what_is_the_case(process, trouble):
    there = process()
    await there.hub.join(Ear().socket, "other room")
    trouble()
    ear = Ear()
    began = time.monotonic()
    await there.hub.join(ear.socket, "room", state=lambda: [state("at first")])
    assert time.monotonic() - began < 3
    await settle()
    assert ear.texts == ["at first"]


async def test_who_comes_while_redis_is_away_hears_when_it_is_back(process, server):
    here, there = process(), process()
    server.stop()
    ear, truth = Ear(), ["at first"]
    began = time.monotonic()
    await there.hub.join(ear.socket, "room", state=lambda: [state(truth[0])])
    await settle()
    assert ear.texts == ["at first"]
    assert time.monotonic() - began < 3
    server.start()
    await until(lambda: here.listened("room") == {"room"}, seconds=5)
    truth[0] = "news"
    here.tell("key", lambda: [state(truth[0])])
    await until(lambda: "news" in ear.texts, seconds=3)


async def test_emptying_redis_harms_nothing(process, server):
    here, there, ear = process(), process(), Ear()
    await there.hub.join(ear.socket, "room")
    client = redis.Redis.from_url(server.url)
    client.flushall()
    here.tell("key", lambda: [state("news")])
    await until(lambda: ear.texts)
    client.publish(f"{prefix_of(server.url)}room", b"nonsense")
    here.tell("key", lambda: [state("more news")])
    await until(lambda: len(ear.texts) == 2)
    client.close()


async def test_what_nobody_thought_of_makes_no_process_deaf(process, server, caplog):
    here, there, ear = process(), process(), Ear()
    await there.hub.join(ear.socket, "room")
    with redis.Redis.from_url(server.url) as client:
        client.publish(f"{prefix_of(server.url)}room", b"[" * 100_000)
    await until(lambda: "could not pass on" in caplog.text)
    await until(lambda: here.listened("room") == {"room"}, seconds=5)
    here.tell("key", lambda: [state("news")])
    await until(lambda: "news" in ear.texts, seconds=3)


def test_databases_of_one_redis_do_not_hear_each_other():
    assert prefix_of("redis://redis:6379/0") != prefix_of("redis://redis:6379/1")
    assert prefix_of("redis://redis:6379") == prefix_of("redis://redis:6379/0")
