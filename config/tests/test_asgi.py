"""What goes through the bridge between daphne and the pages, and what is turned away."""

from __future__ import annotations

import re
import resource

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings

from config.asgi import MOST_FILES, allow_many_sockets, sockets, tidied
from config.server import LARGEST_MESSAGE


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


def test_nor_in_production():
    """Granian cannot tell them apart; the proxy in front takes them out."""
    assert "\n\trequest_header -*_*\n" in (settings.BASE_DIR / "deploy" / "Caddyfile").read_text()


@pytest.mark.parametrize("origin", [b"http://testserver", b"http://evil.example"])
async def test_a_socket_that_nobody_serves_is_closed(origin):
    headers = [(b"origin", origin), (b"host", b"testserver")]
    connected, _ = await WebsocketCommunicator(sockets, "/ws/nothing/", headers=headers).connect()
    assert connected is False


def test_a_process_may_have_more_sockets_than_a_shell_allows():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(900, hard), hard))
    try:
        allow_many_sockets()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(MOST_FILES, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_production_and_the_embedded_server_refuse_the_same_messages():
    """What the sockets' process of the Procfile and of compose.yaml is told is what `manage.py serve` says itself."""
    for file in ("Procfile", "compose.yaml"):
        for option in ("message", "frame"):
            found = re.search(rf"--websocket-max-{option}-size[ =](\d+)", (settings.BASE_DIR / file).read_text())
            assert int(found[1]) == LARGEST_MESSAGE


def test_the_process_of_the_sockets_logs_no_addresses():
    """Daphne would write each one as it is, with the secret of the link in it; ours are written by config/logs.py."""
    for file in ("Procfile", "compose.yaml"):
        assert re.search(r"daphne\b[^:]*--verbosity[ =]0\b", (settings.BASE_DIR / file).read_text(), re.DOTALL)
