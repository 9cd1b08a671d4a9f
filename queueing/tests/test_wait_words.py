"""Waits in words: rounded outward, and never more exact than they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.estimation import Wait
from queueing.states import DoctorStatus
from queueing.wait_words import place_in_words, range_in_words, rounded_minutes


def between(low: float, high: float) -> Wait:
    """A wait of minutes."""
    return Wait(low * 60, (low + high) * 30, high * 60)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 0, "less than 5 minutes"),
        (0, 5, "less than 5 minutes"),
        (0, 5.1, "up to 10 minutes"),
        (4.9, 20, "up to 20 minutes"),
        (12, 23, "about 10 to 25 minutes"),
        (10, 25, "about 10 to 25 minutes"),
        (10, 10, "about 10 minutes"),
        (61, 119, "about 60 minutes to 2 hours"),
        (61, 114, "about 60 to 115 minutes"),
        (59, 121, "about 55 minutes to 2 hours 5 minutes"),
        (121, 178, "about 2 hours to 3 hours"),
        (0, 150, "up to 2 hours 30 minutes"),
        (24 * 60, 24 * 60, "about 24 hours"),
    ],
)
def test_a_range_in_words(low, high, words):
    assert range_in_words(between(low, high)) == words


@given(st.floats(0, 86400), st.floats(0, 86400))
def test_what_is_said_holds_whatever_was_meant(one, other):
    wait = Wait(min(one, other), min(one, other), max(one, other))
    low, high = rounded_minutes(wait)

    assert low * 60 <= wait.low
    assert high * 60 >= wait.high
    assert low % 5 == high % 5 == 0
    assert range_in_words(wait)


def test_whoever_is_next_is_told_so():
    assert place_in_words(1, between(0, 2), DoctorStatus.ON_TIME) == "You are next."
    assert place_in_words(1, between(6, 14), DoctorStatus.ON_TIME) == "You are next, in about 5 to 15 minutes."


def test_everybody_else_reads_the_range():
    assert place_in_words(2, between(0, 4), DoctorStatus.ON_TIME) == "Less than 5 minutes."
    assert place_in_words(7, between(62, 90), DoctorStatus.RUNNING_LATE) == "About 60 to 90 minutes."


def test_nobody_is_promised_a_time_by_a_doctor_who_has_finished():
    said = place_in_words(1, between(0, 2), DoctorStatus.FINISHED)

    assert said == "The doctor has finished for today. Please ask at the desk."
