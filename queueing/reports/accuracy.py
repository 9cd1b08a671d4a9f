"""How good the waits were that people were told: what was said at check-in beside what it came to. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from queueing.reports.rows import Row

FEWEST = 30
"""With fewer visits, shares and means say more about chance than about the waits that were told."""

FIXED_RULE = 20 * 60.0
"""What a clinic without estimates says: so many seconds for each person before."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of so many people who were told a range and seen: the share whose wait lay inside, and errors in seconds."""

    count: int
    inside: float | None = None
    error: float | None = None
    width: float | None = None
    fixed_rule_error: float | None = None

    @property
    def is_enough(self) -> bool:
        """Whether the figures mean anything yet."""
        return self.count >= FEWEST


@dataclass(frozen=True, slots=True)
class Told:
    """One person: what they were told, what it came to, and what the fixed rule would have said."""

    doctor_id: int
    low: float
    middle: float
    high: float
    waited: float
    by_fixed_rule: float


def accuracy_of(told: Sequence[Told]) -> Accuracy:
    """The figures of what these people were told."""
    if not told:
        return Accuracy(0)
    return Accuracy(
        count=len(told),
        inside=sum(one.low <= one.waited <= one.high for one in told) / len(told),
        error=fmean(abs(one.waited - one.middle) for one in told),
        width=fmean(one.high - one.low for one in told),
        fixed_rule_error=fmean(abs(one.waited - one.by_fixed_rule) for one in told),
    )


def told_in(rows: Iterable[Row]) -> Iterator[Told]:
    """Everybody who was told a range and then seen, with how many were here before them."""
    by_queue: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_queue[row.queue_id].append(row)
    for queue in by_queue.values():
        came = sorted(row.checked_in_at for row in queue)
        gone = sorted(row.ended_at for row in queue if row.ended_at is not None)
        for row in queue:
            if row.told is not None and row.waited is not None:
                yield Told(row.doctor_id, *row.told, row.waited, FIXED_RULE * _here(came, gone, row.checked_in_at))


def _here(came: Sequence[datetime], gone: Sequence[datetime], at: datetime) -> int:
    """How many were here when somebody came: those with the doctor, and those who waited."""
    return max(bisect_left(came, at) - bisect_right(gone, at), 0)
