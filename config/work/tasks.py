"""What the cluster's processes do: they give a sign of work, and run the sweeps that they are told are due."""

from __future__ import annotations

import logging

from accounts.services.workers import note_beat
from config.sweeps import sweep_of, take_turn
from config.work.pace import pace_of_settings

logger = logging.getLogger("frontdesk.worker")

BEAT = "config.work.tasks.beat"
RUN_SWEEP = "config.work.tasks.run_sweep"


class _Serving:
    """Which worker this process belongs to; its cluster says so before it starts the others."""

    worker = "worker"


def serve(worker: str) -> None:
    """Belong to this worker from now on, and with this process all that come from it."""
    _Serving.worker = worker


def beat() -> None:
    """A sign of work: somebody took this up."""
    note_beat(name=_Serving.worker)


def run_sweep(name: str) -> None:
    """Run a sweep if it is due. Taking it up is a sign of work, finishing is none: the others may be stuck by then."""
    beat()
    sweep = sweep_of(name)
    if sweep is None:
        logger.warning("there is no sweep %s in this version", name)
        return
    take_turn(sweep, at_most=pace_of_settings().claim)
