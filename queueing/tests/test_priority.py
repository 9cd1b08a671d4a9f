"""Who comes before whom: for any people and weights, and through weeks of arrivals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import isfinite
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from queueing.models import QueuePolicy
from queueing.priority import Factors, rank, score
from queueing.states import Arrival
from scheduling.states import Urgency

POLICY = QueuePolicy()
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
points = st.integers(0, 600)
people = st.builds(
    Factors,
    checked_in_at=moments,
    arrival=st.sampled_from([*Arrival.values, "", "unheard of"]),
    booked_for=st.none() | moments,
    urgency=st.sampled_from([*Urgency.values, "", "unheard of"]),
    date_of_birth=st.none() | st.dates(),
    has_special_requirements=st.booleans(),
    extra_points=st.integers(-32768, 32767),
    day=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    zone=st.none() | st.sampled_from([ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")]),
)
weights = st.builds(
    QueuePolicy,
    **dict.fromkeys(("points_medium", "points_high", "points_emergency", "points_on_time", "points_late"), points),
    **dict.fromkeys(("points_child", "points_elderly", "points_special"), points),
    child_age=st.integers(0, 200),
    elderly_age=st.integers(0, 200),
)


def someone(**said: object) -> Factors:
    """A walk-in who came at nine, unless told otherwise."""
    return Factors(**{"checked_in_at": NINE, "arrival": Arrival.WALK_IN, "zone": UTC, **said})


def at(minutes: float) -> datetime:
    """So many minutes after nine."""
    return NINE + timedelta(minutes=minutes)


class TestForAnybody:
    @given(people, weights, moments)
    def test_points_are_finite_and_the_explanation_adds_up_to_them(self, factors, policy, now):
        found = score(factors, policy, now=now)

        assert isfinite(found.points)
        assert sum(reason.points for reason in found.reasons) == found.points
        assert sum(reason.shown for reason in found.reasons) == found.shown
        assert found.line
        assert "\n" not in found.line
        assert found.own_line
        assert "%" not in found.line + found.own_line

    @given(people, weights, moments, st.timedeltas(timedelta(), timedelta(days=30)))
    def test_waiting_raises_them_by_a_point_a_minute_without_bound(self, factors, policy, now, more):
        gained = score(factors, policy, now=now + more).points - score(factors, policy, now=now).points

        assert gained == pytest.approx(more.total_seconds() / 60, abs=1e-6)

    @given(people, people, weights, moments)
    def test_the_order_is_that_of_the_points_at_any_time_so_nobody_is_overtaken_for_having_waited(
        self, one, other, policy, now
    ):
        difference = score(one, policy, now=now).points - score(other, policy, now=now).points
        ahead = rank(other, policy) - rank(one, policy)

        assert ahead / 60e6 == pytest.approx(difference, abs=1e-6)

    @given(people, weights, st.integers(1, 600))
    def test_points_by_hand_bring_forward(self, factors, policy, more):
        with_more = Factors(**{**as_values(factors), "extra_points": factors.extra_points + more})

        assert rank(with_more, policy) < rank(factors, policy)

    @given(people)
    def test_more_urgent_is_never_later(self, factors):
        ranks = [rank(Factors(**{**as_values(factors), "urgency": urgency}), POLICY) for urgency in Urgency.values]

        assert ranks == sorted(ranks, reverse=True)

    @given(people, weights, st.timedeltas(timedelta(microseconds=1), timedelta(days=1)))
    def test_of_two_alike_whoever_came_first_is_first(self, factors, policy, later):
        walked_in = Factors(**{**as_values(factors), "arrival": Arrival.WALK_IN, "day": NINE.date()})
        after = Factors(**{**as_values(walked_in), "checked_in_at": walked_in.checked_in_at + later})

        assert rank(walked_in, policy) < rank(after, policy)


def as_values(factors: Factors) -> dict[str, object]:
    """What somebody is made of."""
    return factors._asdict()


class TestWords:
    def test_staff_read_every_reason_in_one_line(self):
        booked = someone(
            checked_in_at=at(70), arrival=Arrival.ON_TIME, booked_for=at(80), date_of_birth=date(1940, 1, 1)
        )

        assert score(booked, POLICY, now=at(92.5)).line == (
            "Booked for 10:20am and on time +20, 12 minutes since then +12, age +10"
        )

    def test_a_walk_in(self):
        assert score(someone(), POLICY, now=at(1)).line == "Waiting 1 minute +1"

    def test_whoever_comes_early_is_not_due_yet(self):
        early = someone(arrival=Arrival.EARLY, booked_for=at(80))
        found = score(early, POLICY, now=at(65.5))

        assert found.line == "Booked for 10:20am and on time +20, not due until 10:20am −15"
        assert found.own_line.startswith("Your place goes by the time you booked, 10:20am. Others may be called")

    def test_whoever_missed_the_booked_time(self):
        late = someone(arrival=Arrival.LATE, booked_for=at(-30), urgency=Urgency.HIGH, extra_points=-3)
        found = score(late, POLICY, now=at(5))

        assert found.line == (
            "Booked for 8:30am and came late +5, waiting 5 minutes +5, high urgency +45, changed by staff −3"
        )
        assert found.own_line == (
            "You came after the time you booked, so your place goes by when you came, 9:00am. "
            "You are called sooner than by time alone. People with urgent needs may be called before you."
        )

    def test_one_is_told_of_ones_own_emergency_and_of_nobody_elses(self):
        assert score(someone(urgency=Urgency.EMERGENCY), POLICY, now=NINE).own_line == (
            "You are called before others, because it is an emergency."
        )

    @pytest.mark.parametrize("urgency", Urgency.values)
    def test_the_own_line_names_no_reason_that_a_neighbour_may_not_read(self, urgency):
        grandmother = someone(date_of_birth=date(1930, 1, 1), urgency=urgency, has_special_requirements=True)
        said = score(grandmother, POLICY, now=NINE).own_line.lower()

        assert not any(word in said for word in ("age", "special", "urgency", "points"))

    def test_the_clock_is_that_of_the_location(self):
        kolkata = someone(arrival=Arrival.ON_TIME, booked_for=at(0), zone=ZoneInfo("Asia/Kolkata"))

        assert "2:30pm" in score(kolkata, POLICY, now=at(1)).line

    def test_words_are_those_of_the_reader_not_of_whoever_reckoned(self):
        reasons = score(someone(), POLICY, now=at(3)).reasons
        with translation.override("en"):
            assert reasons[0].words == "waiting 3 minutes"

    def test_whoever_is_not_born_yet_is_no_small_child(self):
        assert score(someone(date_of_birth=date(2030, 1, 1)), POLICY, now=NINE).points == 0

    def test_midnight_makes_nobody_older(self):
        seventy_five_tomorrow = someone(date_of_birth=date(1951, 11, 21), day=date(2026, 11, 20))

        assert len(score(seventy_five_tomorrow, POLICY, now=at(24 * 60)).reasons) == 1
