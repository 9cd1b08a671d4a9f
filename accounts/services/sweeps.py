"""The books of the periodic jobs: who runs which sweep now, and how the last run went.

This is machinery, not the clinic's business: no person acts, and the audit trail does not follow it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from accounts.models import SweepRun

LONGEST_ERROR = 4000


def enter_sweeps(*, names: Iterable[str]) -> None:
    """Enter sweeps that the books do not know yet, due at once."""
    now = timezone.now()
    SweepRun.objects.bulk_create([SweepRun(name=name, due_at=now) for name in names], ignore_conflicts=True)


def claim_sweep(*, name: str, at_most: timedelta) -> datetime | None:
    """Claim a sweep that is due, for at most that long; None when it is not due or somebody runs it.

    The moment returned is the claim: `record_run` and `record_failure` want it back.
    """
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    claimed = SweepRun.objects.filter(free, name=name, due_at__lte=now).update(
        claimed_until=now + at_most, started_at=now
    )
    return now if claimed else None


def record_run(*, name: str, claim: datetime, every: timedelta, outcome: str) -> None:
    """Enter a run that went well. One that outlived its claim enters nothing: somebody else runs by now."""
    now = timezone.now()
    SweepRun.objects.filter(name=name, started_at=claim).update(
        claimed_until=None, due_at=now + every, finished_at=now, outcome=outcome[:200], error="", failures=0
    )


def record_failure(*, name: str, claim: datetime, every: timedelta, error: str) -> None:
    """Enter a run that raised; the sweep is due again at its next turn."""
    now = timezone.now()
    SweepRun.objects.filter(name=name, started_at=claim).update(
        claimed_until=None,
        due_at=now + every,
        finished_at=now,
        outcome="",
        error=error[-LONGEST_ERROR:],
        failures=F("failures") + 1,
    )


def next_turn(*, name: str) -> datetime | None:
    """When the sweep is due next; None while the books do not know it."""
    return SweepRun.objects.filter(name=name).values_list("due_at", flat=True).first()
