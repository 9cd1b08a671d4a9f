"""Who talks to a socket, and a server in a process of its own that serves the test's database."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from config.tests.world import BACKEND
from testing.embedded import EmbeddedServer

SECONDS = 5.0


def start(folder: Path, *, port: int | None = None, **more: str) -> EmbeddedServer:
    """A server of the test's own database and key, that answers."""
    return starting(folder, port=port, **more).wait()


def starting(folder: Path, *, port: int | None = None, **more: str) -> EmbeddedServer:
    """The same, which does not answer yet. It ends with the thread that asked for it."""
    environment = {"HOLDS_PER_ADDRESS": "0", **database_of_the_test(), **more}
    return EmbeddedServer(folder, port=port, settings=environment, prepare=False)


def database_of_the_test() -> dict[str, str]:
    """What other processes need in their environment to be of this test's database and key."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return {"SECRET_KEY": settings.SECRET_KEY, "SQLITE_PATH": name}
    address, mark, options = os.environ["DATABASE_URL"].partition("?")
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": f"{address.rpartition('/')[0]}/{name}{mark}{options}",
    }


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, BACKEND)
    return client


def cookie_of(client: Client) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextmanager
def socket_to(
    server: EmbeddedServer,
    *,
    client: Client | None = None,
    token: str = "",
    origin: str | None = "",
    path: str = "/ws/events/",
) -> Iterator[ClientConnection]:
    """The other side of a socket; with the Origin of a page of ours unless told otherwise."""
    headers = {"Cookie": cookie_of(client)} if client else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    address = server.address.replace("http", "ws", 1) + path
    asked: Any = server.address if origin == "" else origin
    with connect(
        address, origin=asked, additional_headers=headers, compression=None, close_timeout=1, max_size=None
    ) as socket:
        yield socket


def closed_with(socket: ClientConnection, seconds: float = SECONDS) -> int | None:
    """The code with which the other side closes within that time; None when the connection just breaks."""
    deadline = time.monotonic() + seconds
    try:
        while True:
            socket.recv(timeout=max(deadline - time.monotonic(), 0))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def ask(socket: ClientConnection, **words: Any) -> dict[str, Any]:
    socket.send(json.dumps(words))
    answer: dict[str, Any] = json.loads(socket.recv(timeout=SECONDS))
    return answer
