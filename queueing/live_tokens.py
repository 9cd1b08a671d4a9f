"""What the page of somebody who waits is told: their whole place in the queue, as HTML, whenever anything changes it.

A room is one token in one language. Neither its name nor what is told in it holds the secret of the link, a name, or
anything else that only the page itself should say: it passes through Redis and may be seen there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from time import monotonic
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.live.hub import FRESH_FOR, State
from accounts.live.published import Published, database_clock
from queueing.models import Token
from queueing.selectors.lines import Line, line_of
from queueing.selectors.queues import tokens_with_everything
from queueing.selectors.token_states import Stage, TokenState, ended_state, moved_among, state_of, states_in
from queueing.token_words import words_for

PART = "state"


class LinkEnded(LookupError):
    """The day of the token is over; there is nothing more to see."""


class TokenRoom(NamedTuple):
    """What somebody looks at: a token, in a language."""

    token_id: int
    language: str

    @property
    def name(self) -> str:
        """The hub's name for it."""
        return f"token:{self.token_id}:{self.language}"

    @classmethod
    def from_name(cls, name: str) -> TokenRoom:
        """Back from `name`."""
        _, token_id, language = name.split(":", 2)
        return cls(int(token_id), language)

    def state(self) -> State:
        """What is the case, for somebody who comes now: first read on the spot, later together with the queue."""
        reader = _Reader(self)
        return reader.read

    def told(self, version: int, state: TokenState) -> Published:
        """The message that tells this room how the token stands."""
        with translation.override(self.language):
            body = render_to_string("queueing/token/_state.html", words_for(state))
        return Published(room=self.name, part=PART, version=version, body=body)


class _Reader:
    """Reads one room again and again."""

    def __init__(self, room: TokenRoom) -> None:
        self.room = room
        self.has_read = False

    def read(self) -> list[Published]:
        """Raises LinkEnded."""
        token = tokens_with_everything().filter(pk=self.room.token_id).first()
        if token is None:
            raise LinkEnded
        version, state = self._shared(token) if self.has_read and token.is_live else (0, None)
        if state is None:
            version = database_clock()
            state = state_of(token)
        if state.stage == Stage.OVER:
            raise LinkEnded
        self.has_read = True
        return [self.room.told(version, state)]

    def _shared(self, token: Token) -> tuple[int, TokenState | None]:
        version, line = _readings.line(token)
        return version, next(states_in(line, {token.pk}), None)


class _Readings:
    """Lines read within the last second: the phones of a queue are looked after together, and cost one reading.

    Only for the renderer's thread.
    """

    def __init__(self) -> None:
        self._lines: dict[int, tuple[float, int, Line]] = {}

    def line(self, token: Token) -> tuple[int, Line]:
        """The line a token is in, with the version it is of."""
        now = monotonic()
        self._lines = {key: kept for key, kept in self._lines.items() if now - kept[0] < FRESH_FOR}
        if token.queue_id not in self._lines:
            version = database_clock()
            self._lines[token.queue_id] = (now, version, line_of(token.queue))
        _, version, line = self._lines[token.queue_id]
        return version, line


_readings = _Readings()


def token_messages(lines: Sequence[Line], rooms: Iterable[str], version: int) -> Iterator[Published]:
    """What those among `rooms` are told whose tokens are, or were, in one of the lines.

    `version` was asked before the lines were read.
    """
    wanted: dict[int, list[TokenRoom]] = defaultdict(list)
    for name in rooms:
        room = TokenRoom.from_name(name)
        wanted[room.token_id].append(room)
    if not wanted:
        return
    here = [state for line in lines for state in states_in(line, set(wanted))]
    gone = wanted.keys() - {state.token.pk for state in here}
    for state in (*here, *_ended(lines, gone)):
        yield from (room.told(version, state) for room in wanted[state.token.pk])


def _ended(lines: Sequence[Line], token_ids: Collection[int]) -> Iterator[TokenState]:
    """How those stand that were in one of the lines and have gone."""
    if not token_ids:
        return
    asked = tokens_with_everything().filter(pk__in=token_ids, queue__in=[line.queue for line in lines])
    tokens = [token for token in asked if not token.is_live]
    moved, now = moved_among(tokens), timezone.now()
    for token in tokens:
        yield ended_state(token, now=now, has_moved=token.pk in moved)
