"""What stands at the door of every socket: where the page came from, how many are open, how fast they talk."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from accounts.middleware import client_address

Scope = Mapping[str, Any]
Clock = Callable[[], float]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[None]])

LARGEST_FRAME = 16 * 1024
"""Nobody has more to say to a socket of ours; the server itself refuses what is announced larger than its own limit."""

MESSAGES_AT_ONCE = 60
MESSAGES_PER_SECOND = 5

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Close(IntEnum):
    """Why we closed a socket. The codes stand in docs/events.md: programs act on them."""

    BAD_FRAME = 4400
    NOT_SIGNED_IN = 4401
    NOT_PERMITTED = 4403
    UNKNOWN = 4404
    SLOW = 4408
    TOO_LARGE = 4413
    TOO_MANY = 4429
    TRY_AGAIN = 4503


def open_to(who: str) -> Callable[[Endpoint], Endpoint]:
    """Say who may open a socket, in a word that a test can read: `public` or `signed_in`. The endpoint itself asks."""

    def named(endpoint: Endpoint) -> Endpoint:
        endpoint.permission = who  # type: ignore[attr-defined]
        return endpoint

    return named


def header(scope: Scope, name: bytes) -> str:
    """A header of the handshake, empty when it was not sent; one that was sent in several lines as one (RFC 9110, 5.3).

    Some proxies write a line of their own below what a visitor sent: whoever read the first would read the visitor's.
    """
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


def is_ours(scope: Scope) -> bool:
    """Whether a page of ours opens the socket: its Origin is the address of the site, or that of the host asked.

    A browser sends our cookies to a socket whatever page opens it, so an Origin that is missing, foreign, of another
    scheme or of another port of the same machine is not ours.
    """
    origin = _origin(header(scope, b"origin"))
    return origin is not None and origin in (_origin(settings.BASE_URL), _asked(scope))


def is_welcome(scope: Scope) -> bool:
    """Whether a program may open the socket, which brings a token instead of a cookie.

    Programs send no Origin. A page of somebody else's is welcome only where CORS lets it in.
    """
    sent = header(scope, b"origin")
    if not sent:
        return True
    origin = _origin(sent)
    return is_ours(scope) or (origin is not None and origin in map(_origin, settings.CORS_ALLOWED_ORIGINS))


def _asked(scope: Scope) -> tuple[str, str, int] | None:
    """The site as the handshake names it, if it is a host of ours: what a page of the same origin would send."""
    host = header(scope, b"host")
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return None
    return _origin(f"{'https' if settings.BEHIND_HTTPS else 'http'}://{host}")


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None for what is none, such as `null` or an address with a path."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or text.lower() != f"{parts.scheme}://{parts.netloc}":
        return None
    if "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme]


def address_of(scope: Scope) -> str:
    """The network address of whoever opens the socket, as our own proxies tell it."""
    client = scope.get("client") or ("",)
    return client_address(header(scope, b"x-forwarded-for")) or str(client[0])


class Pace:
    """Lets `at_once` go through together, and `per_second` in the long run."""

    __slots__ = ("at_once", "clock", "left", "per_second", "since")

    def __init__(
        self,
        *,
        at_once: float = MESSAGES_AT_ONCE,
        per_second: float = MESSAGES_PER_SECOND,
        clock: Clock = time.monotonic,
    ) -> None:
        self.at_once = at_once
        self.per_second = per_second
        self.clock = clock
        self.left = at_once
        self.since = clock()

    def allows(self) -> bool:
        """Whether one more may go through now; counts it if so."""
        self._recover()
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def is_rested(self) -> bool:
        """Whether nothing of what went through still counts."""
        self._recover()
        return self.left >= self.at_once

    def _recover(self) -> None:
        now = self.clock()
        self.left = min(self.at_once, self.left + (now - self.since) * self.per_second)
        self.since = now


class OpenSockets:
    """Counts the open sockets of somebody (an address, a person) and refuses more than `limit`; 0 does not count.

    Opening costs more than being open, so nobody may open more than `limit` within a minute either. Lives in one
    process and on its event loop: several processes allow as many times more.
    """

    def __init__(self, limit: Callable[[], int], clock: Clock = time.monotonic) -> None:
        self.limit = limit
        self.clock = clock
        self.remember = 1000
        self.open: Counter[Hashable] = Counter()
        self.paces: dict[Hashable, Pace] = {}

    def enter(self, who: Hashable) -> bool:
        """Count one more socket of theirs; False when that is one too many, and then it is not counted."""
        limit = self.limit()
        if not limit:
            return True
        if len(self.paces) >= self.remember:
            self._forget()
        pace = self.paces.setdefault(who, Pace(at_once=limit, per_second=limit / 60, clock=self.clock))
        if self.open[who] >= limit or not pace.allows():
            return False
        self.open[who] += 1
        return True

    def leave(self, who: Hashable) -> None:
        """Count one less. Only for those who were let in."""
        if self.open[who] > 1:
            self.open[who] -= 1
        else:
            self.open.pop(who, None)

    def _forget(self) -> None:
        """Forget who was not here for a minute, so that the book of visitors does not grow for ever."""
        self.paces = {who: pace for who, pace in self.paces.items() if who in self.open or not pace.is_rested()}
        self.remember = max(1000, 2 * len(self.paces))


@contextmanager
def counted(book: OpenSockets, who: Hashable) -> Iterator[bool]:
    """Count a socket of theirs while it lasts; gives False when it is one too many."""
    is_let_in = book.enter(who)
    try:
        yield is_let_in
    finally:
        if is_let_in:
            book.leave(who)


addresses = OpenSockets(lambda: settings.SOCKETS_PER_ADDRESS)
people = OpenSockets(lambda: settings.SOCKETS_PER_PERSON)
cookies = OpenSockets(lambda: settings.SOCKETS_PER_PERSON)
"""The same as `people`, by what they show, so that nobody keeps the database busy with finding out who it is."""
