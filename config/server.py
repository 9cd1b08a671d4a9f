"""The embedded server: one process with pages, live updates and the periodic jobs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings

from config.ticker import Ticker
from notifications.signals import messages_due

if TYPE_CHECKING:
    from config.asgi import Pages

SECONDS_TO_FINISH = 5
LARGEST_MESSAGE = 64 * 1024
"""What a socket may say at once; more is refused as soon as it is announced, unread."""


LARGEST_BODY = settings.MAX_BODY_BYTES + 1
"""So much of a body is kept; with more, the pages refuse the request without looking at it."""


TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class PortTakenError(Exception):
    """Something else listens on the port."""


def claim_port(host: str, port: int) -> None:
    """Make sure that the port is free; raises PortTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError from error


def bound_bodies() -> None:
    """Let daphne keep no more of a body than anybody reads: it receives the whole of it before it asks who wants it."""
    from daphne.http_protocol import WebRequest

    keep = WebRequest.handleContentChunk

    def keep_what_is_read(request: Any, data: bytes) -> None:
        keep(request, data[: max(0, LARGEST_BODY - request.content.tell())])

    WebRequest.handleContentChunk = keep_what_is_read


def answer_long_lines() -> None:
    """Let Twisted answer an address or a header that is too long (431), rather than hang up without a word."""
    from twisted.web.http import HTTPChannel

    def refuse(channel: Any, _line: bytes) -> None:
        channel.setRawMode()
        channel.rawDataReceived = lambda _data: None  # a client listens when it has sent all of it
        channel.setTimeout(SECONDS_TO_FINISH)
        channel.transport.write(TOO_LONG)
        channel.transport.loseWriteConnection()

    HTTPChannel.lineLengthExceeded = refuse  # type: ignore[method-assign]


def serve(*, host: str, port: int, when_ready: Callable[[], None]) -> bool:
    """Serve until SIGINT or SIGTERM, then end the periodic jobs; returns whether everything came to its end."""
    # The import installs Twisted's reactor, which must happen in the process that runs it and no earlier.
    from daphne.server import Server

    from config.asgi import application, http

    bound_bodies()
    answer_long_lines()
    ticker = Ticker()

    def send_at_once(**_signal: object) -> None:
        ticker.wake("send_due")

    messages_due.connect(send_at_once)

    def begin() -> None:
        ticker.start()
        when_ready()

    interface = host.replace(":", r"\:")
    Server(
        application=application,
        endpoints=[f"tcp:port={port}:interface={interface}"],
        ready_callable=begin,
        application_close_timeout=SECONDS_TO_FINISH,
        websocket_max_message_size=LARGEST_MESSAGE,
        websocket_max_frame_size=LARGEST_MESSAGE,
        server_name="frontdesk",
    ).run()
    answered = _finish(http)
    return ticker.stop(seconds=SECONDS_TO_FINISH) and answered


def _finish(http: Pages) -> bool:
    """Let threads finish what they answer; returns whether they did. The loop that daphne left is used once more."""
    loop = asyncio.get_event_loop()
    try:
        loop.run_until_complete(asyncio.wait_for(http.finish(), timeout=SECONDS_TO_FINISH))
    except TimeoutError:
        return False
    return True
