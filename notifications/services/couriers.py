"""Threads that speak to gateways, and keep what they have open until the run is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Generic, TypeVar

from django.db import close_old_connections, connections

from notifications.channels.registry import let_go

Found = TypeVar("Found")
Errand = Callable[[], Found]


class Couriers(Generic[Found]):
    """Runs errands in up to `most` threads, which begin when they are needed.

    Unlike Python's own pool, each thread closes its connections when it ends.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: SimpleQueue[tuple[Errand[Found], Future[Found]] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def send(self, errand: Errand[Found]) -> Future[Found]:
        """Run an errand as soon as somebody is free."""
        coming: Future[Found] = Future()
        self._waiting.put((errand, coming))
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
            thread = threading.Thread(target=self._work, name=f"courier-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return coming

    def dismiss(self, *, seconds: float) -> None:
        """Let everybody go who has nothing to do; wait so long for them all. Who is held up goes when they are done."""
        for _thread in self._threads:
            self._waiting.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        try:
            while (task := self._waiting.get()) is not None:
                errand, coming = task
                try:
                    coming.set_result(errand())
                except BaseException as error:
                    coming.set_exception(error)
                del task, errand, coming
                close_old_connections()
                self._idle.release()
        finally:
            let_go()
            connections.close_all()
