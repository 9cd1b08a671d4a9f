"""Attempts are counted by the database, and forgotten with their window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.errors import TooManyAttempts
from accounts.models import AttemptCounter
from accounts.services.throttling import count_attempt

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC)


def _try(subject: str = "find:203.0.113.9") -> None:
    count_attempt(subject=subject, limit=3, window=timedelta(minutes=10))


def test_the_attempt_after_the_limit_is_refused_until_the_window_ends() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _attempt in range(3):
            _try()
        with pytest.raises(TooManyAttempts):
            _try()
        clock.shift(timedelta(minutes=10))
        _try()


def test_others_are_not_held_up() -> None:
    with time_machine.travel(NOON, tick=False):
        for _attempt in range(3):
            _try()
        _try("find:198.51.100.7")
        _try("hold:203.0.113.9")


def test_counting_costs_one_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        _try()


def test_who_tried_is_stored_only_as_a_hash() -> None:
    _try("code:ann@example.org")
    subject = AttemptCounter.objects.get().subject
    assert subject.startswith("code:")
    assert "ann" not in subject
