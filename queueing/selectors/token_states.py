"""How somebody's place in the queue stands, as they see it themselves: on their phone, by HTTP and by socket alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from queueing.estimation import Wait
from queueing.models import Queue, Token
from queueing.priority import Score
from queueing.selectors.day_end import is_over
from queueing.selectors.lines import Line, line_of
from queueing.selectors.queues import token_by_secret, tokens_with_everything
from queueing.states import LIVE, TokenStatus

LONGEST_SECRET = 64


class Stage(StrEnum):
    """Where somebody is, from check-in to the way home."""

    WAITING = "waiting"
    NEXT = "next"
    CALLED = "called"
    WITH_DOCTOR = "with_doctor"
    FINISHED = "finished"
    NO_SHOW = "no_show"
    LEFT = "left"
    MOVED = "moved"
    OVER = "over"

    @property
    def is_here(self) -> bool:
        """Whether the person is in the clinic, and the page may still change."""
        return self in (Stage.WAITING, Stage.NEXT, Stage.CALLED, Stage.WITH_DOCTOR)

    @property
    def may_leave(self) -> bool:
        """Whether they can still leave the queue unseen."""
        return self in (Stage.WAITING, Stage.NEXT, Stage.CALLED)


_STAGES = {
    TokenStatus.CALLED: Stage.CALLED,
    TokenStatus.IN_CONSULTATION: Stage.WITH_DOCTOR,
    TokenStatus.COMPLETED: Stage.FINISHED,
    TokenStatus.NO_SHOW: Stage.NO_SHOW,
    TokenStatus.CANCELLED: Stage.LEFT,
}


@dataclass(frozen=True, slots=True)
class TokenState:
    """One person's place at `now`. `ahead`, `wait` (seconds from now) and `score` are None unless they wait."""

    token: Token
    queue: Queue
    stage: Stage
    now: datetime
    ahead: int | None = None
    wait: Wait | None = None
    score: Score | None = None

    @property
    def room(self) -> str:
        """Where they go, or went: where they were called to, else where the doctor is today."""
        return self.token.room or self.queue.place


def token_of_link(secret: str) -> Token | None:
    """Whose link this is, whatever somebody put into an address."""
    return None if "\x00" in secret or len(secret) > LONGEST_SECRET else token_by_secret(secret)


def token_of_visit(appointment_id: int) -> Token | None:
    """The place in a queue that a visit has, else the last it had."""
    found = tokens_with_everything().filter(appointment=appointment_id).order_by("-pk")
    return found.filter(status__in=LIVE).first() or found.first()


def state_of(token: Token, *, now: datetime | None = None) -> TokenState:
    """How one token stands, read now; wants the token with everything."""
    now = now or timezone.now()
    if token.is_live and not is_over(token.queue, now):
        found = next(states_in(line_of(token.queue, now=now), {token.pk}), None)
        if found is not None:
            return found
        token = tokens_with_everything().get(pk=token.pk)  # something happened in this moment
    return ended_state(token, now=now)


def states_in(line: Line, token_ids: set[int]) -> Iterator[TokenState]:
    """How those of the tokens stand that are in a line."""
    for place in line.waiting:
        if place.token.pk in token_ids:
            ahead = place.position - 1
            stage = Stage.WAITING if ahead else Stage.NEXT
            yield TokenState(place.token, line.queue, stage, line.now, ahead, place.wait, place.score)
    for token in (*line.called, *line.running):
        if token.pk in token_ids:
            yield TokenState(token, line.queue, _STAGES[TokenStatus(token.status)], line.now)


def ended_state(token: Token, *, now: datetime, has_moved: bool | None = None) -> TokenState:
    """How a token stands that is in no line any more."""
    if is_over(token.queue, now):
        return TokenState(token, token.queue, Stage.OVER, now)
    moved = token.pk in moved_among([token]) if has_moved is None else has_moved
    stage = Stage.MOVED if moved else _STAGES.get(TokenStatus(token.status), Stage.LEFT)
    return TokenState(token, token.queue, stage, now)


def moved_among(tokens: Iterable[Token]) -> set[int]:
    """Which of these have another place in a queue by now: transferred, or sent back. One query."""
    ended = [token for token in tokens if not token.is_live]
    visits = {token.appointment_id for token in ended}
    elsewhere = set(
        Token.objects.filter(appointment__in=visits, status__in=LIVE).values_list("appointment_id", flat=True)
    )
    return {token.pk for token in ended if token.appointment_id in elsewhere or token.successor_id is not None}
