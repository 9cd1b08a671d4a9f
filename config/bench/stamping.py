"""Writes down when a change of a slot or of a queue was committed, inside the process that commits it.

`stamped_settings` installs it before everything else, so that its note is the first thing after the commit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import transaction

NOTES = "FRONTDESK_BENCH_COMMITS"


class Stamping(AppConfig):
    """Notes a moment of CLOCK_MONOTONIC for each commit that changed slots or a queue."""

    name = "config.bench"
    label = "bench"

    def ready(self) -> None:
        """Listen before anybody else does."""
        from queueing.signals import queue_changed
        from scheduling.signals import slot_changed

        slot_changed.connect(_note_commit, dispatch_uid="config.bench")
        queue_changed.connect(_note_queue, dispatch_uid="config.bench")


def _note_commit(slot_ids: Sequence[int], **_: Any) -> None:
    transaction.on_commit(lambda: _note(slot_ids, time.monotonic_ns()))


def _note_queue(queue: Any, **_: Any) -> None:
    transaction.on_commit(lambda: _note([f"queue{queue.pk}"], time.monotonic_ns()))


def _note(names: Sequence[object], moment: int) -> None:
    with Path(os.environ[NOTES]).open("a") as notes:
        notes.writelines(f"{name} {moment}\n" for name in names)


def commit_of(name: object, notes: Path, *, since: int) -> int | None:
    """The first commit since then that changed the slot of that key, or `queue7`."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    moments = (line.split() for line in lines)
    return min((int(at) for changed, at in moments if changed == str(name) and int(at) >= since), default=None)
