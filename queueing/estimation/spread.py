"""How far waits lie from what was expected: the measured quotients of both, for each place in the queue.

The levels at which the quotients are read move with what came in of late (adaptive conformal inference), so that
the share of waits inside the range keeps to four in five when a doctor's days change.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from math import exp, log, sqrt
from statistics import NormalDist

OUTSIDE = 0.1
"""So many waits may end below the range, and as many above it."""

STEP = 0.01
"""How far one wait outside moves the level."""

NARROWEST, WIDEST = 0.2, 0.01
"""The levels stay between these: a run of odd days makes no range of nothing, nor one of everything."""

REMEMBERED = 1000
"""So many quotients are kept for each place, the latest: those of some eighty sessions."""

PRIOR_QUOTIENTS = 20
PRIOR_SPREAD_OF_VISITS, PRIOR_SPREAD_OF_DAYS = 0.45, 0.2
"""What is believed before there is data: standard deviations of logarithms, counted as so many quotients."""

FEWEST_TO_READ = 8
"""With fewer visits that lasted as long as the one that is running, what is left of it is not read from them."""

TAIL = 0.25
"""It is then taken to go on for so much of its age, or of its expected length, on average."""


class Spread:
    """The quotients of one place in the queue: true wait by expected wait."""

    def __init__(self, place: int) -> None:
        # Before there is data: what the lengths of visits commonly vary by, less so for longer queues.
        deviation = sqrt(PRIOR_SPREAD_OF_DAYS**2 + PRIOR_SPREAD_OF_VISITS**2 / place)
        normal = NormalDist(0.0, deviation)
        prior = [exp(normal.inv_cdf((number + 0.5) / PRIOR_QUOTIENTS)) for number in range(PRIOR_QUOTIENTS)]
        self._sorted = prior
        self._in_order = deque(prior)
        self._below = OUTSIDE
        self._above = OUTSIDE

    def levels(self) -> tuple[float, float, float]:
        """The shares of quotients below the low, the middle and the high end of the range."""
        return self._below, 0.5, 1.0 - self._above

    def quotients(self) -> tuple[float, float, float]:
        """What the expected wait is to be multiplied with: low, middle, high."""
        low, middle, high = (_read(self._sorted, 0, level) for level in self.levels())
        return low, middle, high

    def left_after(self, age: float) -> tuple[float, float, float]:
        """What is left of a visit of this age, low, middle and high; all in expected lengths."""
        first = bisect_right(self._sorted, age) if age > 0 else 0
        if len(self._sorted) - first < FEWEST_TO_READ:
            mean = TAIL * max(1.0, age)
            low, middle, high = (-mean * log(1.0 - level) for level in self.levels())
        else:
            low, middle, high = (_read(self._sorted, first, level) - age for level in self.levels())
        return max(low, 0.0), max(middle, 0.0), max(high, 0.0)

    def learn(self, quotients: list[float]) -> None:
        """Learn from one session, and widen or narrow by how many of its waits the range held."""
        if not quotients:
            return
        low, _, high = self.quotients()
        expected = OUTSIDE * len(quotients)
        self._below = _moved(self._below, expected - sum(quotient < low for quotient in quotients))
        self._above = _moved(self._above, expected - sum(quotient > high for quotient in quotients))
        for quotient in quotients:
            insort(self._sorted, quotient)
            self._in_order.append(quotient)
            if len(self._in_order) > REMEMBERED:
                del self._sorted[bisect_right(self._sorted, self._in_order.popleft()) - 1]


def _moved(level: float, too_few_outside: float) -> float:
    return min(max(level + STEP * too_few_outside, WIDEST), NARROWEST)


def _read(ordered: list[float], first: int, level: float) -> float:
    """The quantile of what stands from `first` on, between its neighbours in proportion."""
    place = first + level * (len(ordered) - 1 - first)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
