"""A sign of life for screens that nobody looks after: a link that is lost without a word is noticed by its silence.

    pulse.add(socket)        every few seconds it is sent the time; one frame for all sockets
    pulse.remove(socket)

A browser cannot ping, and is not told of the server's pings. The time is the server's, so that a screen whose own clock
is wrong can show the right one.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from accounts.live.sockets import Frame, Socket

EVERY = 3.0
"""Seconds. Screens call themselves stale after eight without a word (static/frontdesk/board.js)."""


class Pulse:
    """The sockets of one process that are sent a sign of life. For the event loop alone."""

    def __init__(self) -> None:
        self._sockets: set[Socket] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: Socket) -> None:
        """Send it the time from now on."""
        self._sockets.add(socket)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._keep_beating())

    def remove(self, socket: Socket) -> None:
        """No more. One that was never added may be removed too."""
        self._sockets.discard(socket)
        if not self._sockets and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            frame = Frame(beat())
            for socket in list(self._sockets):
                socket.write(frame)


def beat() -> str:
    """The time, as a fragment of a page."""
    return f'<time datetime="{datetime.now(UTC).isoformat(timespec="milliseconds")}"></time>'


pulse = Pulse()
