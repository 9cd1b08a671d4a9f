"""The one thread of a process that reads the database for sockets: neither a booking nor the event loop waits."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.db import close_old_connections, connections

logger = logging.getLogger("frontdesk.live")

Answer = TypeVar("Answer")

PAUSE = 0.05
"""Seconds between two runs of the same job. The first runs at once; what comes within the pause is one run after it."""
IDLE = 5.0
"""Seconds without work after which the thread ends and gives its database connection back."""
TRY_AGAIN_AFTER = 1.0
MOST_TRIES = 15
MOST_JOBS = 10_000
DRAIN_SECONDS = 2.0


class TooMuchToDo(Exception):
    """More waits than is kept: nobody will get to this."""


@dataclass(slots=True)
class _Job:
    run: Callable[[], object]
    due: float
    tries: int = 0


class Renderer:
    """Runs jobs one after another in a thread that starts when there is something to do."""

    def __init__(self, *, pause: float = PAUSE, idle: float = IDLE) -> None:
        self.pause = pause
        self.idle = idle
        self._changed = threading.Condition()
        self._jobs: dict[Hashable, _Job] = {}
        self._resting: dict[Hashable, float] = {}
        self._thread: threading.Thread | None = None
        self._draining = False
        self._ends_with_process = False

    def soon(self, key: Hashable, job: Callable[[], object]) -> bool:
        """Run the job: at once, or after the pause when one of the same key has just run.

        Of several that wait with the same key only the last runs. Returns at once and never raises. A job that fails
        is tried again for a while (the database may be restarting). Safe in every thread. Returns whether the job was
        kept: not when too many wait.
        """
        with self._changed:
            waiting = self._jobs.get(key)
            if waiting is None and len(self._jobs) >= MOST_JOBS:
                logger.warning("too much to tell: sockets hear of some changes only when they are read again")
                return False
            due = waiting.due if waiting else self._resting.get(key, 0.0)
            self._jobs[key] = _Job(job, due)
            self._ensure_thread()
            self._changed.notify()
        return True

    def ask(self, job: Callable[[], Answer]) -> Future[Answer]:
        """Run the job as soon as possible. The future has what it returns or raises; TooMuchToDo if it is never run."""
        future: Future[Answer] = Future()
        if not self.soon(object(), partial(_answer, future, job)):
            future.set_exception(TooMuchToDo())
        return future

    def stop(self, seconds: float = DRAIN_SECONDS) -> None:
        """Do at once what waits, for at most so long, and end the thread. The next job starts a new one."""
        with self._changed:
            thread = self._thread
            self._draining = True
            self._changed.notify()
        if thread is not None:
            thread.join(seconds)
        with self._changed:
            self._draining = False
            self._jobs.clear()
            self._resting.clear()

    def _ensure_thread(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        if not self._ends_with_process:
            self._ends_with_process = True
            atexit.register(self.stop)
        self._thread = threading.Thread(target=self._work, name="live-renderer", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            while (found := self._next()) is not None:
                self._run(*found)
        finally:
            connections.close_all()

    def _next(self) -> tuple[Hashable, _Job] | None:
        """The next job that is due, waiting for one; None when there is nothing to wait for any more."""
        with self._changed:
            while True:
                now = time.monotonic()
                for key, job in self._jobs.items():
                    if job.due <= now or self._draining:
                        del self._jobs[key]
                        return key, job
                patience = min((job.due - now for job in self._jobs.values()), default=self.idle)
                woken = not self._draining and self._changed.wait(patience)
                if not woken and not self._jobs:
                    self._thread = None
                    return None

    def _run(self, key: Hashable, job: _Job) -> None:
        try:
            close_old_connections()
            job.run()
        except Exception:
            job.tries += 1
            logger.log(logging.ERROR if job.tries == 1 else logging.DEBUG, "could not tell sockets", exc_info=True)
            connections.close_all()
            self._try_again(key, job)
        else:
            self._rest(key)

    def _try_again(self, key: Hashable, job: _Job) -> None:
        with self._changed:
            if job.tries < MOST_TRIES and not self._draining:
                job.due = time.monotonic() + TRY_AGAIN_AFTER
                self._jobs.setdefault(key, job)

    def _rest(self, key: Hashable) -> None:
        now = time.monotonic()
        with self._changed:
            self._resting = {name: until for name, until in self._resting.items() if until > now}
            self._resting[key] = now + self.pause


def _answer(future: Future[Answer], job: Callable[[], Answer]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(job())
    except BaseException as error:
        future.set_exception(error)


renderer = Renderer()
