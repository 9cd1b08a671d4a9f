"""What goes through the bridge between daphne and the pages, and what is turned away."""

from __future__ import annotations

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import sockets, tidied


def scope(**changes):
    return {"type": "http", "path": "/", "query_string": b"", "headers": [], **changes}


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        (b"q=a%20b&c=d", b"q=a%20b&c=d"),
        (b"q=\xff\xfe", b"q=%FF%FE"),
        ("q=Zoë".encode(), b"q=Zo%C3%AB"),
        (b"q=\x00", b"q=%00"),
    ],
)
def test_bytes_that_wsgi_cannot_say_are_written_out(raw, tidy):
    assert tidied(scope(query_string=raw))["query_string"] == tidy


def test_a_header_cannot_pass_for_one_of_the_proxys():
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x_forwarded_for", b"127.0.0.1")]
    assert tidied(scope(headers=headers))["headers"] == headers[:1]


@pytest.mark.parametrize("origin", [b"http://testserver", b"http://evil.example"])
async def test_a_socket_that_nobody_serves_is_closed(origin):
    headers = [(b"origin", origin), (b"host", b"testserver")]
    connected, _ = await WebsocketCommunicator(sockets, "/ws/nothing/", headers=headers).connect()
    assert connected is False
