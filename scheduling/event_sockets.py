"""`/ws/events/`: what happens at the clinic, as JSON, for programs and for pages of staff.

Whoever is signed in says which rooms they want to hear (`{"type": "subscribe", "room": "doctor:5"}`) and hears of
whatever their role lets them see there (`rules.rooms_of`). A page of ours comes with its session, and must be a page of
ours; a program comes with a token. docs/events.md is the protocol.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.live.guards import (
    LARGEST_FRAME,
    Close,
    Pace,
    Scope,
    address_of,
    addresses,
    cookies,
    counted,
    is_ours,
    is_welcome,
    open_to,
    people,
)
from accounts.live.hub import hub
from accounts.live.sockets import Frame, Send, Socket
from accounts.live.visitors import (
    Credential,
    Guest,
    Watch,
    ask,
    brings_token,
    credential_in,
    credential_of,
    recognise,
    shown_in,
)
from accounts.models import User
from scheduling import rules
from scheduling.live_events import PREFIX, message
from scheduling.rules import Hearing

logger = logging.getLogger("frontdesk.live")

Receive = Callable[[], Awaitable[dict[str, Any]]]

MOST_ROOMS = 50
TOO_MANY_WAIT = 1.0
"""Seconds that whoever opens too many sockets waits for the refusal: who comes again at once does not come often."""
ROOM_NAME = re.compile(r"(?:(user|doctor|location):([1-9][0-9]{0,17})|(admin))", re.ASCII)
FIELDS = {"subscribe": {"type", "room"}, "unsubscribe": {"type", "room"}, "renew": {"type", "token"}, "ping": {"type"}}


class Refused(Exception):
    """What was asked for is not done; the other side is told why, and the socket stays open."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail


class Listener(Guest):
    """Somebody who hears of events: who they are, what they may hear, and what they asked for."""

    def __init__(self, socket: Socket, credential: Credential, hearing: Hearing) -> None:
        super().__init__(socket, credential)
        self.hearing = hearing
        self.rooms: dict[str, frozenset[str]] = {}
        self.pace = Pace()


def _who_lost_a_room(here: Mapping[Listener, User]) -> dict[Listener, Close]:
    """Those who may no longer hear all that they asked for, as their role or their location was taken away."""
    hearings = rules.hearings_of(here.values())
    lost: dict[Listener, Close] = {}
    for listener, user in here.items():
        listener.hearing = hearings[user.pk]
        asked_for = list(listener.rooms.items())  # at once: the event loop may add to it meanwhile
        if any(not rooms <= rules.rooms_of(listener.hearing, *_parts(name)) for name, rooms in asked_for):
            lost[listener] = Close.NOT_PERMITTED
    return lost


watch: Watch[Listener] = Watch(_who_lost_a_room)


# --- At the door ------------------------------------------------------------------------------------------------


@open_to("signed_in")
async def events(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one socket until it ends."""
    await receive()  # websocket.connect
    if not (is_welcome(scope) if brings_token(scope) else is_ours(scope)):
        await _refuse(send)
        return
    address = address_of(scope)
    with counted(addresses, address) as has_room, counted(cookies, (address, hash(shown_in(scope)))) as is_new:
        if has_room and is_new:
            await send({"type": "websocket.accept"})
            await _let_in(scope, Socket(send), receive)
        else:
            await asyncio.sleep(TOO_MANY_WAIT)
            await _refuse(send)


async def _refuse(send: Send) -> None:
    """Refuse the handshake, which daphne says as 403."""
    await send({"type": "websocket.close", "code": int(Close.NOT_PERMITTED)})


async def _let_in(scope: Scope, socket: Socket, receive: Receive) -> None:
    try:
        listener = await ask(_listener, scope, socket)
    except Exception:
        logger.warning("could not read who opens a socket", exc_info=True)
        await _turn_away(socket, Close.TRY_AGAIN, receive)
        return
    if listener is None:
        await _turn_away(socket, Close.NOT_SIGNED_IN, receive)
        return
    with counted(people, listener.hearing.user_id) as has_room:
        await (_serve(listener, receive) if has_room else _turn_away(socket, Close.TOO_MANY, receive))


def _listener(scope: Scope, socket: Socket) -> Listener | None:
    """Who knocks; None when nobody knows them."""
    credential = credential_in(scope)
    known = recognise([credential]) if credential else {}
    if credential is None or credential not in known:
        return None
    user = known[credential]
    return Listener(socket, credential, rules.hearings_of([user])[user.pk])


async def _serve(listener: Listener, receive: Receive) -> None:
    watch.add(listener)
    try:
        while (frame := await receive())["type"] != "websocket.disconnect":
            if not listener.socket.is_closing:
                await _hear(listener, frame)
    finally:
        hub.leave(listener.socket)
        watch.remove(listener)


async def _turn_away(socket: Socket, code: Close, receive: Receive) -> None:
    """Say why, and wait until they are gone."""
    socket.close(code)
    while (await receive())["type"] != "websocket.disconnect":
        pass


# --- What is said -----------------------------------------------------------------------------------------------


async def _hear(listener: Listener, frame: Mapping[str, Any]) -> None:
    """Do what a frame asks for, and answer; what is no sentence of the protocol ends the conversation."""
    text = frame.get("text")
    if not listener.pace.allows():
        listener.socket.close(Close.TOO_MANY)
    elif len(text or frame.get("bytes") or "") > LARGEST_FRAME:
        listener.socket.close(Close.TOO_LARGE)
    elif (said := _sentence(text)) is None:
        listener.socket.close(Close.BAD_FRAME)
    else:
        kind, data = await _answer(listener, said)
        listener.socket.write(Frame(message(kind, data)))


def _sentence(text: str | None) -> dict[str, Any] | None:
    """The JSON object in a frame; None when there is none."""
    try:
        said = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


async def _answer(listener: Listener, said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    try:
        kind = said.get("type")
        if not isinstance(kind, str) or kind not in FIELDS:
            raise Refused("unknown_type", _("Types are subscribe, unsubscribe, renew and ping."))
        if set(said) != FIELDS[kind]:
            raise Refused("wrong_fields", _("This type takes exactly: %s.") % ", ".join(sorted(FIELDS[kind])))
        return await ANSWERS[kind](listener, said)
    except Refused as refusal:
        return "error", {"code": refusal.code, "detail": refusal.detail}
    except Exception:
        logger.warning("could not answer a socket", exc_info=True)
        return "error", {"code": "unavailable", "detail": _("This cannot be answered just now. Please try again.")}


async def _ping(*_nothing: object) -> tuple[str, dict[str, Any]]:
    return "pong", {}


async def _subscribe(listener: Listener, said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Let them hear a room. When the answer arrives, whatever happens from now on is heard."""
    name = _room(said["room"])
    if name not in listener.rooms:
        if len(listener.rooms) >= MOST_ROOMS:
            raise Refused("too_many_rooms", _("A connection hears %d rooms at most.") % MOST_ROOMS)
        rooms = rules.rooms_of(listener.hearing, *_parts(name))
        if not rooms or not await ask(rules.is_there, listener.hearing, *_parts(name)):
            raise Refused("not_permitted", _("There is no such room, or you may not hear it."))
        listener.rooms[name] = rooms
        await _join(listener, name)
    return "subscribed", {"room": name}


async def _join(listener: Listener, name: str) -> None:
    """Join the narrow rooms behind a name together, or none of them."""
    try:
        async with asyncio.TaskGroup() as joining:
            for room in listener.rooms[name]:
                joining.create_task(hub.join(listener.socket, f"{PREFIX}{room}"))
    except BaseException:
        _leave(listener, name)
        raise


def _leave(listener: Listener, name: str) -> None:
    """Leave the narrow rooms behind a name, but for those that stand behind another one too."""
    gone = listener.rooms.pop(name, frozenset())
    for room in gone.difference(*listener.rooms.values()):
        hub.leave(listener.socket, f"{PREFIX}{room}")


async def _unsubscribe(listener: Listener, said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = _room(said["room"])
    _leave(listener, name)
    return "unsubscribed", {"room": name}


async def _renew(listener: Listener, said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Let them stay as long as a newer token of theirs is good: a token ends sooner than a day at the desk."""
    token = said["token"]
    credential = await ask(credential_of, token) if isinstance(token, str) else None
    if credential is None or credential.user_id != listener.hearing.user_id or not listener.credential.sign_in:
        raise Refused("token_refused", _("This token is no longer good, or belongs to somebody else."))
    listener.credential = credential
    return "renewed", {}


ANSWERS: dict[str, Callable[[Listener, dict[str, Any]], Awaitable[tuple[str, dict[str, Any]]]]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "renew": _renew,
    "ping": _ping,
}


def _room(name: object) -> str:
    """A room's name, if it is one."""
    if not isinstance(name, str) or not ROOM_NAME.fullmatch(name):
        raise Refused("unknown_room", _("Rooms are user:7, doctor:5, location:2 and admin."))
    return name


def _parts(name: str) -> tuple[str, int]:
    kind, _colon, key = name.partition(":")
    return kind, int(key or 0)
