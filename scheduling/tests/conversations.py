"""The other side of `/ws/events/`, in the test's own process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connections
from django.test import Client

from accounts.models import User
from scheduling.event_sockets import events

OURS = "http://testserver"
SOON = 5.0


def in_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, to be awaited: it runs in a thread, which gives its database connection back."""

    def run(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    return sync_to_async(run, thread_sensitive=False)


class Conversation:
    """The other side of a socket."""

    def __init__(
        self,
        *,
        user: User | None = None,
        token: str | None = None,
        origin: str | None = OURS,
        client: Client | None = None,
    ) -> None:
        headers = [(b"host", b"testserver")]
        if origin:
            headers.append((b"origin", origin.encode()))
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        if user and not client:
            client = Client()
            client.force_login(user)
        if client:
            key = client.cookies[settings.SESSION_COOKIE_NAME].value
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode()))
        self.client = client
        self.wire = WebsocketCommunicator(events, "/ws/events/", headers=headers)

    async def open(self) -> bool:
        """Whether the socket was accepted."""
        accepted, _ = await self.wire.connect(timeout=SOON)
        return accepted

    async def say(self, **words: Any) -> None:
        """Send a sentence."""
        await self.wire.send_to(text_data=json.dumps(words))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        return json.loads(await self.wire.receive_from(timeout=SOON))

    async def ask(self, **words: Any) -> dict[str, Any]:
        """Say something; the answer, past whatever is told meanwhile."""
        await self.say(**words)
        while (heard := await self.hear())["type"] in ("slot_update", "appointment_update"):
            pass
        return heard

    async def subscribe(self, *rooms: str) -> None:
        """Enter rooms, and be let in."""
        for room in rooms:
            answer = await self.ask(type="subscribe", room=room)
            assert answer["type"] == "subscribed", answer
            assert answer["data"] == {"room": room}

    async def told(self, kind: str) -> dict[str, Any]:
        """The next telling of this kind."""
        while (heard := await self.hear())["type"] != kind:
            pass
        return heard["data"]

    async def silent(self) -> bool:
        """Whether nothing is told, once everything that happened so far has been told to those who may hear it."""
        return await self.wire.receive_nothing(timeout=0.3)

    async def closed(self) -> int:
        """The code with which it is closed, past whatever is said before."""
        while (heard := await self.wire.receive_output(timeout=SOON))["type"] != "websocket.close":
            pass
        return heard["code"]


@asynccontextmanager
async def conversation(**who: Any) -> AsyncIterator[Conversation]:
    """A conversation that is open, and ends as when the other side goes away."""
    talk = await in_thread(Conversation)(**who)
    assert await talk.open()
    try:
        yield talk
    finally:
        await talk.wire.disconnect(timeout=SOON)
