"""Telling sockets of a change, in whichever process they are, without making anybody wait who made the change.

    transaction.on_commit(lambda: announcer.tell(("slots", doctor_id), lambda: read_the_days(doctor_id)))

`tell` returns at once. The renderer's thread then calls the function, which reads the database as it is by then and
returns what to publish: at once for the first change, and once for all that follow within 50 ms. It is called neither
when LIVE_UPDATES is off nor when certainly nobody listens.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial

from django.conf import settings

from accounts.live.hub import Hub, hub
from accounts.live.layer import Publisher
from accounts.live.published import Published
from accounts.live.renderer import Renderer, renderer

Make = Callable[[], Iterable[Published]]


class Announcer:
    """Publishes what changed, to the sockets of this process and through Redis to those of all others."""

    def __init__(self, hub: Hub, renderer: Renderer) -> None:
        self.hub = hub
        self.renderer = renderer
        self.publisher = Publisher()

    def may_be_heard(self) -> bool:
        """Whether anybody may be listening, here or in another process. Costs nothing."""
        return bool(settings.LIVE_UPDATES and (settings.REDIS_URL or self.hub.is_busy()))

    def tell(self, key: Hashable, make: Make) -> bool:
        """Something that `key` names has changed: call `make` in the renderer's thread and publish what it returns.

        Call it after commit. Of several that wait with the same key only the last `make` is called. Never raises,
        never waits. `make` may be called again when it raises, so it does nothing but read. Returns whether anybody may
        be listening; otherwise `make` is not called.
        """
        if not self.may_be_heard():
            return False
        self.renderer.soon(key, partial(self._publish, make))
        return True

    def listened(self, prefix: str) -> set[str]:
        """The rooms with this beginning in which anybody listens, in any process; for a `make` to skip the others.

        While Redis is away, those of this process. Only inside `make`: it may ask Redis.
        """
        return self.hub.listened(prefix) | self.publisher.listened(prefix)

    def _publish(self, make: Make) -> None:
        messages = list(make())
        if messages:
            self.hub.deliver_soon(messages)
            self.publisher.publish(messages)


announcer = Announcer(hub, renderer)
