"""Every periodic job, in one table, and how one of them is run.

A sweep goes over the rows that are due. It is safe to run twice, at once, or after a day's pause: the database is
the truth, and the clock here only says when to look.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.actors import system
from accounts.services.sweeps import claim_sweep, enter_sweeps, next_turn, record_failure, record_run

logger = logging.getLogger("frontdesk.sweeps")


@dataclass(frozen=True, slots=True)
class Sweep:
    """A function `(*, actor)` to call every so many seconds.

    A run longer than `at_most` seconds is taken for dead, and another worker may start one.
    """

    name: str
    every: int
    function: str
    at_most: int = 60

    def load(self) -> Callable[..., Any]:
        """The function itself."""
        found: Callable[..., Any] = import_string(self.function)
        return found


SWEEPS = (
    Sweep("send_due", 5, "notifications.services.outbox.send_due"),
    Sweep("expire_overdue", 15, "scheduling.services.lifecycle.expire_overdue"),
    Sweep("offer_free_seats", 30, "scheduling.services.waitlist.offer_free_seats"),
    Sweep("plan_turns", 15, "notifications.services.planning.plan_turns"),
    Sweep("close_queues", 300, "queueing.services.closing.close_queues", at_most=900),
    Sweep("generate_slots", 3600, "scheduling.services.slot_generation.generate_slots", at_most=900),
    Sweep("seal_audit_trail", 60, "accounts.services.audit_sealing.seal_entries", at_most=300),
    Sweep("clear_sign_ins", 86_400, "accounts.services.housekeeping.clear_expired", at_most=900),
)


def take_turn(sweep: Sweep) -> float:
    """Run the sweep if it is due and nobody else runs it; returns the seconds until its next turn.

    A sweep that raises is logged and entered in the books; it never stops the caller.
    """
    every = timedelta(seconds=sweep.every)
    claim = claim_sweep(name=sweep.name, at_most=timedelta(seconds=sweep.at_most))
    if claim is None:
        return _until_next_turn(sweep)
    began = time.monotonic()
    try:
        outcome = sweep.load()(actor=system(sweep.name))
    except Exception as error:
        logger.exception("sweep %s failed", sweep.name)
        record_failure(name=sweep.name, claim=claim, every=every, error=f"{type(error).__name__}: {error}")
    else:
        logger.info("sweep %s: %s in %.2f s", sweep.name, outcome, time.monotonic() - began)
        record_run(name=sweep.name, claim=claim, every=every, outcome=str(outcome))
    return float(sweep.every)


def _until_next_turn(sweep: Sweep) -> float:
    """Somebody else was first, or it is early: look again when it is due, soon if it is overdue."""
    due = next_turn(name=sweep.name)
    if due is None:
        enter_sweeps(names=[sweep.name])
        return 0.0
    return min(max((due - timezone.now()).total_seconds(), 1.0), float(sweep.every))
