"""The cluster itself: django-q2's processes, in such a way that none of them outlives the one that started it."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from types import FrameType

from django.db import connections
from django_q.cluster import Cluster

from config.work import tasks
from config.work.queue import queue_of

logger = logging.getLogger("frontdesk.worker")

PR_SET_PDEATHSIG = 1
LOOK_EVERY = 0.2


class _Family:
    """Who this process comes from, noted before it starts another one."""

    parent = 0


def run_cluster(*, worker: str, parent: int) -> bool:
    """Serve a worker's queue until SIGTERM; returns whether it came to its end as it should.

    `parent` is the supervisor's process: when that is gone, so is everything here, at once.
    """
    _Family.parent = parent
    _end_with_the_parent()
    os.register_at_fork(before=_note_the_parent, after_in_child=_end_with_the_parent)
    refuse_a_pool()
    tasks.serve(worker)
    cluster = Cluster(broker=queue_of(worker))
    asked = _listen_for_the_end()
    connections.close_all()  # nothing open is shared with those who are started now
    cluster.start()
    while not asked and cluster.sentinel.is_alive():
        time.sleep(LOOK_EVERY)
        _end_when_orphaned(parent)
    return bool(asked) and cluster.stop()


def _listen_for_the_end() -> list[int]:
    """The library stops inside its signal handler, and may meet itself there; here the handler only takes a note."""
    asked: list[int] = []

    def take_note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, take_note)
    return asked


def _note_the_parent() -> None:
    _Family.parent = os.getpid()


def _end_with_the_parent() -> None:
    """Let the kernel kill this process when the one that started it dies, however it dies. Only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != _Family.parent:  # it was quicker
            os._exit(1)


def _end_when_orphaned(parent: int) -> None:
    """The same where the kernel does not do it, for the whole group."""
    if os.getppid() != parent:
        os.killpg(os.getpgrp(), signal.SIGKILL)


def refuse_a_pool() -> None:
    """A pool of connections is shared by processes that come from one another, which garbles what they say."""
    if any("pool" in connection.settings_dict["OPTIONS"] for connection in connections.all(initialized_only=False)):
        raise RuntimeError("a cluster must not have a pool of connections")
