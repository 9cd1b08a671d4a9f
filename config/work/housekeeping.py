"""Keeps the task library's tables small: failed tasks, and queues of workers that are gone."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django_q.models import OrmQ, Task

from accounts.actors import Actor

KEPT = timedelta(days=7)
LOST_AFTER = timedelta(hours=1)


def clear_tasks(*, actor: Actor, dry_run: bool = False) -> int:
    """The sweep: delete tasks that ended a week ago, and wakes that nobody took up for an hour; returns how many."""
    if dry_run:
        return count_old()
    return _old_tasks().delete()[0] + _lost_wakes().delete()[0]


def count_old() -> int:
    """How many there are."""
    return _old_tasks().count() + _lost_wakes().count()


def _old_tasks() -> QuerySet[Task]:
    return Task.objects.filter(stopped__lt=timezone.now() - KEPT)


def _lost_wakes() -> QuerySet[OrmQ]:
    return OrmQ.objects.filter(lock__lt=timezone.now() - LOST_AFTER)
