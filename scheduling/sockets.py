"""`/ws/slots/<doctor>/?day=YYYY-MM-DD&location=ID&language=en`: the times of a doctor, live. Public, for pages of ours.

Sends the day's list of times as HTML at once, and the whole list again whenever one of them changes. Without a day,
every day's list when it changes. Nothing is expected of whoever listens.
"""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs

from django.conf import settings
from django.utils import timezone

from accounts.live.guards import Close, Scope, open_to
from accounts.live.sockets import Send
from accounts.live.viewers import Receive, Shown, serve_viewer
from scheduling.live import SlotsRoom
from scheduling.query_values import read_day, read_number

LONGEST_QUERY = 200
REACH = timedelta(days=3 * 366)
"""How far from today a day may lie that somebody looks at."""


@open_to("public")
async def slots(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one socket until it ends."""
    await serve_viewer(scope, receive, send, find)


async def find(scope: Scope) -> Shown | Close:
    """What the socket is shown."""
    room = room_of(scope)
    return room if isinstance(room, Close) else Shown(room.name, room.read)


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
    language = asked.get("language", [settings.LANGUAGE_CODE])[-1]
    if ("day" in asked and not _within_reach(day)) or language not in dict(settings.LANGUAGES):
        return Close.BAD_FRAME
    return SlotsRoom(doctor_id, location_id, day, language)


def _within_reach(day: date | None) -> bool:
    return day is not None and abs(day - timezone.now().date()) <= REACH
