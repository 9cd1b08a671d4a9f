"""What a doctor's turnarounds depend on: from the start of one consultation to the start of the next.

Ridge regression on sums that are kept up to date, older days weighing less. Everything it does not know yet is
pulled towards the length it was told to expect.
"""

from __future__ import annotations

from collections.abc import Mapping

Features = Mapping[str, str]
"""What is known of a visit before it begins, as name and value: `{"kind": "first visit", "period": "morning"}`."""

Visit = tuple[Features, float, float]
"""One visit to learn from: its features, seconds into the session, and its turnaround in seconds."""

KEPT_PER_SESSION = 0.99
"""What a day's weight becomes with every later one: half of it after 69 sessions, about a quarter of a year."""

PRIOR_CONSULTATIONS = 5.0
"""So many consultations does it take until an effect counts for half of what was measured."""

MOST_EFFECTS = 60
"""Values met after so many are not told apart: names and free text are no features."""

LONGEST_OF_EXPECTED = 4.0
"""A turnaround longer than so many expected ones was a break, and teaches no more than this."""

SHORTEST_EXPECTATION, LONGEST_EXPECTATION = 0.3, 3.0
"""Whatever the effects add up to, an expectation stays within these multiples of the average."""

TREND_UNIT = 7200.0
LEVEL, TREND, BEND = 0, 1, 2


class Turnarounds:
    """Learns the expected turnaround by a visit's features and by how long the session has been going on."""

    def __init__(self, expected_seconds: float) -> None:
        self._prior = expected_seconds
        self._columns: dict[tuple[str, str], int] = {}
        self._products: list[list[float]] = [[0.0] * 3 for _ in range(3)]
        self._outcomes = [0.0] * 3
        self._effects = [0.0] * 3
        self._longest_session = 0.0
        self._average = expected_seconds

    @property
    def average(self) -> float:
        """The average turnaround of late, in seconds; always more than zero."""
        return self._average

    def expect(self, features: Features, into_session: float) -> float:
        """Expected seconds from this visit's start to the next one's; always more than zero."""
        trend, effects = self._trend(into_session), self._effects
        total = self._prior + effects[LEVEL] + effects[TREND] * trend + effects[BEND] * (trend * trend)
        for feature in features.items():
            column = self._columns.get(feature)
            if column is not None:
                total += effects[column]
        return min(max(total, SHORTEST_EXPECTATION * self._average), LONGEST_EXPECTATION * self._average)

    def learn(self, visits: list[Visit]) -> None:
        """Learn from the visits of one session."""
        self._fade()
        for features, into_session, turnaround in visits:
            self._longest_session = max(self._longest_session, into_session)
            self._meet(features)
            self._add(self._row(features, into_session), min(turnaround, LONGEST_OF_EXPECTED * self._average))
        self._effects = _solved(self._products, self._outcomes)
        self._average = self._weighed_average()

    def _row(self, features: Features, into_session: float) -> list[tuple[int, float]]:
        trend = self._trend(into_session)
        row = [(LEVEL, 1.0), (TREND, trend), (BEND, trend * trend)]
        for feature in features.items():
            column = self._columns.get(feature)
            if column is not None:
                row.append((column, 1.0))
        return row

    def _trend(self, into_session: float) -> float:
        # Beyond the longest session ever seen nothing is known of the trend, and it is taken to end.
        return min(max(into_session, 0.0), self._longest_session) / TREND_UNIT

    def _meet(self, features: Features) -> None:
        for feature in features.items():
            if feature not in self._columns and len(self._columns) < MOST_EFFECTS:
                self._columns[feature] = len(self._outcomes)
                for products in self._products:
                    products.append(0.0)
                self._outcomes.append(0.0)
                self._effects.append(0.0)
                self._products.append([0.0] * len(self._outcomes))

    def _add(self, row: list[tuple[int, float]], turnaround: float) -> None:
        for column, value in row:
            self._outcomes[column] += value * (turnaround - self._prior)
            products = self._products[column]
            for other, other_value in row:
                products[other] += value * other_value

    def _fade(self) -> None:
        self._outcomes = [value * KEPT_PER_SESSION for value in self._outcomes]
        self._products = [[value * KEPT_PER_SESSION for value in row] for row in self._products]

    def _weighed_average(self) -> float:
        weight = self._products[LEVEL][LEVEL]
        average = self._prior + self._outcomes[LEVEL] / (weight + PRIOR_CONSULTATIONS)
        return max(average, 1.0)


def _solved(products: list[list[float]], outcomes: list[float]) -> list[float]:
    """Solve the ridge's equations by Gauss's elimination; the ridge keeps every pivot away from zero."""
    size = len(outcomes)
    rows = [[*products[row], outcomes[row]] for row in range(size)]
    for column in range(size):
        rows[column][column] += PRIOR_CONSULTATIONS
    for column in range(size):
        pivot = rows[column]
        for row in rows[column + 1 :]:
            factor = row[column] / pivot[column]
            if factor:
                for place in range(column, size + 1):
                    row[place] -= factor * pivot[place]
    effects = [0.0] * size
    for column in reversed(range(size)):
        known = sum(rows[column][place] * effects[place] for place in range(column + 1, size))
        effects[column] = (rows[column][size] - known) / rows[column][column]
    return effects
