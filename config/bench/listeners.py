"""Many open sockets in a process of its own that knows the WebSocket protocol, clocks, and no Django.

    python -m config.bench.listeners        reads one order as JSON from each line, answers each with a line

Each socket spends as little CPU on a message as Python allows: it shares the machine with what it measures. Moments are
CLOCK_MONOTONIC in nanoseconds, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from config.bench.load import CONNECTED_AT_ONCE, HOST, address_of, allow_many_files

PATIENCE = 15.0
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
SIGN_OF_LIFE = b"<time "
"""What screens are sent every few seconds, whatever happens (accounts/live/pulse.py)."""


class Listener(asyncio.Protocol):
    """One socket: remembers its last message and when it came."""

    def __init__(self, group: Group, request: bytes) -> None:
        self.group = group
        self.request = request
        self.received = b""
        self.is_open = False
        self.messages = 0
        self.at = 0
        self.body = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Take the moment first, then see what it is."""
        now = time.monotonic_ns()
        self.received = self.received + data if self.received else data
        if not self.is_open and not self._answered():
            return
        while (frame := _frame(self.received)) is not None:
            kind, first, end = frame
            if kind == TEXT:
                self._take(now, self.received[first:end])
            elif kind == PING:
                self._pong(self.received[first:end])
            elif kind == CLOSE:
                self.close()
            self.received = self.received[end:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The group counts those that are gone."""
        self.group.gone(self)

    def close(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.abort()

    def _answered(self) -> bool:
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator:
            return False
        self.received = rest
        self.is_open = head[9:12] == b"101"
        self.group.answered(head if not self.is_open else b"")
        return self.is_open

    def _take(self, now: int, body: bytes) -> None:
        if body.startswith(SIGN_OF_LIFE):
            return
        self.messages += 1
        self.body = body
        if not self.at:
            self.at = now
            self.group.arrived()

    def _pong(self, body: bytes) -> None:
        assert self.transport is not None
        self.transport.write(bytes([0x80 | PONG, 0x80 | len(body), 0, 0, 0, 0]) + body)


def _frame(data: bytes) -> tuple[int, int, int] | None:
    """Kind, begin and end of the first frame's content, if all of it is here. Servers send unmasked."""
    if len(data) < 2:
        return None
    length, first = data[1] & 0x7F, 2
    if length >= 126:
        first = 4 if length == 126 else 10
        if len(data) < first:
            return None
        length = int.from_bytes(data[2:first], "big")
    if len(data) < first + length:
        return None
    return data[0] & 0x0F, first, first + length


class Group:
    """Sockets that listen to the same room and are waited for together."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.refused = ""
        self.handshakes = 0
        self.waiting_for = 0
        self.progress = asyncio.Event()

    async def open(self, *, port: int, path: str, count: int, first_client: int) -> None:
        """Open so many sockets, some at a time, each from an address of its own."""
        loop = asyncio.get_running_loop()
        request = _handshake(port, path)
        for first in range(0, count, CONNECTED_AT_ONCE):
            numbers = range(first, min(first + CONNECTED_AT_ONCE, count))
            self.handshakes = len(numbers)
            self.waiting_for += len(numbers)
            for number in numbers:
                listener = Listener(self, request)
                self.listeners.append(listener)
                own = (address_of(first_client + number), 0)
                try:
                    await loop.create_connection(lambda one=listener: one, HOST, port, local_addr=own)  # type: ignore[misc]
                except OSError as error:
                    self.refused = str(error)
                    return
            await self._until(lambda: self.handshakes == 0 or bool(self.refused))

    def arm(self) -> None:
        """From now on count anew."""
        self.waiting_for = len(self.listeners)
        for listener in self.listeners:
            listener.at = 0
            listener.messages = 0
            listener.body = b""

    async def all_have_it(self) -> dict[str, Any]:
        """Wait until each has a message since `arm`; when they came, and whether all got the same."""
        await self._until(lambda: self.waiting_for <= 0)
        bodies = {listener.body for listener in self.listeners if listener.at}
        return {
            "arrived": [listener.at for listener in self.listeners if listener.at],
            "missing": self.waiting_for,
            "most_messages": max(listener.messages for listener in self.listeners),
            "different": len(bodies),
            "body": min(bodies, default=b"").decode(),
        }

    def answered(self, refusal: bytes) -> None:
        """A handshake came to its end."""
        self.handshakes -= 1
        self.refused = self.refused or refusal.decode("latin-1").partition("\r\n")[0]
        self.progress.set()

    def arrived(self) -> None:
        """One more has the message."""
        self.waiting_for -= 1
        if self.waiting_for == 0:
            self.progress.set()

    def gone(self, listener: Listener) -> None:
        """A socket was closed: before its handshake ended, that is a refusal."""
        if not listener.is_open:
            self.refused = self.refused or "closed during the handshake"
            self.progress.set()

    async def _until(self, reached: Any) -> None:
        end = time.monotonic() + PATIENCE
        while not reached() and (left := end - time.monotonic()) > 0:
            self.progress.clear()
            try:
                await asyncio.wait_for(self.progress.wait(), left)
            except TimeoutError:
                return


def _handshake(port: int, path: str) -> bytes:
    """What a page of the same site sends."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {HOST}:{port}",
        f"Origin: http://{HOST}:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Listeners:
    """Carries out orders: open a group, arm it, say when all have it."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.opened = 0

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order; its answer."""
        name = order["group"]
        if order["do"] == "open":
            return await self._open(name, order)
        if order["do"] == "arm":
            self.groups[name].arm()
            return {}
        if order["do"] == "wait":
            return await self.groups[name].all_have_it()
        for listener in self.groups.pop(name).listeners:
            listener.close()
        return {}

    async def _open(self, name: str, order: dict[str, Any]) -> dict[str, Any]:
        group = self.groups[name] = Group()
        await group.open(port=order["port"], path=order["path"], count=order["count"], first_client=self.opened)
        self.opened += order["count"]
        if order["greeted"] and not group.refused:
            await group._until(lambda: group.waiting_for <= 0)
        missing = group.waiting_for if order["greeted"] else group.handshakes
        gc.collect()
        gc.freeze()  # a collection in the middle of a message would count as the server's time
        return {"refused": group.refused, "missing": missing}


async def _orders() -> AsyncIterator[dict[str, Any]]:
    reader = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def _serve() -> None:
    listeners = Listeners()
    async for order in _orders():
        sys.stdout.write(json.dumps(await listeners.obey(order)) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Obey until the orders end."""
    allow_many_files(int(sys.argv[1]))
    gc.disable()
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
