"""Who listens to what in this process, and the one place that writes to them.

A room has parts (the room of a doctor's Tuesday has one; the room of events has one for each appointment). A socket
joins a room, or one part of it. Each part is told as whole state with a version; whatever is older than what was told
already is dropped, what says the same is not sent again, and all sockets get the same bytes.

    socket = Socket(send)
    await hub.join(socket, "slots:5:1:2026-12-01", state=read_that_day)   # read_that_day: () -> Iterable[Published]
    ...
    hub.leave(socket)

All of it is for the event loop, except `deliver_soon`, `listened`, `parts` and `is_busy`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings

from accounts.live.layer import Relay
from accounts.live.published import Published
from accounts.live.renderer import renderer
from accounts.live.sockets import Frame, Socket

logger = logging.getLogger("frontdesk.live")

State = Callable[[], Iterable[Published]]

FRESH_FOR = 1.0
"""Seconds in which those who come to a room are given what was read for the first of them, and what was told since."""
READ_AGAIN_EVERY = 20.0
"""Seconds after which a room's state is read again, whether or not anybody told of a change: lost messages are
made good, and what changes with the clock alone is seen."""
READ_AGAIN_WHILE_AWAY = 3.0
"""The same while Redis is away, and nobody could tell us of a change in another process."""
MOST_PARTS = 1000
"""Parts of a room whose last version is remembered."""
CLOCK_SET_BACK = 60 * 1_000_000
"""A version so many microseconds older is no older telling: the clock was set back."""


class _Told(NamedTuple):
    message: Published
    frame: Frame


@dataclass(slots=True)
class _Room:
    listeners: dict[str | None, set[Socket]] = field(default_factory=lambda: defaultdict(set))
    coming: set[Socket] = field(default_factory=set)
    latest: OrderedDict[str, _Told] = field(default_factory=OrderedDict)
    state: State | None = None
    read_at: float = 0.0
    reading: asyncio.Future[None] | None = None

    def is_empty(self) -> bool:
        return not self.coming and not any(self.listeners.values())

    def let_in(self, socket: Socket, part: str | None) -> None:
        """Whoever comes hears of changes from here on, and first what was told last."""
        self.coming.discard(socket)
        self.listeners[part].add(socket)
        for name, told in self.latest.items():
            if self.state is not None and part in (None, name):
                socket.write(told.frame)

    def forget(self, socket: Socket) -> None:
        self.coming.discard(socket)
        for sockets in self.listeners.values():
            sockets.discard(socket)


class Hub:
    """The rooms of one process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rooms: dict[str, _Room] = {}
        self._joined: dict[Socket, set[str]] = {}
        self._relay: Relay | None = None
        self._repair: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Future[None]] = set()

    async def join(self, socket: Socket, room: str, part: str | None = None, *, state: State | None = None) -> None:
        """Let a socket hear of a room, or of one part of it.

        When this returns, everything that is published from now on is written to it. With `state`, which reads the
        database and runs in the renderer's thread, the room's state was written to it first: as it is now, read once
        for all who come together. Whatever `state` raises is raised here, and the socket has not joined:
        LookupError where there is nothing to look at; anything else is logged as a fault.
        """
        self._loop = asyncio.get_running_loop()
        found = self._rooms.get(room)
        if found is None:
            found = self._rooms[room] = _Room()
        found.state = state or found.state
        found.coming.add(socket)
        self._joined.setdefault(socket, set()).add(room)
        try:
            self._ensure_tasks()
            if self._relay is not None:
                await self._relay.join(room)
            if state is not None:
                await self._read(found)
            if socket in found.coming:  # and did not leave meanwhile
                found.let_in(socket, part)
        except BaseException:
            self.leave(socket, room)
            raise

    def leave(self, socket: Socket, room: str | None = None) -> None:
        """Let a socket hear no more of a room, or of any. One that never joined may leave too."""
        rooms = self._joined.get(socket, set())
        for name in list(rooms) if room is None else [room]:
            found = self._rooms.get(name)
            if found is not None and name in rooms:
                rooms.discard(name)
                found.forget(socket)
                if found.is_empty():
                    self._close(name)
        if not rooms:
            self._joined.pop(socket, None)

    def latest(self, room: str, part: str) -> Published | None:
        """The last that was told of a part, while anybody is in the room."""
        found = self._rooms.get(room)
        told = found.latest.get(part) if found else None
        return told.message if told else None

    def parts(self, room: str) -> list[str]:
        """The parts that were told of, while anybody is in the room. Safe in every thread."""
        found = self._rooms.get(room)
        return list(found.latest) if found else []

    def deliver(self, message: Published) -> None:
        """Write to everybody who listens to that part, unless it is old or nothing new."""
        room = self._rooms.get(message.room)
        if room is None:
            return
        before = room.latest.get(message.part)
        if before is not None and 0 <= before.message.version - message.version < CLOCK_SET_BACK:
            return
        is_new = before is None or before.message.body != message.body
        frame = before.frame if before is not None and not is_new else Frame(message.body)
        room.latest[message.part] = _Told(message, frame)
        room.latest.move_to_end(message.part)
        if len(room.latest) > MOST_PARTS:
            room.latest.popitem(last=False)
        if is_new:
            for part in (None, message.part):
                for socket in list(room.listeners.get(part, ())):
                    socket.write(frame)

    def deliver_soon(self, messages: Iterable[Published]) -> None:
        """`deliver` each of them on the event loop. Safe in every thread; without an event loop nobody listens."""
        loop, told = self._loop, list(messages)
        if loop is not None and self._rooms and told:
            with suppress(RuntimeError):  # the loop was closed: the server is coming to its end
                loop.call_soon_threadsafe(self._deliver_all, told)

    def listened(self, prefix: str) -> set[str]:
        """The rooms with this beginning in which a socket of this process is. Safe in every thread."""
        return {name for name in list(self._rooms) if name.startswith(prefix)}

    def is_busy(self) -> bool:
        """Whether any socket of this process is in any room. Safe in every thread."""
        return bool(self._rooms)

    def _deliver_all(self, messages: Iterable[Published]) -> None:
        for message in messages:
            self.deliver(message)

    def _close(self, name: str) -> None:
        del self._rooms[name]
        if self._relay is not None:
            self._keep(self._relay.leave(name))
        if not self._rooms:
            self._end_tasks()

    async def _read(self, room: _Room) -> None:
        """Read the state of a room and deliver it; whoever comes meanwhile waits for the same reading."""
        if room.reading is None and time.monotonic() - room.read_at >= FRESH_FOR:
            room.reading = self._keep(self._read_now(room))
        if room.reading is not None:
            await asyncio.shield(room.reading)

    async def _read_now(self, room: _Room) -> None:
        state = room.state
        try:
            if state is not None:
                began = time.monotonic()
                self._deliver_all(await asyncio.wrap_future(renderer.ask(lambda: list(state()))))
                room.read_at = began
        except LookupError:
            raise
        except Exception:
            logger.exception("could not read what sockets look at")
            raise
        finally:
            room.reading = None

    def _ensure_tasks(self) -> None:
        if self._repair is None:
            self._repair = asyncio.ensure_future(self._keep_repairing())
        if self._relay is None and settings.REDIS_URL:
            self._relay = Relay(settings.REDIS_URL, deliver=self.deliver, returned=self._read_all_soon)

    def _end_tasks(self) -> None:
        if self._repair is not None:
            self._repair.cancel()
            self._repair = None
        if self._relay is not None:
            self._keep(self._relay.close())
            self._relay = None

    async def _keep_repairing(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(min(READ_AGAIN_EVERY, READ_AGAIN_WHILE_AWAY))
            is_deaf = self._relay is not None and self._relay.is_away
            if is_deaf or time.monotonic() - last >= READ_AGAIN_EVERY:
                last = time.monotonic()
                await self._read_all()

    def _read_all_soon(self) -> None:
        for room in self._rooms.values():
            room.read_at = 0.0
        self._keep(self._read_all())

    async def _read_all(self) -> None:
        """Read every room's state, one after another; what cannot be read now is read the next time."""
        for room in list(self._rooms.values()):
            with suppress(Exception):  # which the reading itself has logged
                await self._read(room)

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Run something on the side; the loop itself would forget it half way."""
        future = asyncio.ensure_future(work)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future


hub = Hub()
