"""How a queue stands now: who is in, who is called, who waits in which order, why, and how long it will take.

All screens show this, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from queueing.estimation import Wait
from queueing.models import Queue, QueuePolicy, Token
from queueing.priority import Factors, Score, standing
from queueing.selectors.learning import was_here_before
from queueing.selectors.light_rows import row_of
from queueing.selectors.queues import policies_of
from queueing.selectors.waits import waits_for
from queueing.states import LIVE, DoctorStatus, TokenStatus
from queueing.wait_words import place_in_words
from scheduling.models import Appointment, Patient

TOKEN = tuple(field.attname for field in Token._meta.concrete_fields)
QUEUE = TOKEN.index("queue_id")
PATIENT = ("id", "first_name", "last_name", "date_of_birth", "user_id")
VISIT = ("id", "type")
"""What is read of everybody: of patients and visits no more than screens of a queue show and waits are learned by."""

COLUMNS = (*TOKEN, *(f"patient__{name}" for name in PATIENT), *(f"appointment__{name}" for name in VISIT), "was_here")


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody who waits: the 1-based position, how long it will take (seconds from now), and why here.

    `is_estimated` is False when nobody can honestly say how long: the doctor has finished. Screens show `words`.
    """

    token: Token
    position: int
    wait: Wait
    score: Score
    is_estimated: bool = True

    @property
    def words(self) -> str:
        """The wait as a sentence, for the person and for staff."""
        return place_in_words(self.position, self.wait, self.token.queue.status)


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
    here = _here(found)
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
            waiting=tuple(_places(queue, ordered[queue.pk], waits[queue.pk])),
        )
        for queue in found
    ]


def _places(queue: Queue, ordered: Sequence[tuple[Token, Score]], waits: Sequence[Wait]) -> Iterator[Place]:
    is_estimated = queue.status != DoctorStatus.FINISHED
    for position, ((token, points), wait) in enumerate(zip(ordered, waits, strict=True), start=1):
        yield Place(token, position, wait, points, is_estimated)


def in_order(tokens: Iterable[Token], policy: QueuePolicy, *, now: datetime) -> list[tuple[Token, Score]]:
    """Those of the tokens that wait, first who is next. Equal points go by number. Wants the patients loaded."""
    waiting = [
        (*standing(factors_of(token), policy, now=now), token)
        for token in tokens
        if token.status == TokenStatus.WAITING
    ]
    waiting.sort(key=lambda one: (one[0], one[2].number))
    return [(token, points) for _rank, points, token in waiting]


def factors_of(token: Token) -> Factors:
    """What the priority of a token is made of; wants the patient and the location loaded with it."""
    return Factors(
        checked_in_at=token.checked_in_at,
        arrival=token.arrival,
        booked_for=token.booked_for,
        urgency=token.urgency,
        date_of_birth=token.patient.date_of_birth,
        has_special_requirements=token.has_special_requirements,
        extra_points=token.extra_points,
        day=token.day,
        zone=token.location.zone,
    )


def _here(queues: Sequence[Queue]) -> dict[int, list[Token]]:
    """Who is here, by queue; one query. Their queue and its location are those given, so asking for them costs none."""
    by_key = {queue.pk: queue for queue in queues}
    live = Token.objects.filter(queue__in=by_key, status__in=sorted(LIVE)).annotate(was_here=was_here_before())
    found: dict[int, list[Token]] = defaultdict(list)
    for row in live.order_by("called_at", "number").values_list(*COLUMNS):
        token = _token(row, by_key, live.db)
        found[token.queue_id].append(token)
    return found


def _token(row: Sequence[Any], queues: Mapping[int, Queue], using: str) -> Token:
    """Somebody as `COLUMNS` have them."""
    own, of_patient = len(TOKEN), len(TOKEN) + len(PATIENT)
    queue = queues[row[QUEUE]]
    return row_of(
        Token,
        using,
        (*TOKEN, "was_here"),
        (*row[:own], row[-1]),
        queue=queue,
        location=queue.location,
        patient=row_of(Patient, using, PATIENT, row[own:of_patient]),
        appointment=row_of(Appointment, using, VISIT, row[of_patient:-1]),
    )


def _with(tokens: Iterable[Token], status: TokenStatus) -> list[Token]:
    return [token for token in tokens if token.status == status]
