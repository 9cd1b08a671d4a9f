"""The backtest counts as its rules say, and the estimator keeps its promise on days that it has not seen."""

from __future__ import annotations

import pytest

from queueing.backtest import NothingToScore, replay
from queueing.estimation import Consultation
from queueing.tests.synthetic import sessions, steady


def test_the_fixed_rule_is_counted_by_hand():
    # Four people, ten minutes each: places 1, 2, 3 behind the first, 1, 2 behind the second, 1 behind the third.
    result = replay(steady(40, seconds=600, places=4), warmup=20)
    assert result.whole.waits == 20 * 6
    assert result.whole.fixed_error == pytest.approx(10 * (3 * 1 + 2 * 2 + 1 * 3) / 6)
    assert result.earlier.waits == result.later.waits == 60


def test_no_more_than_eight_places_count():
    assert replay(steady(4, seconds=600, places=12), warmup=2).whole.waits == 2 * (8 * 4 + 7 * 8 // 2)


def test_who_always_takes_as_long_is_known_exactly():
    whole = replay(steady(120, seconds=600), warmup=100).whole
    assert whole.error < 0.3
    assert whole.ratio == pytest.approx(whole.error / whole.fixed_error)


def test_time_in_which_nobody_waited_is_nobodys_wait():
    idle = [[Consultation(place * 900.0, idle=300.0) for place in range(4)] for _ in range(40)]
    assert replay(idle, warmup=20).whole.fixed_error == pytest.approx(10 * 10 / 6)


def test_learning_stops_where_telling_begins():
    """The first scored session is told by the warm-up alone: what it turns out to be cannot have been known."""
    known = steady(30, seconds=600, places=9)
    first = replay([*known, *steady(2, seconds=1500, places=2)], warmup=30)
    assert first.earlier.error == pytest.approx(15, abs=0.5)


@pytest.mark.parametrize("kind", [{}, {"minutes": 25.0}, {"spread": 0.7}, {"days": 0.35}])
def test_four_in_five_true_waits_lie_inside_on_days_not_seen(kind):
    whole = replay(sessions(200, **kind), warmup=80).whole
    assert 0.77 <= whole.inside <= 0.83


def test_the_middle_beats_the_fixed_rule_and_who_knows_of_no_kinds():
    made = sessions(200)
    known = replay(made, warmup=80).whole
    plain = replay([[Consultation(one.started) for one in session] for session in made], warmup=80).whole
    assert known.ratio < 0.32
    assert known.error < 0.95 * plain.error
    assert known.width < 0.95 * plain.width


@pytest.mark.parametrize("after", [{"spread": 0.8}, {"spread": 0.15}, {"days": 0.4}])
def test_the_range_follows_a_doctor_whose_days_have_changed(after):
    """Scored from the tenth new day on; ranges of fixed levels would hold 65, 89 and 70 % of these waits."""
    made = [*sessions(140, seed=4), *sessions(80, seed=5, **after)]
    assert 0.75 <= replay(made, warmup=150).whole.inside <= 0.85


@pytest.mark.parametrize("warmup", [-1, 3, 4, 5, 10**9])
def test_a_warm_up_that_leaves_nothing_is_refused(warmup):
    with pytest.raises(NothingToScore):
        replay(steady(4, seconds=600), warmup=warmup)


@pytest.mark.parametrize("made", [[], [[]] * 5, steady(5, seconds=600, places=1)])
def test_sessions_without_waits_are_refused(made):
    with pytest.raises(NothingToScore):
        replay(made, warmup=0)
