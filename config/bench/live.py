"""Conducts `bench live`: how soon after a commit the last of many sockets has the new state.

Seats are held and given back by real presses, and patients called at a real desk. The process that serves them notes
each commit (`stamping`), a load process of its own notes when each socket has the message (`listeners`), and in turn
with each press a plain server (`broadcast`) sends the same bytes to as many sockets of the same load process.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from config.bench import servers
from config.bench.figures import DOCTORS, Fanout, LiveFindings
from config.bench.live_desk import Desk, Hall
from config.bench.load import HOST, allow_many_files
from config.bench.servers import NotMeasurable, Served, Stage
from config.bench.stamping import NOTES, commit_of
from config.bench.steps import Child, Inside, manage

PAUSE = 0.15
"""Seconds between two changes: more than changes are collected for, so that each is told at once."""
OTHER_FILES = 300
BEFORE_MEMORY = 2
HALL_DOCTORS = 5
"""So many doctors call into the waiting room whose screens are measured."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LiveSize:
    """How much is measured."""

    sockets: int = 1000
    rooms: int = 20
    changes: int = 100
    warm_up: int = 8
    doctors: int = 40
    days: int = 14

    def quick(self) -> LiveSize:
        """Small enough to see in a few seconds that everything works; the figures mean little."""
        return replace(self, sockets=60, rooms=3, changes=6, warm_up=2, doctors=6, days=7)


@dataclass(frozen=True, slots=True)
class Room:
    """A doctor's day at a location, and a free seat of it."""

    doctor: int
    day: str
    location: int
    slot: int
    subject: str = DOCTORS

    @property
    def name(self) -> str:
        """What its sockets are called among others."""
        return str(self.doctor)

    @property
    def path(self) -> str:
        """Where its sockets listen."""
        return f"/ws/slots/{self.doctor}/?day={self.day}&location={self.location}"


class Watched(Protocol):
    """What sockets look at."""

    @property
    def name(self) -> str:
        """What its sockets are called among others."""

    @property
    def path(self) -> str:
        """Where they listen."""

    @property
    def subject(self) -> str:
        """What it is, for the report."""


class Presses(Protocol):
    """Somebody who changes what is looked at."""

    def press(self, room: Any) -> str:
        """Change it once; the name under which the commit is noted."""


class Browser:
    """Takes seats and gives them back by the wizard's buttons, over one kept-alive connection."""

    def __init__(self, port: int, cookies: str, csrf: str) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=20)
        self.csrf = csrf
        self.headers = {
            "Cookie": cookies,
            "Origin": f"http://{HOST}:{port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.held: dict[int, str] = {}

    def press(self, room: Room) -> str:
        """Change the state of the room: take its seat, or give it back. The name under which the commit is noted."""
        token = self.held.pop(room.slot, "")
        if token:
            self._post(f"/book/{token}/give-back/", "")
            return str(room.slot)
        parts = urlsplit(self._post("/book/hold/", f"&slot={room.slot}")).path.strip("/").split("/")
        if parts[0] != "book" or parts[-1] != "who":
            raise NotMeasurable(f"slot {room.slot} could not be held")
        self.held[room.slot] = parts[1]
        return str(room.slot)

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def _post(self, path: str, more: str) -> str:
        self.connection.request("POST", path, f"csrfmiddlewaretoken={self.csrf}{more}", self.headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in {302, 303}:
            raise NotMeasurable(f"POST {path} was answered with {answer.status}")
        return answer.getheader("Location") or ""


@dataclass(frozen=True, slots=True)
class Product:
    """The product while it runs: what serves its pages and what serves its sockets, which may be one."""

    pages: Served
    sockets: Served


class LiveConductor:
    """Measures one way to run the product."""

    def __init__(self, stage: Stage, size: LiveSize, say: Say) -> None:
        self.stage = stage
        self.size = size
        self.say = say
        runs_as = "web and live of the Procfile with Redis" if stage.is_postgres else "manage.py serve, one process"
        self.found = LiveFindings(f"{stage.name} {stage.version}, {runs_as}")

    def measure(self) -> LiveFindings:
        """Set up, measure both crowds, stop everything."""
        self.say(f"a demo clinic of {self.size.doctors} doctors for {self.size.days} days")
        manage(self.stage, "migrate", "-v0")
        if self.stage.is_postgres:
            manage(self.stage, "collectstatic", "--noinput", "-v0")
        manage(self.stage, "demo", "--doctors", str(self.size.doctors), "--days", str(self.size.days))
        with closing(Inside(self.stage)) as inside:
            prepared = inside.do("prepare_rooms", count=self.size.rooms)
            called = inside.do("prepare_hall", doctors=HALL_DOCTORS, waiting=self._waiting)
        rooms = [Room(**room) for room in prepared["rooms"]]
        for used in (rooms[:1], rooms):
            self.say(f"{self.size.sockets:,} sockets, doctors: {len(used)}")
            with (
                self._served() as product,
                closing(Browser(product.pages.port, prepared["cookies"], prepared["csrf"])) as browser,
                closing(Crowd(used, product, self.size, notes=self._notes)) as crowd,
            ):
                self.found.fanouts.append(crowd.measure(browser))
        self._measure_hall(called)
        manage(self.stage, "check_invariants")
        return self.found

    @property
    def _waiting(self) -> int:
        """So many who wait for each doctor that somebody can be called at each press."""
        return (self.size.warm_up + self.size.changes + BEFORE_MEMORY) // HALL_DOCTORS + 1

    def _measure_hall(self, prepared: dict[str, Any]) -> None:
        hall = Hall(prepared["slug"], [(doctor, queue) for doctor, queue in prepared["queues"]])
        self.say(f"{self.size.sockets:,} screens of one waiting room")
        with (
            self._served() as product,
            closing(Desk(hall, product.pages.port, prepared["cookies"], prepared["csrf"])) as desk,
            closing(Crowd([hall], product, self.size, notes=self._notes)) as crowd,
        ):
            self.found.fanouts.append(crowd.measure(desk))

    @property
    def _notes(self) -> Path:
        return self.stage.folder / "commits"

    @contextmanager
    def _served(self) -> Iterator[Product]:
        more = {"DJANGO_SETTINGS_MODULE": "config.bench.stamped_settings", NOTES: str(self._notes)}
        more |= {"HOLDS_PER_ADDRESS": "0"}  # all presses come from one browser
        with ExitStack() as stack:
            if not self.stage.is_postgres:
                everything = stack.enter_context(self._serving(servers.embedded_command, more))
                yield Product(everything, everything)
                return
            more |= {"REDIS_URL": stack.enter_context(servers.redis_server())}
            pages = stack.enter_context(self._serving(servers.production_command, more | {"DATABASE_POOL": "true"}))
            yield Product(pages, stack.enter_context(self._serving(servers.live_command, more)))

    def _serving(self, command: Callable[[int], list[str]], more: dict[str, str]) -> AbstractContextManager[Served]:
        port = servers.free_port()
        log = self.stage.folder / f"server-{port}.log"
        return servers.serving(command(port), port=port, environment=self.stage.environment | more, log=log)


class Crowd:
    """All sockets of a measurement: as many of the product's as of a plain server's, in one process."""

    def __init__(self, rooms: Sequence[Watched], product: Product, size: LiveSize, *, notes: Path) -> None:
        self.rooms = rooms
        self.sockets = product.sockets
        self.size = size
        self.notes = notes
        self.each = size.sockets // len(rooms)
        self.found = Fanout(sockets=self.each * len(rooms), rooms=len(rooms), subject=rooms[0].subject)
        self.plain_port = servers.free_port()
        files = 2 * size.sockets + OTHER_FILES
        allow_many_files(files)
        self.plain = Child("config.bench.broadcast", self.plain_port, files)
        self.listeners = Child("config.bench.listeners", files)

    def close(self) -> None:
        """End all sockets."""
        self.listeners.close()
        self.plain.close()

    def measure(self, browser: Presses) -> Fanout:
        """Open all sockets, then change and broadcast in turn."""
        for _press in range(BEFORE_MEMORY):  # so that nothing is loaded for the first time while memory is compared
            browser.press(self.rooms[0])
        before = self.sockets.memory()
        for room in self.rooms:
            self._open(f"ours {room.name}", port=self.sockets.port, path=room.path, greeted=True)
        self.found.memory = self.sockets.memory() - before
        self.plain.ask(path="", body="")  # it answers when it listens
        for room in self.rooms:
            self._open(f"plain {room.name}", port=self.plain_port, path=f"/{room.name}/", greeted=False)
        for place in range(self.size.warm_up + self.size.changes):
            room = self.rooms[place % len(self.rooms)]
            ours, body = self._change(room, browser)
            plain = self._broadcast(room, body)
            if place >= self.size.warm_up:
                self.found.ours.append(ours)
                self.found.plain.append(plain)
        return self.found

    def _open(self, group: str, *, port: int, path: str, greeted: bool) -> None:
        opened = self.listeners.ask(do="open", group=group, port=port, path=path, count=self.each, greeted=greeted)
        if opened["refused"] or opened["missing"]:
            raise NotMeasurable(f"{path}: {opened['missing']} of {self.each} sockets did not open: {opened['refused']}")

    def _change(self, room: Watched, browser: Presses) -> tuple[list[float], str]:
        """Press; the seconds from the commit until each socket of the room had the new state, and that state."""
        time.sleep(PAUSE)
        self.listeners.ask(do="arm", group=f"ours {room.name}")
        pressed = time.monotonic_ns()
        changed = browser.press(room)
        heard = self.listeners.ask(do="wait", group=f"ours {room.name}")
        committed = commit_of(changed, self.notes, since=pressed)
        if committed is None or not heard["arrived"]:
            raise NotMeasurable(f"{changed} changed, and no socket of {room.path} heard of it")
        self.found.missing += heard["missing"]
        self.found.different += heard["different"] - 1
        self.found.largest = max(self.found.largest, len(heard["body"].encode()))
        return _seconds(heard["arrived"], committed), heard["body"]

    def _broadcast(self, room: Watched, body: str) -> list[float]:
        time.sleep(PAUSE)
        self.listeners.ask(do="arm", group=f"plain {room.name}")
        began = self.plain.ask(path=f"/{room.name}/", body=body)["at"]
        return _seconds(self.listeners.ask(do="wait", group=f"plain {room.name}")["arrived"], began)


def _seconds(moments: list[int], since: int) -> list[float]:
    return [(moment - since) / 1e9 for moment in moments]
