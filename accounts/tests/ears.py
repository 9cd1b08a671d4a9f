"""The other side of sockets, for tests: an ear that hears what a server sends, and an event loop to hear it on."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from accounts.live.hub import State, hub
from accounts.live.sockets import Socket


class Ear:
    """The other side of a socket: hears what a server would send over the wire."""

    def __init__(self, *, slow: bool = False) -> None:
        self.messages: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        if not slow:
            self.reads.set()
        self.socket = Socket(self._send)

    async def _send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.messages.append(message)

    @property
    def texts(self) -> list[str]:
        """The messages."""
        return [message["text"] for message in self.messages if message["type"] == "websocket.send"]

    @property
    def codes(self) -> list[int]:
        """With which codes it was closed."""
        return [message["code"] for message in self.messages if message["type"] == "websocket.close"]

    def hears(self, words: str, seconds: float = 5) -> str:
        """Wait for a message with these words; returns it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for text in self.texts:
                if words in text:
                    return text
            time.sleep(0.005)
        raise AssertionError(f"nobody said {words!r}, only {self.texts}")

    def hears_nothing_more(self, seconds: float = 0.4) -> None:
        """Wait a while; whatever is said is wrong."""
        before = len(self.texts)
        time.sleep(seconds)
        assert self.texts[before:] == []


class Listening:
    """The process's hub on an event loop of its own, for tests that are not coroutines themselves."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.ears: list[Ear] = []

    def join(self, room: str, *, state: State | None = None) -> Ear:
        """An ear in a room."""
        ear = Ear()
        self.ears.append(ear)
        self._run(hub.join(ear.socket, room, state=state))
        return ear

    def close(self) -> None:
        """Leave all rooms, end the loop."""

        async def leave() -> None:
            for ear in self.ears:
                hub.leave(ear.socket)
            await asyncio.sleep(0)
            await asyncio.gather(*hub._under_way, return_exceptions=True)

        self._run(leave())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)
