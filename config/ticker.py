"""Keeps the sweeps going in the embedded server: a thread for each, so that a slow one holds up no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from django.db import close_old_connections, connections

from config.sweeps import SWEEPS, Sweep, take_turn

logger = logging.getLogger("frontdesk.sweeps")

SECONDS_AFTER_TROUBLE = 5.0


class Ticker:
    """Runs every sweep when it is due, until it is stopped."""

    def __init__(self, sweeps: Sequence[Sweep] = SWEEPS) -> None:
        self.sweeps = sweeps
        self._stopping = threading.Event()
        self._wakes = {sweep.name: threading.Event() for sweep in sweeps}
        self._threads = [
            threading.Thread(target=self._keep_running, args=(sweep,), name=f"sweep-{sweep.name}", daemon=True)
            for sweep in sweeps
        ]

    def start(self) -> None:
        """Start every sweep's thread."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, seconds: float = 10) -> bool:
        """Let every running sweep come to its end, for so many seconds; returns whether all did."""
        self._stopping.set()
        for event in self._wakes.values():
            event.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def wake(self, name: str) -> None:
        """Let a sweep run now, though it is not due; while it runs, once more after that. From any thread."""
        self._wakes[name].set()

    def _keep_running(self, sweep: Sweep) -> None:
        pause, woken = 0.0, self._wakes[sweep.name]
        try:
            while True:
                early = woken.wait(pause)
                if self._stopping.is_set():
                    return
                woken.clear()
                pause = self._turn(sweep, early=early)
        finally:
            connections.close_all()

    def _turn(self, sweep: Sweep, *, early: bool) -> float:
        """One turn. Whatever keeps it from the books (the database is away, most likely) is tried again soon."""
        try:
            close_old_connections()
            return take_turn(sweep, early=early)
        except Exception:
            logger.exception("sweep %s could not reach the books", sweep.name)
            return SECONDS_AFTER_TROUBLE
