"""How a queue stands now: who is in, who is called, who waits in which order, why, and how long it will take.

All screens show this, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from queueing.estimation import Wait
from queueing.models import Queue, QueuePolicy, Token
from queueing.priority import Factors, Score, score
from queueing.selectors.queues import policies_of, with_places
from queueing.selectors.waits import waits_for
from queueing.states import LIVE, TokenStatus


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody who waits: the 1-based position, how long it will take (seconds from now), and why here."""

    token: Token
    position: int
    wait: Wait
    score: Score


@dataclass(frozen=True, slots=True)
class Line:
    """A queue at `now`. `waiting` is in the order in which people will be called."""

    queue: Queue
    policy: QueuePolicy
    now: datetime
    called: tuple[Token, ...]
    running: tuple[Token, ...]
    waiting: tuple[Place, ...]

    def place_of(self, token_id: int) -> Place | None:
        """Where a token stands; None unless it waits."""
        return next((place for place in self.waiting if place.token.pk == token_id), None)


def line_of(queue: Queue, *, now: datetime | None = None) -> Line:
    """How one queue stands; a fixed number of queries, however many wait."""
    return lines_of([queue], now=now)[0]


def lines_of(queues: Iterable[Queue], *, now: datetime | None = None) -> list[Line]:
    """How several queues stand, in their order and in the same number of queries as one."""
    now = now or timezone.now()
    found = list(queues)
    policies = policies_of(queue.location_id for queue in found)
    here: dict[int, list[Token]] = defaultdict(list)
    for token in _here(found):
        here[token.queue_id].append(token)
    ordered = {queue.pk: in_order(here[queue.pk], policies[queue.location_id], now=now) for queue in found}
    waits = waits_for(
        found, {pk: [token for token, _score in line] for pk, line in ordered.items()}, here, policies, now
    )
    return [
        Line(
            queue=queue,
            policy=policies[queue.location_id],
            now=now,
            called=tuple(_with(here[queue.pk], TokenStatus.CALLED)),
            running=tuple(_with(here[queue.pk], TokenStatus.IN_CONSULTATION)),
            waiting=tuple(
                Place(token, position, wait, points)
                for position, ((token, points), wait) in enumerate(
                    zip(ordered[queue.pk], waits[queue.pk], strict=True), start=1
                )
            ),
        )
        for queue in found
    ]


def line_of_id(queue_id: int, *, now: datetime | None = None) -> Line | None:
    """The same by key."""
    queue = with_places(Queue.objects.filter(pk=queue_id)).first()
    return None if queue is None else line_of(queue, now=now)


def in_order(tokens: Iterable[Token], policy: QueuePolicy, *, now: datetime) -> list[tuple[Token, Score]]:
    """Those of the tokens that wait, first who is next. Equal points go by number."""
    waiting = [token for token in tokens if token.status == TokenStatus.WAITING]
    scored = [(token, score(factors_of(token), policy, now=now)) for token in waiting]
    return sorted(scored, key=lambda pair: (-round(pair[1].points, 6), pair[0].number))


def factors_of(token: Token) -> Factors:
    """What the priority of a token is made of; wants the patient loaded with it."""
    return Factors(
        checked_in_at=token.checked_in_at,
        arrival=token.arrival,
        booked_for=token.booked_for,
        urgency=token.urgency,
        date_of_birth=token.patient.date_of_birth,
        has_special_requirements=token.has_special_requirements,
        extra_points=token.extra_points,
    )


def _here(queues: Sequence[Queue]) -> list[Token]:
    live = Token.objects.filter(queue__in=queues, status__in=sorted(LIVE))
    return list(live.select_related("patient", "appointment").order_by("called_at", "number"))


def _with(tokens: Iterable[Token], status: TokenStatus) -> list[Token]:
    return [token for token in tokens if token.status == status]
