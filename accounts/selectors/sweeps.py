"""Which periodic jobs are late or fail, and whether workers are at work."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from accounts.models import SweepRun, Worker

LATE_AFTER = timedelta(seconds=60)
"""A sweep is late so long after it was due, unless somebody runs it."""

FAILING_AFTER = 2
"""So many failures in a row are no accident."""


def late(*, now: datetime | None = None) -> Q:
    """Which sweeps are late, as a condition on SweepRun."""
    now = now or timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return free & Q(due_at__lt=now - LATE_AFTER)


def in_trouble() -> Q:
    """Which sweeps are late, or failed in their last run, as a condition on SweepRun."""
    return late() | Q(failures__gt=0)


def is_late(run: SweepRun, *, now: datetime | None = None) -> bool:
    """Whether this one is late; the same as `late`, for a row that was read."""
    now = now or timezone.now()
    claimed = run.claimed_until is not None and run.claimed_until > now
    return not claimed and run.due_at < now - LATE_AFTER


def due_sweeps(*, now: datetime | None = None) -> QuerySet[SweepRun]:
    """Sweeps that are due and that nobody runs."""
    now = now or timezone.now()
    return SweepRun.objects.filter(Q(claimed_until=None) | Q(claimed_until__lte=now), due_at__lte=now)


def last_sign_of_work() -> datetime | None:
    """When any worker last took up a task; None when none ever did."""
    found: datetime | None = Worker.objects.aggregate(at=Max("beat_at"))["at"]
    return found
