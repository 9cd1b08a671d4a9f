"""The asynchronous application: WebSockets, and, in the embedded default, the pages too.

Pages stay synchronous, in a pool of threads that keep their database connections. Under ASGI each of Django's
middlewares would cost a hop between threads (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
from collections.abc import Awaitable, Callable
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.wsgi import application as pages
from queueing.routing import websocket_urlpatterns as sockets_of_queues
from scheduling.routing import websocket_urlpatterns as sockets_of_the_ground

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

THREADS = 8
MOST_FILES = 65_536
BEYOND_ASCII = re.compile(rb"[^\x21-\x7e]")


class Pages:
    """The pages behind ASGI, guarded against what the bridge cannot take."""

    def __init__(self) -> None:
        self.bridge = WSGIMiddleware(cast(Any, pages), workers=THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.bridge(tidied(scope), receive, send)  # type: ignore[arg-type]

    async def finish(self) -> None:
        """Wait until every thread has come to its end; requests that were not begun are dropped.

        The loop must go on meanwhile: a thread hands it each piece of an answer and waits until it is taken.
        """
        await asyncio.to_thread(self.bridge.executor.shutdown, cancel_futures=True)


def tidied(scope: Scope) -> Scope:
    """The same request, in what WSGI can say.

    Bytes beyond ASCII in the query are written as `%xx`. A header with an underscore would pass for its namesake
    with a hyphen, which the proxy in front has vouched for; such headers go.
    """
    query = BEYOND_ASCII.sub(lambda found: b"%%%02X" % found[0][0], scope["query_string"])
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    return {**scope, "headers": headers, "query_string": query}


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Close a socket that nobody serves."""
    await receive()
    await send({"type": "websocket.close"})


def allow_many_sockets() -> None:
    """Each is an open file of this process, and many a system allows a thousand until one asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


allow_many_sockets()
# Every socket asks for itself who may open it (accounts/live/guards.py).
sockets = URLRouter([*sockets_of_the_ground, *sockets_of_queues, re_path(r"", cast(Any, refuse))])
http = Pages()
application = ProtocolTypeRouter({"http": http, "websocket": sockets})
