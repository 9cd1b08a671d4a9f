"""The books of the workers: who is there, and when their processes last took something up.

Machinery like the books of the sweeps: no person acts, and the audit trail does not follow it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Worker

KEPT = timedelta(days=1)
"""So long somebody who looks sees when a worker that is gone gave its last sign."""


def enter_worker(*, name: str) -> None:
    """Enter a worker that begins, and strike out those that have given no sign for a day."""
    long_ago = timezone.now() - KEPT
    Worker.objects.filter(Q(beat_at__lt=long_ago) | Q(beat_at=None, started_at__lt=long_ago)).delete()
    Worker.objects.bulk_create([Worker(name=name)], ignore_conflicts=True)


def note_beat(*, name: str) -> None:
    """A process of this worker has taken up a task: its cluster works."""
    if not Worker.objects.filter(name=name).update(beat_at=timezone.now()):
        Worker.objects.bulk_create([Worker(name=name, beat_at=timezone.now())], ignore_conflicts=True)


def note_restart(*, name: str, trouble: str) -> None:
    """The supervisor had to replace its cluster."""
    Worker.objects.filter(name=name).update(
        restarts=F("restarts") + 1, restarted_at=timezone.now(), trouble=trouble[:200]
    )
