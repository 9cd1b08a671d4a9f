"""Waits are told as ranges that make sense before there is data, learn from it, and follow the day."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queueing.estimation import Consultation, Estimator, Today, Wait
from queueing.tests.synthetic import sessions, steady

FIRST = {"kind": "first visit", "period": "morning", "weekday": "saturday"}
FOLLOW_UP = {**FIRST, "kind": "follow-up"}
RUNNING = Consultation(started=0.0, features=FOLLOW_UP)
JUST_BEGUN = Today(now=0.0, running=RUNNING)


@pytest.fixture(scope="module")
def experienced() -> Estimator:
    return Estimator.learned_from(sessions(120))


def middles(waits: list[Wait]) -> list[float]:
    return [wait.middle for wait in waits]


def assert_sound(waits: list[Wait]) -> None:
    for wait in waits:
        assert all(math.isfinite(value) for value in (wait.low, wait.middle, wait.high))
        assert 0 <= wait.low <= wait.middle <= wait.high
    for before, after in pairwise(waits):
        assert before.low <= after.low
        assert before.middle <= after.middle
        assert before.high <= after.high


def test_before_there_is_data_the_length_of_slots_is_believed():
    waits = Estimator(600).waits([FIRST] * 3, JUST_BEGUN)
    assert middles(waits) == pytest.approx([600, 1200, 1800], rel=0.01)
    assert waits[0].low < 400
    assert waits[0].high > 900


def test_whoever_is_first_and_finds_the_doctor_free_does_not_wait():
    waits = Estimator(600).waits([FIRST] * 3, Today(now=0.0))
    assert waits[0] == Wait(0.0, 0.0, 0.0)
    assert middles(waits[1:]) == pytest.approx([600, 1200], rel=0.01)


@pytest.mark.parametrize("today", [Today(now=0.0), JUST_BEGUN])
def test_an_empty_queue_has_no_waits(experienced, today):
    assert experienced.waits([], today) == []


def test_the_doctors_own_lengths_take_the_place_of_what_was_believed():
    waits = Estimator.learned_from(steady(40, seconds=420), expected_seconds=900).waits([{}] * 4, JUST_BEGUN)
    assert middles(waits) == pytest.approx([420, 840, 1260, 1680], rel=0.05)
    assert waits[3].high - waits[3].low < 300


def test_kinds_of_visit_take_their_own_time(experienced):
    after_first = experienced.waits([FIRST], Today(now=0.0, running=Consultation(0.0, FIRST)))
    after_follow_up = experienced.waits([FIRST], Today(now=0.0, running=Consultation(0.0, FOLLOW_UP)))
    assert after_first[0].middle > 1.2 * after_follow_up[0].middle


def test_periods_of_the_day_take_their_own_time(experienced):
    morning = experienced.waits([FIRST] * 8, JUST_BEGUN)
    later = {**FIRST, "period": "afternoon"}
    afternoon = experienced.waits([later] * 8, Today(now=0.0, running=Consultation(0.0, later)))
    assert afternoon[7].middle > 1.05 * morning[7].middle


def test_a_kind_never_met_is_taken_for_an_average_one(experienced):
    unknown = experienced.waits([{"kind": "vaccination"}] * 8, Today(now=0.0, running=Consultation(0.0, {})))
    assert 8 * 500 < unknown[7].middle < 8 * 1100


def test_a_doctor_who_hurries_towards_the_end_is_known_to(experienced):
    def wait_after(seconds: float) -> float:
        begun = Today(now=seconds, finished=[Consultation(0.0, FOLLOW_UP, idle=seconds)], running=Consultation(seconds))
        return experienced.waits([FOLLOW_UP], begun)[0].middle

    assert wait_after(3 * 3600) < 0.95 * wait_after(0)


def test_a_slow_day_lengthens_the_waits_and_a_quick_one_shortens_them():
    estimator = Estimator.learned_from(sessions(80, days=0.5))
    usual, slow, quick = (
        estimator.waits([FIRST] * 5, begun_with_turnarounds_of(seconds)) for seconds in (720, 1440, 360)
    )
    assert slow[4].middle > 1.1 * usual[4].middle
    assert quick[4].middle < 0.9 * usual[4].middle


def begun_with_turnarounds_of(seconds: float) -> Today:
    begun = [Consultation(place * seconds, FOLLOW_UP) for place in range(9)]
    return Today(now=begun[-1].started, finished=begun[:-1], running=begun[-1])


def test_one_break_does_not_make_a_slow_day(experienced):
    usual = [Consultation(place * 720.0, FOLLOW_UP) for place in range(5)]
    after_a_break = [*usual[:4], Consultation(usual[3].started + 3 * 3600, FOLLOW_UP)]
    waits = [
        experienced.waits([FIRST] * 5, Today(now=day[-1].started, finished=day[:-1], running=day[-1]))[4].middle
        for day in (usual, after_a_break)
    ]
    assert waits[1] < 1.15 * waits[0]


def test_time_in_which_nobody_was_there_is_not_held_against_the_doctor():
    def days(idle: float) -> list[list[Consultation]]:
        return [[Consultation(place * (600 + idle), idle=idle) for place in range(10)] for _ in range(30)]

    waits = Estimator.learned_from(days(idle=1800.0)).waits([{}] * 3, JUST_BEGUN)
    assert middles(waits) == pytest.approx([600, 1200, 1800], rel=0.05)


def test_a_consultation_that_goes_on_leaves_less_to_wait_for(experienced):
    fresh, later = (experienced.waits([FIRST] * 8, Today(now=age, running=RUNNING)) for age in (0.0, 400.0))
    assert later[0].middle < fresh[0].middle - 200
    assert later[7].middle < fresh[7].middle - 200
    assert_sound(later)


def test_a_consultation_that_outlasts_all_before_may_end_soon_or_not():
    estimator = Estimator.learned_from(steady(40, seconds=600))
    waits = estimator.waits([{}] * 4, Today(now=6000.0, running=RUNNING))
    assert_sound(waits)
    assert waits[0].middle > 60
    assert waits[0].high > 600
    assert middles(waits)[3] > 1800


def test_what_the_doctors_status_adds_is_added_for_everybody(experienced):
    plain = experienced.waits([FIRST] * 4, JUST_BEGUN)
    late = experienced.waits([FIRST] * 4, Today(now=0.0, running=RUNNING, delay=600.0))
    for without, with_delay in zip(plain, late, strict=True):
        assert with_delay.low == pytest.approx(without.low + 600)
        assert with_delay.middle == pytest.approx(without.middle + 600)
        assert with_delay.high == pytest.approx(without.high + 600)


def test_the_same_history_gives_the_same_ranges(experienced):
    again = Estimator.learned_from(sessions(120))
    assert again.waits([FIRST, FOLLOW_UP] * 10, JUST_BEGUN) == experienced.waits([FIRST, FOLLOW_UP] * 10, JUST_BEGUN)


def test_asking_changes_nothing(experienced):
    first = experienced.waits([FIRST] * 5, begun_with_turnarounds_of(900))
    assert experienced.waits([FIRST] * 5, begun_with_turnarounds_of(900)) == first


def test_a_queue_of_five_hundred_is_told_at_once(experienced):
    queue = [FIRST, FOLLOW_UP] * 250
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        waits = experienced.waits(queue, begun_with_turnarounds_of(720))
        taken.append(time.perf_counter() - began)
    assert len(waits) == 500
    assert_sound(waits)
    assert min(taken) < 0.05


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, -3600.0, 1e300])
def test_clocks_that_make_no_sense_give_ranges_that_do(experienced, nonsense):
    for today in (
        Today(now=nonsense, running=RUNNING),
        Today(now=0.0, running=RUNNING, delay=min(nonsense, 0.0)),
        Today(now=0.0, finished=[Consultation(nonsense), Consultation(0.0)], running=RUNNING),
        Today(now=0.0, finished=[Consultation(0.0, idle=nonsense)], running=Consultation(600.0)),
        Today(now=nonsense, finished=[RUNNING]),
    ):
        assert_sound(experienced.waits([FIRST] * 20, today))


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, 0.0, -5.0, 1e300])
def test_an_expectation_that_makes_no_sense_gives_ranges_that_do(nonsense):
    assert_sound(Estimator(nonsense).waits([FIRST] * 20, JUST_BEGUN))


seconds = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 50_000)
consultations = st.builds(
    Consultation,
    started=seconds,
    features=st.dictionaries(st.sampled_from("ab"), st.text(max_size=2), max_size=2),
    idle=seconds,
)


@settings(max_examples=150, deadline=None)
@given(
    history=st.lists(st.lists(consultations, max_size=15), max_size=6),
    begun=st.lists(consultations, max_size=6),
    now=seconds,
)
def test_no_history_makes_ranges_that_are_none(history, begun, now):
    estimator = Estimator.learned_from(history)
    queue = [one.features for one in begun] * 3 + [{}]
    running = begun[-1] if begun else None
    assert_sound(estimator.waits(queue, Today(now=now, finished=begun[:-1], running=running)))
    assert_sound(estimator.waits(queue, Today(now=now, finished=begun)))


def test_names_and_free_text_are_no_features():
    days = [[Consultation(place * 600.0, {"name": f"{day} {place}"}) for place in range(400)] for day in range(4)]
    began = time.perf_counter()
    estimator = Estimator.learned_from(days)
    assert time.perf_counter() - began < 3
    assert estimator.waits([{}], JUST_BEGUN)[0].middle == pytest.approx(600, rel=0.2)


PAIRS = [[Consultation(0.0), Consultation(3000.0)]]


@pytest.mark.parametrize("history", [[*PAIRS * 40, *steady(6, seconds=30)], [*steady(2, seconds=30), *PAIRS * 150]])
def test_nobody_is_told_less_than_whoever_is_before_them(history):
    """Lonely pairs that took long have taught place 1 alone, quick long days the places behind it."""
    assert_sound(Estimator.learned_from(history).waits([{}] * 12, JUST_BEGUN))


def test_effects_that_add_up_to_less_than_nothing_still_take_time():
    def day(features: dict[str, str], seconds: float) -> list[Consultation]:
        return [Consultation(place * seconds, features) for place in range(10)]

    history = [day({"kind": "long"}, 900.0), day({"kind": "brief"}, 30.0), day({"period": "brief"}, 30.0)] * 20
    both = {"kind": "brief", "period": "brief"}
    waits = Estimator.learned_from(history).waits([both] * 9, Today(now=0.0, running=Consultation(0.0, both)))
    assert_sound(waits)
    assert waits[8].middle > 9 * 10


def test_one_break_in_the_past_does_not_lengthen_every_wait():
    broken = [Consultation(0.0), Consultation(600.0), Consultation(11 * 3600.0)]
    waits = Estimator.learned_from([*steady(20, seconds=600), broken]).waits([{}] * 4, JUST_BEGUN)
    assert middles(waits) == pytest.approx([600, 1200, 1800, 2400], rel=0.05)


def test_a_trend_ends_where_the_longest_session_did(experienced):
    late, very_late = (
        experienced.waits([FOLLOW_UP] * 3, Today(now=clock, finished=[RUNNING], running=Consultation(clock)))[2]
        for clock in (6 * 3600.0, 11 * 3600.0)
    )
    assert very_late.middle == pytest.approx(late.middle, rel=0.02)
    assert very_late.middle > 3 * 300


def test_what_is_long_ago_is_forgotten():
    history = [*sessions(150, spread=0.8), *steady(60, seconds=600, places=20)]
    soonest = Estimator.learned_from(history).waits([{}], JUST_BEGUN)[0]
    assert soonest.high - soonest.low < 120
