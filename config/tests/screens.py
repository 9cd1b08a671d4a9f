"""Screens of a waiting room as they are in life: a socket each, opened again whenever it breaks."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from config.tests.sockets import socket_to
from testing.embedded import EmbeddedServer

CALL = re.compile(r'<li data-call="(\d+)" data-at')
TRY_AGAIN_AFTER = 0.1
HEARS_WITHIN = 0.2


class Screen:
    """Remembers the last picture, and when it first saw each call."""

    def __init__(self, server: EmbeddedServer, path: str) -> None:
        self.server = server
        self.path = path
        self.picture = ""
        self.seen: dict[int, float] = {}
        self.cuts = 0
        self._socket: ClientConnection | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Break the connection, as a network does: without a word."""
        socket = self._socket
        if socket is not None:
            self.cuts += 1
            with suppress(OSError):
                socket.socket.shutdown(2)

    def close(self) -> None:
        """Switch it off."""
        self._is_over.set()
        self._thread.join(5)

    def _look(self) -> None:
        while not self._is_over.is_set():
            with suppress(OSError, WebSocketException, TimeoutError), socket_to(self.server, path=self.path) as socket:
                self._socket = socket
                self._listen(socket)
            self._socket = None
            self._is_over.wait(TRY_AGAIN_AFTER)

    def _listen(self, socket: ClientConnection) -> None:
        while not self._is_over.is_set():
            try:
                told = socket.recv(timeout=HEARS_WITHIN)
            except TimeoutError:
                continue
            now = time.monotonic()
            if isinstance(told, str) and 'id="board-state"' in told:
                for number in CALL.findall(told):
                    self.seen.setdefault(int(number), now)
                self.picture = told


def until(reached: object, seconds: float) -> float:
    """Wait for something; returns how long it took. AssertionError when it never comes."""
    assert callable(reached)
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < seconds, f"not within {seconds} seconds"
        time.sleep(0.01)
    return time.monotonic() - began
