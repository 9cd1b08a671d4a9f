"""Who was called, and where to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from queueing.models import TokenStep
from queueing.states import Step

CALLS = (Step.CALLED, Step.RECALLED)

MOST_CALLS = 40
"""So many of the last calls are shown to a screen that was away: more than a clinic makes in minutes."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the waiting room sees it. `id` is the step's: each is announced once."""

    id: int
    at: datetime
    queue_id: int
    token_id: int
    code: str
    room: str
    status: str
    first_name: str
    last_name: str


def initials_of(*names: str) -> str:
    """The first letter of each name: `A.O.`."""
    return "".join(f"{name.strip()[0]}." for name in names if name.strip())


def latest_calls(queue_ids: Iterable[int], *, most: int = MOST_CALLS) -> list[Call]:
    """The last calls of these queues that nobody took back, the latest first. One query."""
    steps = TokenStep.objects.filter(queue__in=list(queue_ids), what__in=CALLS, undone_at=None)
    return [
        Call(*values)
        for values in steps.order_by("-pk").values_list(
            "pk",
            "at",
            "queue_id",
            "token_id",
            "token__code",
            "room",
            "token__status",
            "token__patient__first_name",
            "token__patient__last_name",
        )[:most]
    ]
