"""Guarantees 9 and 10: the boards are what the database says, whatever breaks between them; and Redis is expendable.

The calls are made by this process; the boards are served by another one, and Redis is between the two.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from accounts.live.renderer import renderer
from config.tests.screens import Screen, until
from config.tests.sockets import start, starting
from queueing.live_board import BoardRoom
from queueing.models import Queue, Token, TokenStep
from queueing.selectors.calls import CALLS
from queueing.services.steps import call_next, put_back, recall_token
from queueing.states import TokenStatus
from queueing.tests.factories import walk_in
from scheduling.models import Location
from scheduling.tests.factories import CLINIC, DoctorFactory, LocationFactory
from testing.embedded import EmbeddedServer
from testing.missing import cannot_run
from testing.redis_server import NoRedis, RedisServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DOCTORS = 5
CALLS_MADE = 200
SCREENS = 20
WAITING = 4
RECALLED = 0.6
PACE = 0.03
PACE_IN_A_RESTART = 1.0


@pytest.fixture
def own_redis(settings: Any) -> Iterator[RedisServer]:
    """A Redis that nobody else uses, between this process and the server."""
    try:
        server = RedisServer().start()
    except NoRedis as missing:
        cannot_run("boards with Redis", remedy=str(missing))
    settings.LIVE_UPDATES, settings.REDIS_URL = True, server.url
    yield server
    renderer.stop()
    server.remove()


@pytest.fixture
def served(own_redis: RedisServer, tmp_path: Path) -> Iterator[EmbeddedServer]:
    """The server of the boards."""
    made = start(tmp_path, REDIS_URL=own_redis.url)
    yield made
    made.stop()


@pytest.fixture
def place(transactional_db: None) -> Location:
    """A place with a queue for each of its doctors."""
    location: Location = LocationFactory()
    for number in range(DOCTORS):
        walk_in(DoctorFactory(locations=[location], room=f"Room {number}"), location)
    return location


def queues_of(location: Location) -> list[int]:
    return list(Queue.objects.filter(location=location).order_by("pk").values_list("pk", flat=True))


def calls_of(location: Location) -> set[int]:
    steps = TokenStep.objects.filter(queue__location=location, what__in=CALLS, undone_at=None)
    return set(steps.values_list("pk", flat=True))


def call_somebody(queue_id: int, dice: random.Random) -> int:
    """A call as a desk makes it: whoever is next, somebody again, or somebody who was put back. Returns the step."""
    called = list(Token.objects.filter(queue=queue_id, status=TokenStatus.CALLED).order_by("called_at"))
    way = dice.random()
    if called and way < RECALLED:
        token = recall_token(token_id=dice.choice(called).pk, actor=CLINIC)
    else:
        if len(called) > 1:
            put_back(token_id=called[0].pk, actor=CLINIC)
        token = call_next(queue_id=queue_id, actor=CLINIC)
    return token.steps.latest("pk").pk


def picture_of(location: Location) -> str:
    [message] = BoardRoom(location.pk).read()
    return message.body


class Scissors(threading.Thread):
    """Cuts sockets at random, until told to stop."""

    def __init__(self, screens: list[Screen]) -> None:
        super().__init__(daemon=True)
        self.screens = screens
        self.is_over = threading.Event()
        self.dice = random.Random(4)

    def run(self) -> None:
        """One socket after the other."""
        while not self.is_over.wait(0.15):
            self.dice.choice(self.screens).cut()


def answers(server: EmbeddedServer) -> bool:
    try:
        return server.get("/health/live/")[0] == 200
    except OSError:
        return False


def test_boards_equal_the_database_whatever_breaks(
    place: Location, served: EmbeddedServer, own_redis: RedisServer, tmp_path: Path
) -> None:
    """200 calls, 20 boards, sockets cut at random, the server restarted once."""
    queues = queues_of(place)
    for queue in Queue.objects.filter(location=place).select_related("doctor"):
        for _ in range(WAITING):
            walk_in(queue.doctor, place)
    screens = [Screen(served, f"/ws/board/{place.slug}/") for _ in range(SCREENS)]
    scissors = Scissors(screens)
    is_restarting = False
    try:
        until(lambda: all(screen.picture for screen in screens), 15)
        scissors.start()
        committed: dict[int, float] = {}
        dice = random.Random(7)
        for number in range(CALLS_MADE):
            if number == CALLS_MADE // 2:
                served.stop()
                served.process = starting(tmp_path, port=served.port, REDIS_URL=own_redis.url).process
                is_restarting = True
            step = call_somebody(queues[number % DOCTORS], dice)
            committed[step] = time.monotonic()
            is_restarting = is_restarting and not answers(served)
            time.sleep(PACE_IN_A_RESTART if is_restarting else PACE)
        scissors.is_over.set()
        expected = picture_of(place)
        until(lambda: all(screen.picture == expected for screen in screens), 10)
    finally:
        scissors.is_over.set()
        for screen in screens:
            screen.close()
    assert calls_of(place) == set(committed)
    assert len(committed) == CALLS_MADE
    for screen in screens:
        assert set(committed) <= set(screen.seen), "a call was skipped"
    waits = sorted(screen.seen[call] - moment for screen in screens for call, moment in committed.items())
    assert waits[int(len(waits) * 0.95)] < 1.0, f"95 % were seen within {waits[int(len(waits) * 0.95)]:.2f} s"
    assert sum(screen.cuts for screen in screens) > SCREENS


def test_redis_is_expendable(place: Location, served: EmbeddedServer, own_redis: RedisServer) -> None:
    """While it hangs or is gone, calls go on and the board is right within ten seconds; back, within five."""
    [queue, *_] = queues_of(place)
    doctor = Queue.objects.get(pk=queue).doctor
    for _ in range(5):
        walk_in(doctor, place)
    screen = Screen(served, f"/ws/board/{place.slug}/")
    assert own_redis.process is not None
    try:
        until(lambda: screen.picture == picture_of(place), 15)
        own_redis.process.send_signal(signal.SIGSTOP)
        assert _called(queue) < 1, "a call waits for nobody"
        until(lambda: screen.picture == picture_of(place), 10)
        own_redis.process.send_signal(signal.SIGCONT)
        own_redis.stop()
        assert _called(queue) < 1
        until(lambda: screen.picture == picture_of(place), 10)
        assert "Please come in" in served.get(f"/board/{place.slug}/state/")[1]
        own_redis.start()
        redis.Redis.from_url(own_redis.url).flushall()
        assert _called(queue) < 1
        until(lambda: screen.picture == picture_of(place), 5)
        time.sleep(2)  # both sides have found Redis again: calls are told, not looked for
        assert _called(queue) < 1
        until(lambda: screen.picture == picture_of(place), 1)
    finally:
        own_redis.process.send_signal(signal.SIGCONT)
        screen.close()


def _called(queue_id: int) -> float:
    """Call somebody; the seconds it took."""
    began = time.monotonic()
    call_next(queue_id=queue_id, actor=CLINIC)
    return time.monotonic() - began
