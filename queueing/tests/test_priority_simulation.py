"""Weeks of arrivals through the real order: nobody starves, the urgent are seen sooner, the early do not jump."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean

import pytest

from queueing import priority
from queueing.priority import rank
from queueing.selectors.lines import factors_of
from queueing.states import Arrival
from queueing.tests.arrivals import OPENS, POLICY, Seen, a_day, arrival, due, flood, played
from scheduling.states import Urgency

DAYS = 15
MOST_POINTS = POLICY.points_emergency + POLICY.points_on_time + POLICY.points_elderly + POLICY.points_special


@pytest.fixture(scope="module")
def weeks() -> list[list[Seen]]:
    """Three weeks of busy days, each as it was played."""
    return [played(a_day(seed)) for seed in range(DAYS)]


def worst(seen: list[Seen], urgency: str) -> float:
    """The longest wait of anybody of this urgency."""
    return max(one.waited for one in seen if one.token.urgency == urgency)


def test_everybody_is_seen_once(weeks):
    for number, seen in enumerate(weeks):
        assert sorted(one.token.number for one in seen) == [token.number for token in a_day(number)]


def test_nobody_is_passed_by_anybody_who_came_later_than_the_most_points_are_worth(weeks):
    """The bound that follows from the weights: from so many minutes after one came, only those who are there come
    first, however many arrive."""
    most = timedelta(minutes=MOST_POINTS)
    flooded = played(flood(of=Urgency.EMERGENCY, minutes=600, every=5, behind=[arrival(1, OPENS)]))
    for seen in [*weeks, flooded]:
        for number, one in enumerate(seen):
            assert all(due(before.token) <= due(one.token) + most for before in seen[:number])


@pytest.mark.parametrize(
    ("urgency", "points"), [(Urgency.HIGH, POLICY.points_high), (Urgency.EMERGENCY, POLICY.points_emergency)]
)
def test_under_a_flood_of_the_urgent_an_ordinary_visit_waits_no_longer_than_their_points_are_worth(urgency, points):
    """Of those who keep coming every five minutes to a doctor who takes ten, so many come first as arrive in the
    minutes that their points are worth, and not one more."""
    seen = played(flood(of=urgency, minutes=1200, every=5, behind=[arrival(1, OPENS)]))
    place = next(number for number, one in enumerate(seen) if one.token.number == 1)

    assert place <= points / 5 + 1
    assert seen[place].waited <= (points / 5 + 1) * 10


def test_without_points_for_waiting_the_same_flood_starves_them(monkeypatch):
    """The twin: it is the waiting that keeps people from starving, not luck."""
    monkeypatch.setattr(priority, "POINTS_A_MINUTE", 0)
    seen = played(flood(of=Urgency.HIGH, minutes=1200, every=5, behind=[arrival(1, OPENS), arrival(2, OPENS)]))

    assert seen[0].token.number == 1  # nobody else was there yet
    assert seen[-1].token.number == 2  # after everybody, however long the flood


def test_the_urgent_wait_clearly_shorter(weeks):
    waits = {
        urgency: mean(one.waited for seen in weeks for one in seen if one.token.urgency == urgency)
        for urgency in Urgency.values
    }

    assert waits[Urgency.EMERGENCY] < 10  # whoever is in when they come
    assert waits[Urgency.HIGH] < waits[Urgency.LOW] / 2
    assert waits[Urgency.HIGH] < waits[Urgency.MEDIUM] < waits[Urgency.LOW]


def test_the_old_wait_shorter_than_others_who_book_and_come_alike(weeks):
    ordinary = [one for seen in weeks for one in seen if one.token.urgency == Urgency.LOW]
    old = mean(one.waited for one in ordinary if one.token.patient.date_of_birth.year == 1938)

    assert old < mean(one.waited for one in ordinary if one.token.patient.date_of_birth.year in (1965, 1980))


def test_whoever_comes_early_does_not_jump_those_who_booked_before(weeks):
    passed = 0
    for seen in weeks:
        booked = [one for one in seen if one.token.booked_for and is_ordinary(one)]
        for number, one in enumerate(booked):
            for later in booked[number + 1 :]:
                if later.token.checked_in_at <= one.started:  # both were there
                    assert later.token.booked_for >= one.token.booked_for or later.token.arrival == Arrival.LATE
                    passed += one.token.checked_in_at > later.token.checked_in_at
    assert passed > 10  # many came sooner than those who were seen before them


def test_coming_early_is_worth_nothing():
    """Two bookings, ten and half past: the second comes an hour too soon, the first just in time."""
    ten, half_past = OPENS + timedelta(hours=1), OPENS + timedelta(minutes=90)
    early = arrival(1, OPENS - timedelta(minutes=10), booked=half_past)
    on_time = arrival(2, ten, booked=ten)

    assert rank(factors_of(on_time), POLICY) < rank(factors_of(early), POLICY)


def is_ordinary(one: Seen) -> bool:
    """Whether nothing but the booked time and the waiting gives them points."""
    born = one.token.patient.date_of_birth.year
    return one.token.urgency == Urgency.LOW and one.token.arrival != Arrival.LATE and born in (1965, 1980)
