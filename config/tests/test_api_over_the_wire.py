"""Guarantee 17 over a real line: what a test's own client would never send, to the server that bin/run starts."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest

from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]

HOLD = "POST /api/v1/slots/1/hold/ HTTP/1.1"
TYPE = "Content-Type: application/json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    started = EmbeddedServer(tmp_path_factory.mktemp("wire"))
    yield started.wait()
    started.stop()


def say(server: EmbeddedServer, lines: list[str], body: bytes = b"", *, hang_up: bool = False) -> tuple[int, bytes]:
    """Status and body of the answer to exactly these bytes; 0 where the server hangs up without one."""
    request = "\r\n".join([lines[0], f"Host: 127.0.0.1:{server.port}", "Connection: close", *lines[1:], "", ""])
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        try:
            line.sendall(request.encode("latin-1") + body)
            if hang_up:
                line.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        except ConnectionError:  # refused before all of it was sent
            return 0, b""
    head, _blank, content = answer.partition(b"\r\n\r\n")
    return (int(head.split()[1]), content) if head else (0, b"")


LONG = "x" * 100_000
STRANGE = {
    "ten megabytes": ([HOLD, TYPE, "Content-Length: 10000000"], b"x" * 10_000_000, {413}),
    "two megabytes": ([HOLD, TYPE, "Content-Length: 2000000"], b"x" * 2_000_000, {413}),
    "ten thousand deep": ([HOLD, TYPE, "Content-Length: 20000"], b"[" * 10_000 + b"]" * 10_000, {400}),
    "a body in chunks": ([HOLD, TYPE, "Transfer-Encoding: chunked"], b"2\r\n{}\r\n0\r\n\r\n", {411}),
    "less than it says": ([HOLD, TYPE, "Content-Length: 100"], b'{"minutes": 3', {0}),
    "a length that is none": ([HOLD, TYPE, "Content-Length: many"], b"{}", {400}),
    "a length below nothing": ([HOLD, TYPE, "Content-Length: -1"], b"{}", {400}),
    "two lengths": ([HOLD, TYPE, "Content-Length: 2", "Content-Length: 3"], b"{}x", {400}),
    "a long header": (["GET /api/v1/doctors/ HTTP/1.1", f"Authorization: Bearer {LONG}"], b"", {431}),
    "a long key": ([HOLD, TYPE, f"Idempotency-Key: {LONG}", "Content-Length: 2"], b"{}", {431}),
    "a thousand headers": (
        ["GET /api/v1/doctors/ HTTP/1.1", *[f"X-{n}: y" for n in range(1000)]],
        b"",
        {400},
    ),
    "a long query": ([f"GET /api/v1/doctors/?search={LONG} HTTP/1.1"], b"", {431}),
    "a long path": ([f"GET /api/v1/{LONG}/ HTTP/1.1"], b"", {431}),
    "NUL in a header": ([HOLD, TYPE, "Frontdesk-Secret: a\0b", "Content-Length: 2"], b"{}", {400}),
    "NUL in the address": (["GET /api/v1/doctors/?search=%00 HTTP/1.1"], b"", {400}),
    "no UTF-8 in the address": (["GET /api/v1/doctors/?search=%ff%fe HTTP/1.1"], b"", {200}),
    "bytes in the address": (["GET /api/v1/doctors/?search=\xff HTTP/1.1"], b"", {400}),
    "letters in a header": (["GET /api/v1/auth/me/ HTTP/1.1", "Authorization: Bearer \xe9\xff"], b"", {401}),
    "a method of one's own": (["BREW /api/v1/doctors/ HTTP/1.1"], b"", {405}),
    "another host": (["GET http://evil.example/api/v1/doctors/ HTTP/1.1"], b"", {404}),
}


@pytest.mark.parametrize("name", STRANGE)
def test_it_is_refused_within_a_second_and_the_server_goes_on(server: EmbeddedServer, name: str) -> None:
    lines, body, statuses = STRANGE[name]
    began = time.monotonic()
    status, content = say(server, lines, body, hang_up=name == "less than it says")
    assert time.monotonic() - began < 5  # of a busy machine; alone it is a tenth of that
    assert status in statuses, content[:300]
    if status >= 400 and content.startswith(b"{"):
        assert set(json.loads(content)) == {"type", "code", "detail", "errors"}
    assert server.get("/api/v1/specialties/?page_size=1")[0] == 200
    assert "Traceback" not in server.said()
