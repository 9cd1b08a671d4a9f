"""The load generator: a process of its own that knows HTTP/1.1, sockets and clocks, and no Django.

    python -m config.bench.load < plan.json > answers.json

It stays on loopback, sends exactly the requests of its plan and spends as little CPU as it can, because it shares the
machine with what it measures.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

HOST = "127.0.0.1"
CREATED = 201
PATIENCE = 60.0  # seconds until an unanswered request counts as failed
CONNECTED_AT_ONCE = 50


@dataclass(slots=True)
class Press:
    """One request: of a browser, with its cookies and form body ("" means GET), and whether to follow where it leads;
    or of a program, with a body of JSON, a token perhaps, and what to send when it was answered with a hold's token.
    """

    path: str
    cookies: str = ""
    body: str = ""
    follow: bool = False
    json: str = ""
    bearer: str = ""
    then_path: str = ""
    then_json: str = ""

    def as_bytes(self, port: int) -> bytes:
        """The request as it goes over the wire."""
        headers = _program(self) if self.json else _browser(self, port)
        content = self.json or self.body
        lines = [f"{'POST' if content else 'GET'} {self.path} HTTP/1.1", f"Host: {HOST}:{port}", *headers]
        if content:
            lines.append(f"Content-Length: {len(content)}")
        return ("\r\n".join(lines) + f"\r\n\r\n{content}").encode()

    def after(self, body: bytes) -> Press:
        """What is sent next, once this was answered with that body."""
        token = json.loads(body)["token"]
        return Press(path=self.then_path, json=self.then_json.replace("@token@", token), bearer=self.bearer)


def _browser(press: Press, port: int) -> list[str]:
    """The headers a browser sends."""
    headers = [
        "User-Agent: Mozilla/5.0 (bench)",
        "Accept: text/html,application/xhtml+xml",
        "Accept-Language: en-GB,en;q=0.8",
    ]
    if press.cookies:
        headers.append(f"Cookie: {press.cookies}")
    if press.body:
        headers += [
            f"Origin: http://{HOST}:{port}",
            f"Referer: http://{HOST}:{port}/",
            "Content-Type: application/x-www-form-urlencoded",
        ]
    return headers


def _program(press: Press) -> list[str]:
    """The headers a program sends."""
    headers = ["User-Agent: bench", "Accept: application/json", "Content-Type: application/json"]
    return [*headers, f"Authorization: Bearer {press.bearer}"] if press.bearer else headers


@dataclass(slots=True)
class Answer:
    """What came back: status (0: nothing), where it leads, and the seconds since the start signal."""

    status: int
    location: str = ""
    seconds: float = 0.0
    page_status: int = 0
    page_seconds: float = 0.0


@dataclass(slots=True)
class Plan:
    """What to do. `burst`: every press on a connection of its own, all at one moment. `steady`: `connections`
    clients press one after the other until the presses or the `seconds` have run out."""

    port: int
    kind: str
    presses: list[Press]
    connections: int = 16
    seconds: float = 10.0
    first_client: int = 0


@dataclass(slots=True)
class Outcome:
    """The answers, how long it took until the last of them, and the generator's own CPU seconds."""

    answers: list[Answer] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0


class Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request under way."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = b""
        self.body = b""
        self.waiting: asyncio.Future[tuple[int, str]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self, request: bytes) -> asyncio.Future[tuple[int, str]]:
        """Send a request; the future gets status and location."""
        self.received = b""
        self.waiting = asyncio.get_running_loop().create_future()
        if self.transport is None or self.transport.is_closing():
            self._finish(0, "")
        else:
            self.transport.write(request)
        return self.waiting

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole."""
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return
        headers = _headers(head)
        if "chunked" in headers.get("transfer-encoding", ""):
            if not body.endswith(b"0\r\n\r\n"):
                return
        elif len(body) < int(headers.get("content-length", "0")):
            return
        self.body = body
        self._finish(int(head[9:12]), headers.get("location", ""))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Whoever waits gets nothing."""
        self._finish(0, "")

    def _finish(self, status: int, location: str) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result((status, location))

    def close(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.abort()


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}


def address_of(client: int) -> str:
    """Each client comes from an address of its own, as in life: Linux answers all of 127.0.0.0/8 on loopback."""
    return f"127.{1 + client // 62_500 % 250}.{1 + client // 250 % 250}.{1 + client % 250}"


async def _connect(port: int, client: int) -> Connection:
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        return (await loop.create_connection(Connection, HOST, port, local_addr=(address_of(client), 0)))[1]
    return (await loop.create_connection(Connection, HOST, port))[1]


async def _burst(plan: Plan) -> Outcome:
    requests = [press.as_bytes(plan.port) for press in plan.presses]
    connections: list[Connection] = []
    for first in range(0, len(requests), CONNECTED_AT_ONCE):
        numbers = range(first, min(first + CONNECTED_AT_ONCE, len(requests)))
        connections += await asyncio.gather(*(_connect(plan.port, plan.first_client + number) for number in numbers))
    await asyncio.sleep(0.2)
    started = time.perf_counter()
    waiting = [connection.send(request) for connection, request in zip(connections, requests, strict=True)]
    tasks = [
        _answer(future, started, connection, press, plan.port)
        for future, connection, press in zip(waiting, connections, plan.presses, strict=True)
    ]
    answers = await asyncio.gather(*tasks)
    for connection in connections:
        connection.close()
    return Outcome(list(answers), max(max(answer.seconds, answer.page_seconds) for answer in answers))


async def _answer(
    future: asyncio.Future[tuple[int, str]], started: float, connection: Connection, press: Press, port: int
) -> Answer:
    status, location = await _patiently(future)
    answer = Answer(status, location, time.perf_counter() - started)
    if press.follow and location:
        page = Press(path=location, cookies=press.cookies)
        answer.page_status, _location = await _patiently(connection.send(page.as_bytes(port)))
        answer.page_seconds = time.perf_counter() - started
    return answer


async def _patiently(future: asyncio.Future[tuple[int, str]]) -> tuple[int, str]:
    try:
        return await asyncio.wait_for(future, PATIENCE)
    except TimeoutError:
        return 0, ""


async def _steady(plan: Plan) -> Outcome:
    queue = iter(plan.presses)
    outcome = Outcome()
    connections = [await _connect(plan.port, plan.first_client + number) for number in range(plan.connections)]
    started = time.perf_counter()
    ends = started + plan.seconds

    async def keep_pressing(connection: Connection) -> None:
        for press in queue:  # shared: each press is taken once
            begun = time.perf_counter()
            if begun >= ends:
                return
            status, location = await _patiently(connection.send(press.as_bytes(plan.port)))
            if press.then_path and status == CREATED:
                after = press.after(connection.body)
                status, location = await _patiently(connection.send(after.as_bytes(plan.port)))
            outcome.answers.append(Answer(status, location, time.perf_counter() - begun))

    await asyncio.gather(*(keep_pressing(connection) for connection in connections))
    outcome.seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return outcome


def run(plan: Plan) -> Outcome:
    """Carry out a plan in this process."""
    allow_many_files(len(plan.presses) + 100)
    before = time.process_time()
    outcome = asyncio.run(_burst(plan) if plan.kind == "burst" else _steady(plan))
    outcome.cpu_seconds = time.process_time() - before
    return outcome


def allow_many_files(wanted: int) -> None:
    """Raise this process's own limit of open files as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def main() -> None:
    """Read a plan, carry it out, write the answers."""
    said: dict[str, Any] = json.load(sys.stdin)
    plan = Plan(**{**said, "presses": [Press(**press) for press in said["presses"]]})
    json.dump(asdict(run(plan)), sys.stdout)


if __name__ == "__main__":
    main()
