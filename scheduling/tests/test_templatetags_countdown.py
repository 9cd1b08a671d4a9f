"""The time left, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from scheduling.templatetags.countdown import countdown, words_left


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "The time has run out."),
        (0, "The time has run out."),
        (59, "You have less than a minute left."),
        (60, "You have one minute left."),
        (119, "You have one minute left."),
        (300, "You have 5 minutes left."),
        (7199, "You have 119 minutes left."),
        (7200, "You have 2 hours left."),
        (3 * 86400 - 1, "You have 2 days left."),
    ],
)
def test_the_words_never_promise_more_than_there_is(seconds: int, words: str) -> None:
    assert words_left(seconds) == words


def test_a_script_finds_what_it_needs_to_go_on_counting() -> None:
    said = countdown(timezone.now() + timedelta(seconds=90.5))
    assert 'data-seconds-left="90"' in said
    assert "You have {minutes} minutes left." in said
    assert said.endswith(">You have one minute left.</span>")


def test_nothing_is_said_where_nothing_runs_out() -> None:
    assert countdown(None) == ""
