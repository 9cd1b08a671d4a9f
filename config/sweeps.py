"""Every periodic job, in one table, and how one of them is run.

A sweep goes over the rows that are due. It is safe to run twice, at once, or after a day's pause: the database is
the truth, and the clock here only says when to look.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.actors import system
from accounts.services.sweeps import claim_sweep, enter_sweeps, next_turn, record_failure, record_run

logger = logging.getLogger("frontdesk.sweeps")


SOON = timedelta(seconds=15)
"""What was cut short because its time was up goes on after so long: every sweep keeps what it has done."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A function `(*, actor, dry_run)` to call every so many seconds; `backlog`, `()`, counts what is due.

    A run longer than `at_most` seconds is taken for dead, and another worker may start one.
    """

    name: str
    every: int
    function: str
    at_most: int = 60
    backlog: str = ""

    def load(self) -> Callable[..., Any]:
        """The function itself."""
        found: Callable[..., Any] = import_string(self.function)
        return found

    def count_backlog(self) -> int | None:
        """How many rows are due now; None where nobody counts, or the count fails."""
        if not self.backlog:
            return None
        try:
            return int(import_string(self.backlog)())
        except Exception:
            logger.exception("the backlog of sweep %s could not be counted", self.name)
            return None


SWEEPS = (
    Sweep("send_due", 5, "notifications.services.outbox.send_due", backlog="notifications.selectors.due.count_due"),
    Sweep(
        "expire_overdue",
        15,
        "scheduling.services.lifecycle.expire_overdue",
        backlog="scheduling.selectors.seats.count_overdue",
    ),
    Sweep(
        "send_refunds",
        15,
        "payments.services.refund_sending.send_refunds",
        backlog="payments.selectors.asking.count_to_send",
    ),
    Sweep(
        "reconcile_payments",
        60,
        "payments.services.reconciling.reconcile_payments",
        backlog="payments.selectors.asking.count_to_reconcile",
    ),
    Sweep("offer_free_seats", 30, "scheduling.services.offers.offer_free_seats"),
    Sweep("plan_turns", 15, "notifications.services.planning.plan_turns"),
    Sweep("plan_reminders", 3600, "notifications.services.planning.plan_reminders", at_most=900),
    Sweep(
        "close_queues",
        300,
        "queueing.services.closing.close_queues",
        at_most=900,
        backlog="queueing.selectors.day_end.count_left_open",
    ),
    Sweep("generate_slots", 3600, "scheduling.services.slot_generation.generate_slots", at_most=900),
    Sweep(
        "seal_audit_trail",
        60,
        "accounts.services.audit_sealing.seal_entries",
        at_most=300,
        backlog="accounts.services.audit_sealing.count_unsealed",
    ),
    Sweep(
        "clear_sign_ins",
        86_400,
        "accounts.services.housekeeping.clear_expired",
        at_most=900,
        backlog="accounts.services.housekeeping.count_expired",
    ),
    Sweep("clear_tasks", 3600, "config.work.housekeeping.clear_tasks", backlog="config.work.housekeeping.count_old"),
)


def sweep_of(name: str) -> Sweep | None:
    """The sweep of this name; None when the table has none."""
    return next((sweep for sweep in SWEEPS if sweep.name == name), None)


def take_turn(sweep: Sweep, *, early: bool = False, at_most: float | None = None) -> float:
    """Run the sweep if it is due and nobody else runs it; returns the seconds until its next turn.

    `early` runs it though it is not due; `at_most` is shorter where something cuts long runs short. A sweep that
    raises is logged and entered in the books; it never stops the caller.
    """
    claim = claim_sweep(
        name=sweep.name, at_most=timedelta(seconds=min(at_most or sweep.at_most, sweep.at_most)), early=early
    )
    if claim is None:
        return _until_next_turn(sweep)
    return _run(sweep, claim)


def _run(sweep: Sweep, claim: datetime) -> float:
    """Run what was claimed, and enter what came of it; returns the seconds until the next turn.

    An outcome that has `more` stopped before all was done, so that others have their turn, and is due again at once.
    """
    every = timedelta(seconds=sweep.every)
    began = time.monotonic()
    try:
        outcome = sweep.load()(actor=system(sweep.name))
    except Exception as error:
        logger.exception("sweep %s failed", sweep.name)
        said = f"{type(error).__name__}: {error}"
        record_failure(name=sweep.name, claim=claim, every=every, error=said, backlog=sweep.count_backlog())
    except SystemExit:  # the worker's alarm: its time is up
        logger.error("sweep %s was cut short after %.0f s", sweep.name, time.monotonic() - began)
        connections.close_all()  # whatever was under way there has been left in the middle
        said = "It took too long at one go and was cut short; it goes on where it was."
        record_failure(name=sweep.name, claim=claim, every=min(every, SOON), error=said)
        raise
    else:
        # Most turns find nothing to do, and some come every few seconds.
        level = logging.INFO if outcome else logging.DEBUG
        logger.log(level, "sweep %s: %s in %.2f s", sweep.name, outcome, time.monotonic() - began)
        if getattr(outcome, "more", False):
            every = timedelta(0)
        record_run(name=sweep.name, claim=claim, every=every, outcome=str(outcome), backlog=sweep.count_backlog())
    return every.total_seconds()


def _until_next_turn(sweep: Sweep) -> float:
    """Somebody else was first, or it is early: look again when it is due, soon if it is overdue."""
    due = next_turn(name=sweep.name)
    if due is None:
        enter_sweeps(names=[sweep.name])
        return 0.0
    return min(max((due - timezone.now()).total_seconds(), 1.0), float(sweep.every))
