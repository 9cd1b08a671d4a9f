"""What the local servers of payment providers have in common: requests, faults by plan, and events told to webhooks."""

from __future__ import annotations

import copy
import json
import secrets
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import Request, urlopen

from testing.http_server import Handler, HttpServer

Object = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of an answer of success.

    `status` is answered with an error of the provider, or with a `page` of whoever stands between; 0 hangs or closes
    the line. `kept` says whether the request was carried out all the same.
    """

    status: int = 0
    hangs: bool = False
    kept: bool = False
    page: str = ""


TOO_MANY = Fault(429)
BROKEN = Fault(500)
BROKEN_AFTER = Fault(500, kept=True)
"""Carry the request out, and say that something went wrong."""
AWAY = Fault(503)
GATEWAY = Fault(502, kept=True, page="<html><h1>Bad gateway</h1></html>")
HANG = Fault(hangs=True, kept=True)
"""Carry the request out, and never answer."""
CLOSE = Fault(kept=True)
"""Carry the request out, and close the line before answering."""
LOSE = Fault()
"""Close the line before answering, and do nothing."""


@dataclass(frozen=True)
class Asked:
    """One request. `fields` are those of the form or of the question, or the object that was posted."""

    method: str
    path: str
    fields: Object
    headers: Mapping[str, str]


class Refused(Exception):
    """The provider does not do it, and says why."""

    def __init__(self, status: int, body: Object) -> None:
        self.status, self.body = status, body
        super().__init__(str(body))


class Told(dict[str, Any]):
    """An event, as the provider tells it."""

    event_id: str = ""


@dataclass(kw_only=True)
class PaymentServer(HttpServer):
    """A provider on a free port of this machine, from `start` to `stop`.

    - `requests`: every request, as method and path.
    - `faults`: what happens to the next requests, one each; `decide` is asked when it is empty.
    - `events`: what it would have told webhooks so far, in order; `sign` gives the request for one.
    """

    requests: list[tuple[str, str]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    decide: Callable[[Asked], Fault | None] | None = None
    events: list[Told] = field(default_factory=list)

    @property
    def handler(self) -> type[Handler]:
        """What serves one request."""
        return _Handler

    @abstractmethod
    def carry_out(self, asked: Asked) -> tuple[int, Object]:
        """Do what a request asks for; the status and the answer. Raises Refused. The lock is held."""

    def broke(self, asked: Asked, fault: Fault) -> None:
        """A request was carried out, and will be answered with a fault all the same. The lock is held."""

    @abstractmethod
    def error(self, status: int) -> Object:
        """What it answers when something goes wrong on its side."""

    @abstractmethod
    def sign(self, event: Mapping[str, Any], *, secret: str | None = None) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of the request that tells an event."""

    def tell(self, url: str, event: Mapping[str, Any]) -> int:
        """Tell a webhook an event, over the wire; the status of its answer."""
        body, headers = self.sign(event)
        try:
            with urlopen(Request(url, data=body, headers=headers, method="POST"), timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            with error:
                return error.code

    def newest(self, kind: str) -> Told:
        """The newest event of a kind."""
        return next(event for event in reversed(self.events) if kind in (event.get("type"), event.get("event")))

    def asked_for(self, method: str, path: str) -> int:
        """How often something was asked for."""
        return self.requests.count((method, path))

    def noted(self, *events: Told) -> list[Told]:
        """Keep events as they are now: what they tell of may change later."""
        kept = [copy.deepcopy(event) for event in events]
        self.events.extend(kept)
        return copy.deepcopy(kept)


def new_id(prefix: str) -> str:
    """A number as providers make them."""
    return f"{prefix}_{secrets.token_hex(7)}"


def now() -> int:
    """The time, as providers write it."""
    return int(time.time())


class _Handler(Handler):
    def serve(self, body: bytes) -> None:
        """Carry out a request, or fail as planned."""
        provider: PaymentServer = self.server.owner
        asked = self._asked(body)
        with provider.lock:
            provider.requests.append((asked.method, asked.path))
            fault = provider.faults.popleft() if provider.faults else None
        if fault is None and provider.decide is not None:
            fault = provider.decide(asked)
        status = 0
        answer: Object = {}
        if fault is None or fault.kept:
            try:
                with provider.lock:
                    status, answer = provider.carry_out(asked)
                    if fault is not None:
                        provider.broke(asked, fault)
            except Refused as refused:
                status, answer = refused.status, refused.body
        if fault is None:
            self._answer(status, json.dumps(answer))
        elif fault.status:
            self._answer(fault.status, fault.page or json.dumps(provider.error(fault.status)))
        else:
            if fault.hangs:
                provider.released.wait()
            self.close_connection = True

    def _asked(self, body: bytes) -> Asked:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.command == "POST" and "json" in headers.get("content-type", ""):
            fields = json.loads(body or b"{}")
        else:
            fields = dict(parse_qsl(body.decode() if self.command == "POST" else parts.query, keep_blank_values=True))
        return Asked(self.command, parts.path, fields, headers)

    def _answer(self, status: int, content: str) -> None:
        kind = "text/html" if content.startswith("<") else "application/json"
        self.answer(status, content.encode(), {"Content-Type": kind, "Request-Id": new_id("req")})
