"""Floods a socket for a few seconds, from a process of its own, so that it takes no time from whoever measures.

    python -m config.tests.flood ws://127.0.0.1:8000/ws/events/ http://127.0.0.1:8000 sessionid=... 4 3

opens four sockets for three seconds, says a thousand things a second on each, opens it again whenever it is closed, and
prints what came of it as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

A_SECOND = 1000
AT_ONCE = 20
FRAME = '{"type":"ping"}'


async def flood(address: str, origin: str, cookie: str, until: float, ends: Counter[str]) -> None:
    """One socket, again and again."""
    while time.monotonic() < until:
        try:
            async with connect(
                address, origin=origin, additional_headers={"Cookie": cookie}, compression=None, close_timeout=1
            ) as socket:
                ends["opened"] += 1
                async with asyncio.TaskGroup() as both:
                    both.create_task(talk(socket, until, ends))
                    both.create_task(listen(socket, ends))
        except (InvalidHandshake, OSError, TimeoutError):
            ends["refused"] += 1
        await asyncio.sleep(0.05)


async def talk(socket: ClientConnection, until: float, ends: Counter[str]) -> None:
    """Say a thousand things a second, until it is closed."""
    due = time.monotonic()
    with suppress(ConnectionClosed):
        while time.monotonic() < until:
            for _ in range(AT_ONCE):
                await socket.send(FRAME)
            ends["sent"] += AT_ONCE
            due += AT_ONCE / A_SECOND
            await asyncio.sleep(max(due - time.monotonic(), 0))
        await socket.close()


async def listen(socket: ClientConnection, ends: Counter[str]) -> None:
    """Read what is answered; who does not read would not learn that it is closed."""
    try:
        while True:
            await socket.recv()
    except ConnectionClosed as closed:
        ends[str(closed.rcvd.code if closed.rcvd else "dropped")] += 1


async def main(address: str, origin: str, cookie: str, sockets: str, seconds: str) -> None:
    """All of them at once."""
    ends: Counter[str] = Counter()
    until = time.monotonic() + float(seconds)
    await asyncio.gather(*(flood(address, origin, cookie, until, ends) for _ in range(int(sockets))))
    sys.stdout.write(json.dumps(ends))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
