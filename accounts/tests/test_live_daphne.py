"""What the hub does to daphne's connections: bytes arrive whole and in order, and nobody eats memory by not reading."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import ExitStack

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts.tests import flood_asgi
from testing import processes
from testing.embedded import free_port

pytestmark = pytest.mark.once("it is about connections, and asks no database")


@pytest.fixture(scope="module")
def daphne(tmp_path_factory):
    """The port of a daphne with the flood."""
    log = tmp_path_factory.mktemp("daphne") / "log"
    port = free_port()
    command = [sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(port)]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(settings.BASE_DIR),
        "DJANGO_SETTINGS_MODULE": "testing.settings",
    }
    process = processes.start(
        [*command, "accounts.tests.flood_asgi:application"], user=None, log=log, environment=environment
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
    yield port
    process.kill()
    process.wait()


def listener(port, path="/", *, sock=None):
    """A client, which takes in some messages ahead of whoever reads them."""
    return connect(f"ws://127.0.0.1:{port}{path}", max_size=None, ping_interval=None, compression=None, sock=sock)


def sleeper_at(port):
    """A client that does not read, and whose kernel keeps little for it: how much it would keep depends on the day."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    sock.connect(("127.0.0.1", port))
    return listener(port, sock=sock)


def test_long_messages_arrive_whole_and_in_order(daphne):
    with listener(daphne) as reader, listener(daphne, "/flood/") as other:
        for number in range(flood_asgi.MESSAGES):
            assert reader.recv(timeout=10) == flood_asgi.body(number)
            assert other.recv(timeout=10) == flood_asgi.body(number)


def test_for_who_does_not_read_little_is_kept_and_nobody_waits(daphne):
    with ExitStack() as stack:
        sleepers = [stack.enter_context(sleeper_at(daphne)) for _ in range(5)]
        time.sleep(0.3)
        with listener(daphne, "/flood/") as reader:
            for number in range(flood_asgi.MESSAGES):
                assert reader.recv(timeout=10) == flood_asgi.body(number)
        for sleeper in sleepers:
            assert messages_until_closed(sleeper) < flood_asgi.MESSAGES / 2


def messages_until_closed(sleeper):
    """Read what was on its way until the connection ends."""
    for number in range(flood_asgi.MESSAGES):
        try:
            sleeper.recv(timeout=5)
        except ConnectionClosed:
            return number
    return flood_asgi.MESSAGES
