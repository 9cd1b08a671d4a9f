"""`/ws/board/<slug>/?doctor=ID`: the screen of a waiting room, live. Public, for pages of ours.

Sends the whole screen as HTML at once, again whenever anything on it changes, and a sign of life every few seconds.
Nothing is expected of whoever listens.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from accounts.live.guards import Close, Scope, open_to
from accounts.live.sockets import Send
from accounts.live.viewers import Receive, Shown, serve_viewer
from accounts.live.visitors import ask
from queueing.live_board import find_room

LONGEST_QUERY = 200


@open_to("public")
async def board(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one screen until it is switched off."""
    await serve_viewer(scope, receive, send, find)


async def find(scope: Scope) -> Shown | Close:
    """What the screen shows. Raises RoomUnknown."""
    query = scope["query_string"]
    if len(query) > LONGEST_QUERY:
        return Close.BAD_FRAME
    asked = parse_qs(query.decode("ascii", "replace"), keep_blank_values=True)
    doctor = asked["doctor"][-1] if "doctor" in asked else None
    _location, room = await ask(find_room, scope["url_route"]["kwargs"]["slug"], doctor)
    return Shown(room.name, room.read, has_pulse=True)
