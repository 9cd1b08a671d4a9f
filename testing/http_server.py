"""What throw-away HTTP servers have in common: they listen in threads on a free port."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Listener(ThreadingHTTPServer):
    """Serves each request in a thread of its own; its handlers find who they work for in `owner`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], owner: Any) -> None:
        self.owner = owner
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may die in the middle of it: tests kill them."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads and answers as all of them do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go out as two packets
    server: Listener

    def do_GET(self) -> None:
        """Somebody asks."""
        self.serve(b"")

    def do_POST(self) -> None:
        """Somebody posts; whoever dies over it gets no answer."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
        else:
            self.serve(body)

    def serve(self, body: bytes) -> None:
        """Answer one request."""
        raise NotImplementedError

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of tests clean."""

    def answer(self, status: int, content: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Answer, if whoever asked is still there."""
        with suppress(ConnectionError):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


@dataclass(kw_only=True)
class HttpServer:
    """Listens on a free port of this machine, from `start` to `stop`."""

    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)
    _server: Listener = field(init=False)
    _thread: threading.Thread = field(init=False)

    @property
    def handler(self) -> type[Handler]:
        """What serves one request."""
        raise NotImplementedError

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listen; `stop` and `start` come back at the same port."""
        self.released.clear()
        self._server = Listener(("127.0.0.1", self.port), self.handler, self)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Listen no more, and let go of whoever hangs."""
        self.released.set()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
