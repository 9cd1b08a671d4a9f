"""`/ws/slots/<doctor>/?day=YYYY-MM-DD&location=ID`: the times of a doctor, live. Public, for pages of ours.

Sends the day's list of times as HTML at once, and the whole list again whenever one of them changes. Without a day,
every day's list when it changes. Nothing is expected of whoever listens.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs

from django.utils import timezone

from accounts.live.guards import Close, Scope, address_of, addresses, is_ours, open_to
from accounts.live.hub import hub
from accounts.live.sockets import Send, Socket
from scheduling.live import RoomUnknown, SlotsRoom
from scheduling.query_values import read_day, read_number

Receive = Callable[[], Awaitable[dict[str, Any]]]

LONGEST_QUERY = 200
LARGEST_FRAME = 1024
MOST_FRAMES = 5
REACH = timedelta(days=3 * 366)
"""How far from today a day may lie that somebody looks at."""


@open_to("public")
async def slots(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one socket until it ends."""
    await receive()  # websocket.connect
    if not is_ours(scope):
        await send({"type": "websocket.close", "code": int(Close.NOT_PERMITTED)})
        return None
    await send({"type": "websocket.accept"})
    socket = Socket(send)
    address = address_of(scope)
    if not addresses.enter(address):
        socket.close(Close.TOO_MANY)
        return await _until_gone(socket, receive)
    try:
        await _show(socket, room_of(scope))
        await _until_gone(socket, receive)
    finally:
        hub.leave(socket)
        addresses.leave(address)
    return None


def room_of(scope: Scope) -> SlotsRoom | Close:
    """What the address asks for, or why nobody can be shown that."""
    query = scope["query_string"]
    if len(query) > LONGEST_QUERY:
        return Close.BAD_FRAME
    asked = parse_qs(query.decode("ascii", "replace"), keep_blank_values=True)
    doctor_id = read_number(scope["url_route"]["kwargs"]["doctor"])
    location_id = read_number(asked["location"][-1]) if "location" in asked else None
    day = read_day(asked["day"][-1]) if "day" in asked else None
    if doctor_id is None or ("location" in asked and location_id is None):
        return Close.UNKNOWN
    if "day" in asked and not _within_reach(day):
        return Close.BAD_FRAME
    return SlotsRoom(doctor_id, location_id, day)


def _within_reach(day: date | None) -> bool:
    return day is not None and abs(day - timezone.now().date()) <= REACH


async def _show(socket: Socket, room: SlotsRoom | Close) -> None:
    """Let the socket hear of the room, from what is the case now; close it when that cannot be."""
    if isinstance(room, Close):
        return socket.close(room)
    try:
        await hub.join(socket, room.name, state=room.read)
    except RoomUnknown:
        return socket.close(Close.UNKNOWN)
    except Exception:
        return socket.close(Close.TRY_AGAIN)
    return None


async def _until_gone(socket: Socket, receive: Receive) -> None:
    """Hear what is said, which is nothing to speak of, until the other side is gone."""
    frames = 0
    while (message := await receive())["type"] != "websocket.disconnect":
        frames += 1
        if len(message.get("text") or message.get("bytes") or "") > LARGEST_FRAME:
            socket.close(Close.TOO_LARGE)
        elif frames > MOST_FRAMES:
            socket.close(Close.TOO_MANY)
