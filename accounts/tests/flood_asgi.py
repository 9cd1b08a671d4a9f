"""An application for a daphne of its own: whoever connects to `/flood/` is told long things as fast as the hub can."""

from __future__ import annotations

import asyncio
import time

import django

django.setup()

from accounts.live.hub import hub  # noqa: E402
from accounts.live.published import Published  # noqa: E402
from accounts.live.sockets import Socket  # noqa: E402

MESSAGES = 200
LENGTH = 100_000
PAUSE = 0.002


def body(number):
    """Long, and like no other; beyond ASCII too."""
    return f"{number}:" + "ü" * (LENGTH // 2)


async def application(scope, receive, send):
    """Tell everybody who is there at the moment the whole flood."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    socket = Socket(send)
    await hub.join(socket, "flood")
    flood = asyncio.ensure_future(_tell()) if scope["path"] == "/flood/" else None
    while (await receive())["type"] != "websocket.disconnect":
        pass
    hub.leave(socket)
    if flood:
        await flood


async def _tell():
    for number in range(MESSAGES):
        hub.deliver(Published("flood", "part", time.time_ns() // 1000, body(number)))
        await asyncio.sleep(PAUSE)
