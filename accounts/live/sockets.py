"""One open socket, as the hub writes to it: without waiting, the same bytes as to all others, never without bound."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import Any

from autobahn.websocket.protocol import PreparedMessage

from accounts.live.guards import Close

Send = Callable[[dict[str, Any]], Awaitable[None]]

MOST_UNSENT = 512 * 1024
"""Bytes that may wait for somebody who does not read, beside what the kernel keeps; with more the socket is closed."""


class Frame:
    """A text message, framed once for all sockets of a daphne."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def framed(self) -> bytes:
        """The bytes as they go over the wire."""
        message = PreparedMessage(self.text.encode(), isBinary=False, applyMask=False, doNotCompress=True)
        framed: bytes = message.payloadHybi
        return framed


class Socket:
    """Somebody who listens. Lives on the event loop; everything here is called there and returns at once."""

    def __init__(self, send: Send) -> None:
        self.is_closing = False
        self._send = send
        self._protocol = _autobahn_behind(send)
        self._waiting: deque[str] = deque()
        self._unsent = 0
        self._writer: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None

    def write(self, frame: Frame) -> None:
        """Send a message; to somebody too slow for what is already on its way, close (4408) instead."""
        if self.is_closing:
            return
        if self._backlog() > MOST_UNSENT:
            self.close(Close.SLOW)
        elif self._protocol is None:
            self._queue(frame.text)
        elif self._protocol.state == self._protocol.STATE_OPEN:
            self._write_frame(frame.framed)

    def close(self, code: int) -> None:
        """Close with a code. The endpoint hears of it as of any other end: by `websocket.disconnect`."""
        if not self.is_closing:
            self.is_closing = True
            self._waiting.clear()
            self._closer = asyncio.ensure_future(self._say_close(int(code)))

    async def _say_close(self, code: int) -> None:
        await _sent(self._send, {"type": "websocket.close", "code": code})
        if code == Close.TOO_MANY and self._protocol is not None:
            # A flood is not read to its end: what is on its way already would keep the event loop for another second.
            self._protocol.transport.pauseProducing()

    def _write_frame(self, framed: bytes) -> None:
        """Hand it to the kernel at once. Waiting for the reactor to find a thousand sockets writable takes longer."""
        transport, written = self._protocol.transport, 0
        if not self._backlog() and hasattr(transport, "writeSomeData"):
            taken = transport.writeSomeData(framed)
            if not isinstance(taken, int):
                return  # the connection is lost, which the reactor will notice
            written = taken
        if written < len(framed):
            self._protocol.sendData(framed[written:])

    def _backlog(self) -> int:
        if self._protocol is None:
            return self._unsent
        transport = self._protocol.transport
        # Twisted has no public question for this; a producer, which it would tell, is already registered for HTTP.
        return len(getattr(transport, "dataBuffer", b"")) + getattr(transport, "_tempDataLen", 0)

    def _queue(self, text: str) -> None:
        self._waiting.append(text)
        self._unsent += len(text)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write_waiting())

    async def _write_waiting(self) -> None:
        while self._waiting:
            text = self._waiting.popleft()
            await _sent(self._send, {"type": "websocket.send", "text": text})
            self._unsent -= len(text)


async def _sent(send: Send, message: dict[str, Any]) -> None:
    """Send; whoever is gone meanwhile is no error, their endpoint hears of it."""
    try:
        await send(message)
    except (OSError, RuntimeError):
        return


def _autobahn_behind(send: Send) -> Any:
    """The connection itself under daphne, which would frame a message anew for every socket; else None."""
    behind = send.args[0] if isinstance(send, partial) and send.args else None
    return behind if hasattr(behind, "sendPreparedMessage") else None
