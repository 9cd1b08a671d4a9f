"""A worker's own queue of tasks, in the database.

Each worker has one of its own: its supervisor must know that its own cluster takes tasks up, not somebody's. The
tasks only wake; losing all of them loses nothing, and two workers that are woken for the same job agree by its claim.
"""

from __future__ import annotations

from typing import Any

from django_q.brokers import Broker
from django_q.brokers.orm import ORM
from django_q.models import OrmQ
from django_q.tasks import async_task

QUICKLY_FORGOTTEN: dict[str, Any] = {"save": False, "ack_failure": True}
"""The books of the sweeps say what came of each; a wake that failed is not repeated, the next one comes anyway."""


def queue_of(worker: str) -> Broker:
    """The queue of this worker."""
    return ORM(list_key=worker)


def enqueue(function: str, *arguments: Any, worker: str) -> None:
    """Let this worker's cluster call a function."""
    async_task(function, *arguments, broker=queue_of(worker), q_options=dict(QUICKLY_FORGOTTEN))


def empty_queue(*, worker: str) -> None:
    """Forget what this worker's cluster has not taken up."""
    OrmQ.objects.filter(key=worker).delete()
