"""The other side of sockets that only show something, in the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import WebsocketCommunicator

from accounts.live.guards import addresses
from accounts.live.hub import hub
from accounts.live.pulse import pulse
from accounts.live.visitors import doorkeeper
from config.asgi import sockets

OURS = "http://testserver"


@asynccontextmanager
async def viewers() -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Opens sockets (`await visit(path, origin=…)`), closes them in the end, and sees that nobody is left behind."""
    opened = []

    async def visit(path: str, *, origin: str | None = OURS) -> Any:
        headers = [(b"host", b"testserver")] + ([(b"origin", origin.encode())] if origin is not None else [])
        made: Any = WebsocketCommunicator(sockets, path, headers=headers)
        made.accepted, _ = await made.connect(timeout=5)
        opened.append(made)
        return made

    yield visit
    for one in opened:
        await one.disconnect(timeout=5)
    await asyncio.gather(*hub._under_way, return_exceptions=True)
    doorkeeper.stop()
    assert not hub.is_busy(), "somebody is still in a room"
    assert not pulse._sockets
    assert not addresses.open
