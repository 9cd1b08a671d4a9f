"""The tokens of a report as they come from the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from queueing.models import Queue, Token
from queueing.reports.asked import Asked
from queueing.states import TokenStatus
from scheduling.rules import Visitor

COLUMNS = (
    "queue_id",
    "queue__doctor_id",
    "location_id",
    "status",
    "arrival",
    "appointment__type",
    "checked_in_at",
    "started_at",
    "ended_at",
    "told_low",
    "told_middle",
    "told_high",
)
AT_ONCE = 5000


class Row(NamedTuple):
    """One token."""

    queue_id: int
    doctor_id: int
    location_id: int
    status: str
    arrival: str
    type: str
    checked_in_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    told_low: int | None
    told_middle: int | None
    told_high: int | None

    @property
    def waited(self) -> float | None:
        """Seconds from check-in until they went in; None for whoever has not."""
        return None if self.started_at is None else (self.started_at - self.checked_in_at).total_seconds()

    @property
    def lasted(self) -> float | None:
        """Seconds with the doctor; None until it is over."""
        if self.started_at is None or self.ended_at is None or self.status != TokenStatus.COMPLETED:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def told(self) -> tuple[int, int, int] | None:
        """The range they were told, in seconds."""
        if self.told_low is None or self.told_middle is None or self.told_high is None:
            return None
        return self.told_low, self.told_middle, self.told_high


def rows_of(asked: Asked, user: Visitor) -> Iterator[Row]:
    """The tokens of these days, in one query. Whoever was transferred counts where they went, not where they were."""
    queues = Queue.objects.filter(asked.scope(user), day__gte=asked.first, day__lte=asked.last)
    tokens = Token.objects.filter(queue__in=queues.values("pk"), successor__isnull=True)
    yield from (Row(*row) for row in tokens.order_by().values_list(*COLUMNS).iterator(chunk_size=AT_ONCE))
