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


def forget_sweeps(*, but: Iterable[str]) -> list[str]:
    """Strike out sweeps of another version, which nobody runs any more; returns their names."""
    old = SweepRun.objects.exclude(name__in=list(but))
    names = sorted(old.values_list("name", flat=True))
    old.delete()
    return names


def claim_sweep(*, name: str, at_most: timedelta, early: bool = False) -> datetime | None:
    """Claim a sweep that is due, for at most that long; None when it is not due or somebody runs it.

    `early` claims one that is not due, too. The moment returned is the claim: `record_run` and `record_failure` want
    it back.
    """
    now = timezone.now()
    free = SweepRun.objects.filter(Q(claimed_until=None) | Q(claimed_until__lte=now), name=name)
    if not early:
        free = free.filter(due_at__lte=now)
    return now if free.update(claimed_until=now + at_most, started_at=now) else None


def record_run(*, name: str, claim: datetime, every: timedelta, outcome: str, backlog: int | None = None) -> None:
    """Enter a run that went well. One that outlived its claim enters nothing: somebody else runs by now."""
    now = timezone.now()
    SweepRun.objects.filter(name=name, started_at=claim).update(
        claimed_until=None,
        due_at=now + every,
        finished_at=now,
        seconds=(now - claim).total_seconds(),
        outcome=outcome[:200],
        backlog=backlog,
        error="",
        failures=0,
    )


def record_failure(*, name: str, claim: datetime, every: timedelta, error: str, backlog: int | None = None) -> None:
    """Enter a run that raised; the sweep is due again at its next turn."""
    now = timezone.now()
    SweepRun.objects.filter(name=name, started_at=claim).update(
        claimed_until=None,
        due_at=now + every,
        finished_at=now,
        seconds=(now - claim).total_seconds(),
        outcome="",
        backlog=backlog,
        error=error[-LONGEST_ERROR:],
        failures=F("failures") + 1,
    )


def next_turn(*, name: str) -> datetime | None:
    """When the sweep is due next; None while the books do not know it."""
    return SweepRun.objects.filter(name=name).values_list("due_at", flat=True).first()
