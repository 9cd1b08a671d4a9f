"""Numbers out of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from config.bench.load import Answer


@dataclass(frozen=True, slots=True)
class Spread:
    """How a set of durations is spread, in milliseconds."""

    mean: float
    p50: float
    p99: float
    last: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """The spread of some durations, which must not be none."""
        ordered = sorted(seconds)
        return cls(
            mean=fmean(ordered) * 1000,
            p50=_quantile(ordered, 0.50) * 1000,
            p99=_quantile(ordered, 0.99) * 1000,
            last=ordered[-1] * 1000,
        )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    return ordered[max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1)]


@dataclass(slots=True)
class Rate:
    """Bookings a second, and how each was answered."""

    label: str
    a_second: float
    spread: Spread | None = None
    wrong: int = 0
    generator_cpu: float = 0.0
    server_cpu: float = 0.0
    """Seconds of the web server's CPU for each booking, which on SQLite includes the database."""


@dataclass(slots=True)
class Rush:
    """100 clients on one slot, several times: one entry for each round."""

    winners: list[int] = field(default_factory=list)
    rounds: list[Spread] = field(default_factory=list)
    server_errors: int = 0
    unanswered: int = 0


@dataclass(slots=True)
class Crowd:
    """Many clients, each on a slot of their own, at one moment."""

    clients: int
    booked: int
    spread: Spread
    wrong: int


@dataclass(slots=True)
class Findings:
    """Everything that was measured on one database. What was asked in several ways has its words as key."""

    database: str
    version: str
    rates: list[Rate] = field(default_factory=list)
    comparisons: list[Rate] = field(default_factory=list)
    """The same SQL as the first rate, by something simpler."""
    rushes: dict[str, Rush] = field(default_factory=dict)
    crowds: dict[str, Crowd] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)
    slots: int = 0
    doctors: int = 0
    searches: dict[str, Spread] = field(default_factory=dict)
    set_up: str = ""


DOCTORS = "doctors"
"""What sockets look at, where it is not a waiting room."""


@dataclass(slots=True)
class Fanout:
    """How soon the same bytes were with all sockets of a room, by the product and by a plain server: for each change
    the seconds until each socket had them."""

    sockets: int
    rooms: int
    ours: list[list[float]] = field(default_factory=list)
    plain: list[list[float]] = field(default_factory=list)
    missing: int = 0
    different: int = 0
    largest: int = 0
    memory: int = 0
    """Bytes by which the serving process grew while the sockets were opened."""
    subject: str = DOCTORS

    def last_of(self, changes: list[list[float]]) -> Spread:
        """When the last socket had it."""
        return Spread.of([max(change) for change in changes])

    def middle_of(self, changes: list[list[float]]) -> Spread:
        """When the socket in the middle had it."""
        return Spread.of([median(change) for change in changes])

    @property
    def ratio(self) -> float:
        """How the product's median compares with the plain server's: 1 is as fast, 0.5 takes twice as long."""
        return self.last_of(self.plain).p50 / self.last_of(self.ours).p50


@dataclass(slots=True)
class LiveFindings:
    """Everything that was measured on one way to run the product."""

    title: str
    fanouts: list[Fanout] = field(default_factory=list)


def server_errors(answers: Sequence[Answer]) -> int:
    """How many answers, pages included, say that the server failed."""
    return sum(answer.status >= 500 or answer.page_status >= 500 for answer in answers)


def not_booked(answers: Sequence[Answer]) -> int:
    """How many presses neither led on to another page nor were answered with what they made."""
    return sum(answer.status not in {201, 302, 303} for answer in answers)
