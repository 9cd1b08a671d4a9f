"""Real threads against the real database: each has a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import connection, connections

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    """What one call came to: its answer, or the exception it raised."""

    answer: Answer | None
    error: Exception | None


def run_together(calls: Sequence[Callable[[], Answer]]) -> list[Outcome[Answer]]:
    """Run all calls at once, one thread each, started at one barrier; outcomes in the order of the calls.

    The test must be `transaction=True`, or the threads do not see its rows.
    """
    barrier = threading.Barrier(len(calls))
    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        waiting = [pool.submit(_run_one, call, barrier) for call in calls]
        return [future.result() for future in waiting]


def _run_one(call: Callable[[], Answer], barrier: threading.Barrier) -> Outcome[Answer]:
    try:
        connections["default"].ensure_connection()
        barrier.wait(timeout=60)
        return Outcome(call(), None)
    except Exception as error:
        return Outcome(None, error)
    finally:
        connections.close_all()


def wait_until_somebody_waits() -> None:
    """Until a connection waits for a lock of another one. PostgreSQL only."""
    for _attempt in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise TimeoutError("nobody waits")
