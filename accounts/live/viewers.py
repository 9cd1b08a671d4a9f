"""Sockets of those who only look: they are shown one room, live, and nothing is expected of them.

@open_to("public")
async def slots(scope: Scope, receive: Receive, send: Send) -> None:
    await serve_viewer(scope, receive, send, find_room)   # find_room: what the address asks for, or a close code
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from accounts.live.guards import Close, Scope, address_of, addresses, is_ours
from accounts.live.hub import State, hub
from accounts.live.pulse import pulse
from accounts.live.sockets import Send, Socket

logger = logging.getLogger("frontdesk.live")

Receive = Callable[[], Awaitable[dict[str, Any]]]

LARGEST_FRAME = 1024
MOST_FRAMES = 5
LONGEST_TIMER = 24 * 3600.0


class Shown(NamedTuple):
    """A room, how its state is read, and in how many seconds there will be nothing more to see.

    With `has_pulse` the socket is sent a sign of life every few seconds (accounts/live/pulse.py).
    """

    room: str
    state: State
    seconds: float | None = None
    has_pulse: bool = False


Find = Callable[[Scope], Awaitable[Shown | Close]]


async def serve_viewer(scope: Scope, receive: Receive, send: Send, find: Find) -> None:
    """Serve one socket until it ends. Pages of others are turned away; so is whoever has too many open.

    `find` says what the address asks for, or with which code to close. Where its state cannot be read the socket is
    closed for a while (4503), and where there is nothing to see (LookupError) for good (4404).
    """
    await receive()  # websocket.connect
    if not is_ours(scope):
        await send({"type": "websocket.close", "code": int(Close.NOT_PERMITTED)})
        return
    await send({"type": "websocket.accept"})
    socket = Socket(send)
    address = address_of(scope)
    if not addresses.enter(address):
        socket.close(Close.TOO_MANY)
        await _until_gone(socket, receive)
        return
    try:
        shown = await _show(socket, scope, find)
        if shown and shown.has_pulse:
            pulse.add(socket)
        with _closing_in(socket, shown.seconds if shown else None):
            await _until_gone(socket, receive)
    finally:
        pulse.remove(socket)
        hub.leave(socket)
        addresses.leave(address)


async def _show(socket: Socket, scope: Scope, find: Find) -> Shown | None:
    """Let the socket hear of what it asks for, from what is the case now; close it when that cannot be."""
    try:
        shown = await find(scope)
        if isinstance(shown, Close):
            socket.close(shown)
            return None
        await hub.join(socket, shown.room, state=shown.state)
    except LookupError:
        socket.close(Close.UNKNOWN)
        return None
    except Exception:
        logger.warning("could not show a socket what it asks for", exc_info=True)
        socket.close(Close.TRY_AGAIN)
        return None
    return shown


@contextmanager
def _closing_in(socket: Socket, seconds: float | None) -> Iterator[None]:
    """Close the socket when that time is over."""
    if seconds is None:
        yield
        return
    loop = asyncio.get_running_loop()
    timer = loop.call_later(min(max(seconds, 0.0), LONGEST_TIMER), socket.close, Close.UNKNOWN)
    try:
        yield
    finally:
        timer.cancel()


async def _until_gone(socket: Socket, receive: Receive) -> None:
    """Hear what is said, which is nothing to speak of, until the other side is gone."""
    frames = 0
    while (message := await receive())["type"] != "websocket.disconnect":
        frames += 1
        if len(message.get("text") or message.get("bytes") or "") > LARGEST_FRAME:
            socket.close(Close.TOO_LARGE)
        elif frames > MOST_FRAMES:
            socket.close(Close.TOO_MANY)
