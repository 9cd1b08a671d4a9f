"""The tokens of a report as they come from the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from queueing.models import Queue, Token
from queueing.reports.asked import Asked
from queueing.selectors.queues import joined_by_mistake
from queueing.states import TokenStatus
from scheduling.models import Location
from scheduling.rules import Visitor

COLUMNS = (
    "queue_id",
    "queue__doctor_id",
    "location_id",
    "status",
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
    """One token, with what every table asks of it."""

    queue_id: int
    doctor_id: int
    status: str
    type: str
    checked_in_at: datetime
    ended_at: datetime | None
    came: int
    """The hour on the wall clock of the location in which they came, went in (`began`) and were gone (`ended`)."""
    began: int | None
    ended: int | None
    waited: float | None
    """Seconds from check-in until they went in; None for whoever has not."""
    lasted: float | None
    """Seconds with the doctor; None until it is over."""
    told: tuple[int, int, int] | None
    """The range they were told, in seconds."""


def rows_of(asked: Asked, user: Visitor) -> Iterator[Row]:
    """The tokens of these days, in two queries. Whoever was transferred counts where they went, not where they were;
    who was checked in, or sent on, by mistake, not at all."""
    clocks = {pk: ZoneInfo(zone) for pk, zone in Location.objects.values_list("pk", "time_zone")}
    queues = Queue.objects.filter(asked.scope(user), day__gte=asked.first, day__lte=asked.last)
    tokens = Token.objects.filter(~joined_by_mistake(), queue__in=queues.values("pk"), successor__isnull=True)
    for queue_id, doctor_id, location_id, status, kind, came, began, ended, low, middle, high in (
        tokens.order_by().values_list(*COLUMNS).iterator(chunk_size=AT_ONCE)
    ):
        clock = clocks[location_id]
        is_over = began is not None and ended is not None and status == TokenStatus.COMPLETED
        yield Row(
            queue_id,
            doctor_id,
            status,
            kind,
            came,
            ended,
            came.astimezone(clock).hour,
            None if began is None else began.astimezone(clock).hour,
            None if ended is None else ended.astimezone(clock).hour,
            None if began is None else (began - came).total_seconds(),
            (ended - began).total_seconds() if is_over else None,
            None if middle is None else (low, middle, high),
        )
