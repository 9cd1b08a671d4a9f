"""Who comes before whom, and why. Pure: no database, no clock of its own.

Everybody collects a point for each minute of waiting, and some have points from the start. Whoever has most is next.
As all wait at the same rate, two people never overtake each other twice, and points from the start are worth so many
minutes and no more: nobody waits for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from queueing.states import Arrival
from scheduling.states import Urgency


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What is known of somebody that bears on their place."""

    checked_in_at: datetime
    arrival: str
    booked_for: datetime | None = None
    urgency: str = Urgency.LOW
    date_of_birth: date | None = None
    has_special_requirements: bool = False
    extra_points: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody has points: the words, and how many."""

    words: str | Promise
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """The points somebody has now, and what for. `reasons` add up to `points`."""

    points: float
    reasons: tuple[Reason, ...]


def score(factors: Factors, weights: Weights, *, now: datetime) -> Score:
    """The points of somebody at `now`; never anything but a finite number."""
    reasons = (*_given(factors, weights, now), Reason(_("waiting"), _minutes_waited(factors, now)))
    return Score(sum(reason.points for reason in reasons), reasons)


def counts_from(factors: Factors) -> datetime:
    """When somebody's waiting begins to count: whoever kept a booked time, from that time on; else from check-in."""
    if factors.booked_for is not None and factors.arrival in (Arrival.EARLY, Arrival.ON_TIME):
        return factors.booked_for
    return factors.checked_in_at


def _minutes_waited(factors: Factors, now: datetime) -> float:
    return (now - counts_from(factors)).total_seconds() / 60


def _given(factors: Factors, weights: Weights, now: datetime) -> Sequence[Reason]:
    found = [_urgency(factors, weights), _punctuality(factors, weights), _age(factors, weights, now.date())]
    if factors.has_special_requirements:
        found.append(Reason(_("special requirements"), weights.points_special))
    if factors.extra_points:
        found.append(Reason(_("by hand"), factors.extra_points))
    return [reason for reason in found if reason is not None]


def _urgency(factors: Factors, weights: Weights) -> Reason | None:
    points = {
        Urgency.MEDIUM: (_("medium urgency"), weights.points_medium),
        Urgency.HIGH: (_("high urgency"), weights.points_high),
        Urgency.EMERGENCY: (_("emergency"), weights.points_emergency),
    }
    found = points.get(Urgency(factors.urgency))
    return Reason(*found) if found else None


def _punctuality(factors: Factors, weights: Weights) -> Reason | None:
    if factors.arrival in (Arrival.EARLY, Arrival.ON_TIME):
        return Reason(_("booked time kept"), weights.points_on_time)
    if factors.arrival == Arrival.LATE:
        return Reason(_("booked time missed"), weights.points_late)
    return None


def _age(factors: Factors, weights: Weights, today: date) -> Reason | None:
    born = factors.date_of_birth
    if born is None:
        return None
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age < weights.child_age:
        return Reason(_("small child"), weights.points_child)
    if age >= weights.elderly_age:
        return Reason(_("age"), weights.points_elderly)
    return None
