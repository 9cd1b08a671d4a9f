"""How what is published reaches the sockets of other processes: through Redis, when there is one.

Redis is expendable. While it is away, messages to other processes are lost, which is logged once; nobody waits for
it who has anything else to do; and when it is back, every process reads anew what its sockets look at.

Spoken to directly and not through Django Channels' layer: that one logs every second while Redis is away, tells nobody
when it is back, and wants an event loop in every process that has something to say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings
from redis import asyncio as redis_asyncio
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from accounts.live.published import Published

logger = logging.getLogger("frontdesk.live")

PATIENCE = 0.5
"""Seconds that anything of Redis may take."""
AWAY_FOR = 1.0
"""Seconds after a failure in which nobody tries to publish."""
RETURNS_EVERY = 0.5
"""Seconds between two attempts to listen again."""
SILENT_FOR = 3.0
"""Seconds of silence after which a connection has to show that it is alive: one that hangs is noticed in five."""


@cache
def prefix_of(url: str) -> str:
    """What the Redis channels of our rooms begin with; channels know of no databases, so ours is named."""
    return f"frontdesk:{redis.connection.parse_url(url).get('db', 0)}:live:"


class Publisher:
    """Says things to all processes. For the renderer's thread alone: it may wait, for a second, and then not again."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._url = ""
        self._away_until = 0.0
        self._is_away = False

    def publish(self, messages: Iterable[Published]) -> None:
        """Publish; without Redis this does nothing, while Redis is away it loses the messages. Never raises."""

        def send(client: redis.Redis) -> None:
            pipeline = client.pipeline(transaction=False)
            for message in messages:
                pipeline.publish(prefix_of(self._url) + message.room, message.to_wire())
            pipeline.execute()

        self._try(send)

    def listened(self, beginning: str) -> set[str]:
        """The rooms with this beginning in which somebody listens, in whichever process. Empty while Redis is away."""

        def ask(client: redis.Redis) -> set[str]:
            prefix = prefix_of(self._url)
            names = cast(list[bytes], client.pubsub_channels(f"{prefix}{beginning}*"))
            return {name.decode()[len(prefix) :] for name in names}

        return self._try(ask) or set()

    def _try(self, call: Callable[[redis.Redis], Any]) -> Any:
        if not settings.REDIS_URL or time.monotonic() < self._away_until:
            return None
        try:
            answer = call(self._connected())
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY_FOR
            if not self._is_away:
                self._is_away = True
                logger.warning("Redis is away, live updates stay in their process: %s", type(error).__name__)
            return None
        if self._is_away:
            self._is_away = False
            logger.warning("Redis is back, live updates reach every process")
        return answer

    def _connected(self) -> redis.Redis:
        if self._client is None or self._url != settings.REDIS_URL:
            self._url = settings.REDIS_URL
            self._client = redis.Redis.from_url(
                self._url,
                socket_connect_timeout=PATIENCE,
                socket_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 1),  # a connection from before Redis was restarted
            )
        return self._client


class Relay:
    """Hears what other processes publish about the rooms of this one. Lives on the hub's event loop."""

    def __init__(self, url: str, *, deliver: Callable[[Published], None], returned: Callable[[], None]) -> None:
        self.url = url
        self._prefix = prefix_of(url)
        self._deliver = deliver
        self._returned = returned
        self._wanted: set[str] = set()
        self._confirmed: dict[str, asyncio.Event] = {}  # of rooms that Redis was told of
        self._telling = asyncio.Lock()
        self._tried = asyncio.Event()
        self._pubsub: Any = None
        self.is_away = False
        self._task = asyncio.ensure_future(self._keep_listening())

    async def join(self, room: str) -> None:
        """Hear of a room; returns when Redis has confirmed it, or at once while Redis is away.

        Then the caller reads the state: what changes from there on is heard.
        """
        self._wanted.add(room)
        await _for_a_moment(self._tried)
        await self._tell_redis()
        if room in self._confirmed:
            await _for_a_moment(self._confirmed[room])

    def leave(self, room: str) -> Coroutine[Any, Any, None]:
        """Hear of it no more, from now on; await what is returned to tell Redis as well."""
        self._wanted.discard(room)  # not later: somebody may join again before Redis is told
        return self._tell_redis()

    async def close(self) -> None:
        """Hear of nothing more."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _tell_redis(self) -> None:
        """Tell Redis what is wanted and what no longer is. While it is away, this is made good when it returns."""
        async with self._telling:
            if self._pubsub is None:
                return
            new, gone = self._wanted - self._confirmed.keys(), self._confirmed.keys() - self._wanted
            with suppress(RedisError, OSError):  # whoever listens notices the same and begins anew
                if new:
                    self._confirmed |= {room: asyncio.Event() for room in new}
                    await self._pubsub.subscribe(*(self._prefix + room for room in new))
                if gone:
                    for room in gone:
                        del self._confirmed[room]
                    await self._pubsub.unsubscribe(*(self._prefix + room for room in gone))

    async def _keep_listening(self) -> None:
        while True:
            try:
                async with self._connection() as pubsub:
                    if self.is_away:
                        logger.warning("Redis is back, live updates of other processes are heard")
                        self.is_away = False
                    await self._listen(pubsub)
            except (RedisError, OSError) as error:
                if not self.is_away:
                    self.is_away = True
                    self._tried.set()
                    name = type(error).__name__
                    logger.warning("Redis is away, live updates of other processes are not heard: %s", name)
            except Exception:  # a fault of ours must not leave this process deaf for good
                logger.exception("could not pass on what another process said")
            await asyncio.sleep(RETURNS_EVERY)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        """A connection that hears of every room that is wanted."""
        client = redis_asyncio.Redis.from_url(self.url, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0))
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(
                self._prefix
            )  # a connection without any channel would hear of nothing, not even its end
            self._confirmed.clear()
            self._pubsub = pubsub
            try:
                await self._tell_redis()
                self._tried.set()
                yield pubsub
            finally:
                self._pubsub = None
                self._confirmed.clear()

    async def _listen(self, pubsub: Any) -> None:
        """Pass on what comes, until the connection breaks."""
        self._returned()
        asked = False
        while True:
            message = await pubsub.get_message(timeout=PATIENCE * 4 if asked else SILENT_FOR)
            if message is None and asked:
                raise redis.ConnectionError("no answer")
            asked = message is None
            if message is None:
                await pubsub.ping()
            elif message["type"] == "message":
                self._pass_on(message["data"])
            elif message["type"] == "subscribe":
                self._confirm(message["channel"].decode()[len(self._prefix) :])

    def _confirm(self, room: str) -> None:
        if room in self._confirmed:
            self._confirmed[room].set()

    def _pass_on(self, data: bytes) -> None:
        try:
            message = Published.from_wire(data)
        except ValueError:
            logger.warning("somebody else speaks on our Redis channels")
            return
        self._deliver(message)


async def _for_a_moment(event: asyncio.Event) -> None:
    """Wait for something that takes no time while Redis is well."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), PATIENCE)
