"""The line to push services: no redirects, no long answers, and nobody of our own network at its other end."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.response import HTTPResponse

from notifications.push_addresses import is_public

TIMEOUT_SECONDS = 10
"""So long a push service may take to pick up, and so long for its whole answer."""
IDLE_SECONDS = 30
"""A connection that was not used for longer may be dead without having said so."""

_kept = threading.local()


class PrivateAddress(NewConnectionError):
    """A name led to a machine that is none of the internet's."""


def _require_public(connection: HTTPConnection, line: socket.socket) -> socket.socket:
    """Look who is at the other end before a word is said: what a name leads to may change after it was looked up."""
    if settings.PUSH_TO_PRIVATE_ADDRESSES or is_public(str(line.getpeername()[0])):
        return line
    line.close()
    raise PrivateAddress(connection, "It leads to a private address.")


@contextmanager
def _hang_up_on(line: socket.socket | None) -> Iterator[None]:
    """Hang up on whoever has not answered in time. What a line itself allows begins anew with every byte."""
    is_over = threading.Event()

    def hang_up() -> None:
        is_over.set()
        with suppress(OSError):  # the other end may have hung up
            if line is not None:
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # wakes who reads; TLS has no say in it

    watch = threading.Timer(TIMEOUT_SECONDS, hang_up)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        if is_over.is_set():
            raise TimeoutError("The answer took too long.")


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _require_public(self, super()._new_conn())

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself
        with _hang_up_on(self.sock):
            return super().getresponse()


class _Encrypted(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _require_public(self, super()._new_conn())

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself
        with _hang_up_on(self.sock):
            return super().getresponse()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}


def post(endpoint: str, *, content: bytes, headers: dict[str, str]) -> tuple[int, Mapping[str, str]]:
    """Post it; the status of the answer, and its headers. What else it says is nobody's business, and may be long.

    Raises RequestException.
    """
    with _session().post(
        endpoint, data=content, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
    ) as answer:
        if answer.headers.get("Content-Length") == "0":
            answer.raw.read()  # nothing, after which the connection can be used again
        return answer.status_code, answer.headers


def _session() -> requests.Session:
    """The one of this thread: its connections are kept open from one message to the next."""
    now = time.monotonic()
    if getattr(_kept, "process", None) != os.getpid() or now - _kept.used_at > IDLE_SECONDS:
        let_go()
        _kept.session = requests.Session()
        _kept.session.mount("https://", _Adapter())
        _kept.session.mount("http://", _Adapter())
        _kept.process = os.getpid()
    _kept.used_at = now
    session: requests.Session = _kept.session
    return session


def let_go() -> None:
    """Close what this thread keeps open."""
    if getattr(_kept, "process", None) is not None:
        _kept.process = None
        _kept.session.close()
