"""Who comes before whom, and why. Pure: no database, no clock of its own.

Everybody collects a point for each minute of waiting, and some have points from the start. Whoever has most is next.
As all wait at the same rate, time alone changes no order: two people overtake each other once at most, when one of
them comes. And as points from the start are worth so many minutes and no more, nobody waits for ever: whoever comes
more than the most of them later comes after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import floor
from typing import NamedTuple, Protocol

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from queueing.states import Arrival
from scheduling.clock_words import spoken_clock
from scheduling.states import Urgency

POINTS_A_MINUTE = 1
"""What waiting is worth. It never ends, and that is what keeps anybody from starving."""

KEPT = frozenset({Arrival.EARLY, Arrival.ON_TIME})
"""Whoever came for the time they had booked."""

PERSONAL = frozenset({"medium", "high", "child", "age", "special", "by_hand"})
"""What brings somebody forward and is nobody else's business."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MICROSECONDS_A_MINUTE = 60_000_000


class Weights(Protocol):
    """What a point is given for: the columns of `QueuePolicy`."""

    points_medium: int
    points_high: int
    points_emergency: int
    points_on_time: int
    points_late: int
    points_child: int
    points_elderly: int
    points_special: int
    child_age: int
    elderly_age: int


class Factors(NamedTuple):
    """What is known of somebody that bears on their place. `zone` is that of the clock on the wall, for the words."""

    checked_in_at: datetime
    arrival: str
    booked_for: datetime | None = None
    urgency: str = Urgency.LOW
    date_of_birth: date | None = None
    has_special_requirements: bool = False
    extra_points: int = 0
    day: date | None = None
    zone: tzinfo | None = None


WORDS: dict[str, str | Promise] = {
    "kept": gettext_lazy("booked for %(time)s and on time"),
    "missed": gettext_lazy("booked for %(time)s and came late"),
    "medium": gettext_lazy("medium urgency"),
    "high": gettext_lazy("high urgency"),
    "emergency": gettext_lazy("emergency"),
    "child": gettext_lazy("small child"),
    "age": gettext_lazy("age"),
    "special": gettext_lazy("special requirements"),
    "by_hand": gettext_lazy("changed by staff"),
    "not_due": gettext_lazy("not due until %(time)s"),
}


class Reason(NamedTuple):
    """Why somebody has points: what for, how many, and the time on the clock that the words speak of."""

    code: str
    points: float
    at: datetime | None = None
    zone: tzinfo | None = None

    @property
    def words(self) -> str:
        """What for, in words."""
        said = {"time": self.time, "count": self.shown}
        if self.code == "waiting":
            return ngettext("waiting %(count)d minute", "waiting %(count)d minutes", self.shown) % said
        if self.code == "since":
            return ngettext("%(count)d minute since then", "%(count)d minutes since then", self.shown) % said
        return str(WORDS[self.code]) % said

    @property
    def shown(self) -> int:
        """The points as a whole number: of a minute, only a full one counts."""
        return floor(self.points)

    @property
    def time(self) -> str:
        """The time it speaks of, as the clock on the wall shows it."""
        return "" if self.at is None else spoken_clock(timezone.localtime(self.at, self.zone).time())


class Score(NamedTuple):
    """The points somebody has now, and what for. `reasons` add up to `points`, as numbers and as shown."""

    points: float
    reasons: tuple[Reason, ...]

    @property
    def shown(self) -> int:
        """The points as a whole number."""
        return floor(self.points)

    @property
    def line(self) -> str:
        """Why somebody stands where they stand, for staff: every reason with its points."""
        return capfirst(", ".join(f"{reason.words} {_signed(reason.shown)}" for reason in self.reasons))

    @property
    def own_line(self) -> str:
        """The same for the person themselves: what their place goes by, and no word about anybody else's reasons."""
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        found = {reason.code: reason for reason in self.reasons}
        if "emergency" in found:
            yield _("You are called before others, because it is an emergency.")
            return
        yield _how_counted(found)
        if any(reason.points > 0 for reason in self.reasons if reason.code in PERSONAL):
            yield _("You are called sooner than by time alone.")
        yield _("People with urgent needs may be called before you.")


def score(factors: Factors, weights: Weights, *, now: datetime) -> Score:
    """The points of somebody at `now`; never anything but a finite number."""
    return standing(factors, weights, now=now)[1]


def rank(factors: Factors, weights: Weights) -> int:
    """The order in which people are called, the smallest first: that of `score`, exact and without a clock.

    It is the microsecond at which somebody without any points would have had to begin to wait, to stand there.
    """
    return _rank(counts_from(factors), [*_given(factors, weights)])


def standing(factors: Factors, weights: Weights, *, now: datetime) -> tuple[int, Score]:
    """Both `rank` and `score`, for less work than each by itself."""
    given = [*_given(factors, weights)]
    began = counts_from(factors)
    reasons = _reasons(given, _waiting(factors, began, now))
    return _rank(began, given), Score(sum([reason.points for reason in reasons]), reasons)


def _rank(began: datetime, given: Sequence[Reason]) -> int:
    since = (began - EPOCH) // MICROSECOND
    return POINTS_A_MINUTE * since - MICROSECONDS_A_MINUTE * sum([int(reason.points) for reason in given])


def counts_from(factors: Factors) -> datetime:
    """When somebody's waiting begins to count: whoever kept a booked time, from that time on; else from check-in."""
    if factors.booked_for is not None and factors.arrival in KEPT:
        return factors.booked_for
    return factors.checked_in_at


def _reasons(given: Sequence[Reason], waiting: Reason) -> tuple[Reason, ...]:
    """What stands from the start, with the waiting after the booked time that it counts from, which comes first."""
    if given and given[0].code in ("kept", "missed"):
        return given[0], waiting, *given[1:]
    return waiting, *given


def _waiting(factors: Factors, began: datetime, now: datetime) -> Reason:
    points = POINTS_A_MINUTE * ((now - began) // MICROSECOND) / MICROSECONDS_A_MINUTE
    code = "waiting" if began == factors.checked_in_at else "since"
    return Reason("not_due" if points < 0 else code, points, began, factors.zone)


def _given(factors: Factors, weights: Weights) -> Iterator[Reason]:
    """The points somebody has from the start; no clock changes them."""
    yield from _punctuality(factors, weights)
    yield from _urgency(factors, weights)
    yield from _age(factors, weights)
    if factors.has_special_requirements:
        yield Reason("special", weights.points_special)
    if factors.extra_points:
        yield Reason("by_hand", factors.extra_points)


def _punctuality(factors: Factors, weights: Weights) -> Iterator[Reason]:
    if factors.booked_for is None:
        return
    if factors.arrival in KEPT:
        yield Reason("kept", weights.points_on_time, factors.booked_for, factors.zone)
    elif factors.arrival == Arrival.LATE:
        yield Reason("missed", weights.points_late, factors.booked_for, factors.zone)


def _urgency(factors: Factors, weights: Weights) -> Iterator[Reason]:
    if factors.urgency == Urgency.MEDIUM:
        yield Reason("medium", weights.points_medium)
    elif factors.urgency == Urgency.HIGH:
        yield Reason("high", weights.points_high)
    elif factors.urgency == Urgency.EMERGENCY:
        yield Reason("emergency", weights.points_emergency)


def _age(factors: Factors, weights: Weights) -> Iterator[Reason]:
    """By the age on the day of the queue: midnight changes no order."""
    born = factors.date_of_birth
    if born is None:
        return
    today = factors.day or factors.checked_in_at.date()
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if 0 <= age < weights.child_age:
        yield Reason("child", weights.points_child)
    elif age >= weights.elderly_age:
        yield Reason("age", weights.points_elderly)


def _how_counted(found: dict[str, Reason]) -> str:
    if "not_due" in found:
        return _("Your place goes by the time you booked, %(time)s. Others may be called before then.") % {
            "time": found["not_due"].time
        }
    if "kept" in found:
        return _("Your place goes by the time you booked, %(time)s.") % {"time": found["kept"].time}
    counted = {"time": (found.get("waiting") or found["since"]).time}
    if "missed" in found:
        return _("You came after the time you booked, so your place goes by when you came, %(time)s.") % counted
    return _("Your place goes by when you came, %(time)s.") % counted


def _signed(points: int) -> str:
    return f"+{points}" if points >= 0 else f"\N{MINUS SIGN}{-points}"
