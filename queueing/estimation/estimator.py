"""Puts together what is expected, today's pace and how far waits lie from both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite, sqrt
from typing import NamedTuple

from .spread import Spread
from .turnarounds import LONGEST_OF_EXPECTED, Features, Turnarounds, Visit

EXPECTED_SECONDS = 900.0
"""A turnaround where nothing at all is known; callers know the length of the doctor's slots."""

PLACES = 12
"""How far from expected waits lie is measured for so many places; those behind are told what holds for the last."""

LONGEST_TURNAROUND = 12 * 3600.0
LONGEST_SPAN = 24 * 3600.0
"""Sessions are of one day; what a clock shows beyond that is counted as one."""

CREDIBILITIES = (10.0, 30.0, 90.0, 270.0)
"""So many consultations must today have had until its own pace counts for half. Which of them holds is learned."""

ERRORS_KEPT_PER_SESSION = 0.99


class Wait(NamedTuple):
    """A wait in seconds: one in ten is under `low`, half are under `middle`, one in ten is over `high`."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Consultation:
    """One that began at `started`, in seconds on a clock that runs through the session.

    `idle` is how long of the time until the next one began nobody was there to be seen.
    """

    started: float
    features: Features = field(default_factory=dict)
    idle: float = 0.0


@dataclass(frozen=True, slots=True)
class Today:
    """The session so far, at `now` on the same clock. `delay` is what the doctor's status adds, in seconds.

    `finished` holds the earlier consultations in order; `running` is None while the doctor is free.
    """

    now: float
    finished: Sequence[Consultation] = ()
    running: Consultation | None = None
    delay: float = 0.0

    @property
    def begun(self) -> list[Consultation]:
        """All consultations that have begun, in order."""
        return [*self.finished, self.running] if self.running else [*self.finished]


class Estimator:
    """What the waits for one doctor will be. Feed it past sessions in order by `learn`, then ask `waits`."""

    def __init__(self, expected_seconds: float = EXPECTED_SECONDS) -> None:
        self._turnarounds = Turnarounds(min(max(_amount(expected_seconds), 60.0), LONGEST_TURNAROUND))
        self._spreads = [Spread(place) for place in range(1, PLACES + 1)]
        self._errors = [0.0] * len(CREDIBILITIES)

    @classmethod
    def learned_from(
        cls, sessions: Iterable[Sequence[Consultation]], *, expected_seconds: float = EXPECTED_SECONDS
    ) -> Estimator:
        """An estimator that knows these sessions; the oldest comes first."""
        estimator = cls(expected_seconds)
        for session in sessions:
            estimator.learn(session)
        return estimator

    def waits(self, queue: Sequence[Features], today: Today) -> list[Wait]:
        """The wait of everybody in the queue, in its order; never negative, and never less than who comes before."""
        waits = self._behind_running(queue, today) if today.running else self._behind_nobody(queue, today)
        delay = _amount(today.delay)
        return [Wait(wait.low + delay, wait.middle + delay, wait.high + delay) for wait in _rising(waits)]

    def learn(self, session: Sequence[Consultation]) -> None:
        """Learn from a session that is over: first how good the ranges were, then how long it all took."""
        quotients: list[list[float]] = [[] for _ in self._spreads]
        errors = [0.0] * len(CREDIBILITIES)
        chosen = self._chosen()
        for moment in self._replayed(session):
            paces = [self._pace(moment.took, moment.expected, credibility) for credibility in CREDIBILITIES]
            for place, (total, true_wait) in enumerate(zip(moment.sums, moment.true_waits, strict=True)):
                quotients[place].append(true_wait / (total * paces[chosen]))
                for number, pace in enumerate(paces):
                    errors[number] += abs(true_wait - total * pace)
        for spread, measured in zip(self._spreads, quotients, strict=True):
            spread.learn(measured)
        self._errors = [ERRORS_KEPT_PER_SESSION * old + new for old, new in zip(self._errors, errors, strict=True)]
        self._turnarounds.learn([visit for visit in _visits(session) if visit is not None])

    def _behind_running(self, queue: Sequence[Features], today: Today) -> list[Wait]:
        assert today.running is not None
        opened = today.begun[0].started
        age = _amount(today.now - today.running.started)
        ahead = [today.running.features, *queue][: len(queue)]
        sums = self._sums(ahead, _amount(today.running.started - opened), self._pace_of(today))
        waits = self._spread_out(sums)
        return self._aged(waits, sums[0], age) if age and waits else waits

    def _behind_nobody(self, queue: Sequence[Features], today: Today) -> list[Wait]:
        """Whoever is first is seen at once; the others wait for those before them."""
        begun = today.begun
        into_session = _amount(today.now - begun[0].started) if begun else 0.0
        sums = self._sums(queue[:-1], into_session, self._pace_of(today))
        waits = self._spread_out(sums)
        return [Wait(0.0, 0.0, 0.0), *waits][: len(queue)]

    def _sums(self, visits: Sequence[Features], into_session: float, pace: float) -> list[float]:
        """Expected seconds until each of these visits is over, at today's pace."""
        sums: list[float] = []
        total = 0.0
        for features in visits:
            total += self._turnarounds.expect(features, into_session + total)
            sums.append(total)
        return [total * pace for total in sums]

    def _spread_out(self, sums: Sequence[float]) -> list[Wait]:
        """The waits of the places of which these are the expected seconds, from the first on."""
        spreads = [spread.quotients() for spread in self._spreads[: len(sums)]]
        waits = []
        for place, total in enumerate(sums):
            low, middle, high = spreads[min(place, PLACES - 1)]
            waits.append(Wait(low * total, middle * total, high * total))
        return waits

    def _aged(self, waits: list[Wait], expected: float, age: float) -> list[Wait]:
        """The waits, when the running consultation has been going on for a while.

        What is left of it moves the middle of every wait, and takes the place of its share in their spread.
        """
        fresh = waits[0]
        left = Wait(*(quotient * expected for quotient in self._spreads[0].left_after(age / expected)))
        moved = [left]
        for wait in waits[1:]:
            middle = max(wait.middle + left.middle - fresh.middle, left.middle)
            below = _exchanged(wait.middle - wait.low, fresh.middle - fresh.low, left.middle - left.low)
            above = _exchanged(wait.high - wait.middle, fresh.high - fresh.middle, left.high - left.middle)
            moved.append(Wait(max(middle - below, left.low), middle, middle + above))
        return moved

    def _pace_of(self, today: Today) -> float:
        took = expected = 0.0
        for visit in _visits(today.begun):
            if visit is not None:
                took, expected = self._counted(visit, took, expected)
        return self._pace(took, expected, CREDIBILITIES[self._chosen()])

    def _pace(self, took: float, expected: float, credibility: float) -> float:
        """How long today's consultations take by what was expected of them, pulled towards 1."""
        known = credibility * self._turnarounds.average
        return (known + took) / (known + expected)

    def _counted(self, visit: Visit, took: float, expected: float) -> tuple[float, float]:
        features, into_session, turnaround = visit
        usual = self._turnarounds.expect(features, into_session)
        return took + min(turnaround, LONGEST_OF_EXPECTED * usual), expected + usual

    def _chosen(self) -> int:
        """Which credibility has served best of late; with no session to tell, the second."""
        return min(range(len(CREDIBILITIES)), key=lambda number: (self._errors[number], abs(number - 1)))

    def _replayed(self, session: Sequence[Consultation]) -> Iterator[_Moment]:
        """The session as it was at the start of each consultation, with the true waits of those behind it."""
        visits = _visits(session)
        took = expected = 0.0
        for number, visit in enumerate(visits):
            if visit is None:
                continue
            true_waits = list(_true_waits(visits[number : number + PLACES]))
            ahead = [one.features for one in session[number : number + len(true_waits)]]
            yield _Moment(self._sums(ahead, visit[1], 1.0), true_waits, took, expected)
            took, expected = self._counted(visit, took, expected)


@dataclass(frozen=True, slots=True)
class _Moment:
    """The start of a consultation: expected and true waits behind it; what today took, and was expected to take."""

    sums: list[float]
    true_waits: list[float]
    took: float
    expected: float


def _visits(session: Sequence[Consultation]) -> list[Visit | None]:
    """Every consultation but the last with its turnaround; None where the times make no sense."""
    return [_visit(one, following, session[0].started) for one, following in pairwise(session)]


def _visit(one: Consultation, following: Consultation, opened: float) -> Visit | None:
    turnaround = following.started - one.started - _amount(one.idle)
    if not 0.0 <= turnaround <= LONGEST_TURNAROUND:
        return None
    return one.features, _amount(one.started - opened), turnaround


def _true_waits(visits: Sequence[Visit | None]) -> Iterator[float]:
    total = 0.0
    for visit in visits:
        if visit is None:
            return
        total += visit[2]
        yield total


def _exchanged(spread: float, part: float, other: float) -> float:
    """The spread of a sum, when one part of it gets another spread; parts that vary apart add up in squares."""
    return sqrt(max(spread**2 - part**2, 0.0) + other**2)


def _rising(waits: Iterable[Wait]) -> Iterator[Wait]:
    """The waits, none of them less than the one before, and each in order."""
    low = middle = high = 0.0
    for wait in waits:
        low = max(low, wait.low)
        middle = max(middle, wait.middle, low)
        high = max(high, wait.high, middle)
        yield Wait(low, middle, high)


def _amount(seconds: float) -> float:
    """Seconds that may be counted with: no number at all, or a clock that was set back, counts as nothing."""
    return min(seconds, LONGEST_SPAN) if isfinite(seconds) and seconds > 0 else 0.0
