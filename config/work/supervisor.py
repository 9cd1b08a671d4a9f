"""Keeps one cluster at work: wakes it when a sweep is due, and replaces it when it no longer works.

A process of the cluster that dies at the wrong moment takes a lock with it, and the others wait for that for ever: all
of them live, and none does anything. So the supervisor believes only what the cluster's own processes write into the
books when they take up a task (`accounts.Worker.beat_at`).
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime

from django.db import Error, close_old_connections, connections

from accounts.models import Worker
from accounts.selectors.sweeps import due_sweeps
from accounts.services.workers import enter_worker, note_restart
from config.sweeps import sweep_of
from config.work import queue, tasks
from config.work.installing import install_sweeps
from config.work.pace import STARTING_SECONDS, STOPPING_SECONDS, Pace

logger = logging.getLogger("frontdesk.worker")

LONGEST_PAUSE = 30.0
"""So long, at most, a cluster waits for its turn when those before it died at once."""


def new_name() -> str:
    """A name for this worker and its queue; every start is another worker."""
    return f"{socket.gethostname()[:40]}-{secrets.token_hex(4)}"


class Supervisor:
    """Starts a cluster, wakes it, watches it, and ends it."""

    def __init__(self, *, name: str, pace: Pace) -> None:
        self.name = name
        self.pace = pace
        self._cluster: subprocess.Popen[bytes] | None = None
        self._started = self._last_sign = self._asked = 0.0
        self._start_after, self._pause = 0.0, 0.0
        self._seen: datetime | None = None
        self._woken: dict[str, tuple[tuple[datetime | None, ...], float]] = {}
        self._books_are_open = False
        self._is_stopping = self._books_are_away = False

    def request_stop(self) -> None:
        """Ask for the end without waiting; safe in a signal handler."""
        self._is_stopping = True

    def run(self) -> bool:
        """Work until asked to stop; returns whether the cluster came to its end by itself."""
        while not self._is_stopping:
            self._see_to_the_cluster()
            self._see_to_the_books()
            time.sleep(self.pace.look)
        return self._end(seconds=STOPPING_SECONDS)

    # --- The processes ----------------------------------------------------------------------

    def _see_to_the_cluster(self) -> None:
        """Start one where there is none, and replace one that has ended or gives no sign of work."""
        now = time.monotonic()
        if self._cluster is None:
            if now >= self._start_after:
                self._start()
        elif self._cluster.poll() is not None:
            self._replace(f"It ended by itself with {self._cluster.returncode}.")
        elif now - self._last_sign > self.pace.late:
            self._replace(f"It gave no sign of work for {self.pace.late:.0f} seconds.")

    def _start(self) -> None:
        """A session of its own: nothing that is meant for us reaches it, and all of it can be killed at once."""
        command = [sys.executable, sys.argv[0], "worker", "--skip-checks"]  # they have just been made here
        command += ["--cluster", self.name, "--parent", str(os.getpid())]
        self._cluster = subprocess.Popen(  # noqa: S603 - this very program
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "DATABASE_POOL": "false"},
        )
        self._started = time.monotonic()
        self._last_sign = self._started + STARTING_SECONDS
        self._asked = 0.0
        self._woken.clear()
        logger.info("worker %s: cluster %s started", self.name, self._cluster.pid)

    def _replace(self, trouble: str) -> None:
        """End what is there, and have another one started; later and later when they die at once."""
        logger.error("worker %s: the cluster is replaced. %s", self.name, trouble)
        lived = time.monotonic() - self._started
        self._end(seconds=self.pace.grace)
        self._pause = min(max(1.0, self._pause * 2), LONGEST_PAUSE) if lived < self.pace.short_life else 0.0
        self._start_after = time.monotonic() + self._pause
        with self._books():
            note_restart(name=self.name, trouble=trouble)
            queue.empty_queue(worker=self.name)

    def _end(self, *, seconds: float) -> bool:
        """SIGTERM to the leader alone, who knows in which order the others end; SIGKILL to all when that takes too
        long. Returns whether it did not."""
        cluster, self._cluster = self._cluster, None
        if cluster is None:
            return True
        ended_well = True
        if cluster.poll() is None:
            cluster.send_signal(signal.SIGTERM)
            try:
                cluster.wait(seconds)
            except subprocess.TimeoutExpired:
                ended_well = False
        with suppress(ProcessLookupError):
            os.killpg(cluster.pid, signal.SIGKILL)  # whatever of it is left
        cluster.wait()
        return ended_well

    # --- The books --------------------------------------------------------------------------

    def _books(self) -> _Books:
        return _Books(self)

    def _see_to_the_books(self) -> None:
        """Ask for a sign of work, look for one, and wake what is due; nothing of it while the database is away."""
        with self._books():
            if not self._books_are_open:
                enter_worker(name=self.name)
                logger.info("worker %s: %s", self.name, install_sweeps())
                self._books_are_open = True
            self._look_for_a_sign()
            if self._cluster is not None:
                self._ask_for_a_sign()
                self._wake_due_sweeps()

    def _look_for_a_sign(self) -> None:
        """By our own clock, which nobody sets: what counts is that the books say something else than before."""
        beat_at = Worker.objects.filter(name=self.name).values_list("beat_at", flat=True).first()
        if beat_at is not None and beat_at != self._seen:
            self._seen = beat_at
            self._last_sign = time.monotonic()

    def _ask_for_a_sign(self) -> None:
        if time.monotonic() - self._asked >= self.pace.beat:
            queue.enqueue(tasks.BEAT, worker=self.name)
            self._asked = time.monotonic()

    def _wake_due_sweeps(self) -> None:
        """Once for each time that a sweep is due; again when nobody took it up, or whoever did is gone."""
        for name, *state in due_sweeps().values_list("name", "due_at", "started_at"):
            if sweep_of(name) is None:
                continue
            known, at = self._woken.get(name, ((), 0.0))
            if known != tuple(state) or time.monotonic() - at > self.pace.wake_again:
                queue.enqueue(tasks.RUN_SWEEP, name, worker=self.name)
                self._woken[name] = tuple(state), time.monotonic()


class _Books:
    """Around what is done with the database: when that is away, the supervisor goes on without it.

    While nobody can write signs of work none are missed: the cluster is given its time anew when the database is back.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor

    def __enter__(self) -> None:
        close_old_connections()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        supervisor = self.supervisor
        if error is None:
            supervisor._books_are_away = False
            return False
        if not isinstance(error, Error):
            return False
        supervisor._last_sign = max(supervisor._last_sign, time.monotonic())
        connections.close_all()
        if not supervisor._books_are_away:
            logger.error("worker %s cannot reach the books: %s", supervisor.name, error)
            supervisor._books_are_away = True
        return True
