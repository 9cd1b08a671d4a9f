"""Fixtures of the queue's tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
"""A Wednesday in winter, when London keeps UTC."""


@pytest.fixture
def morning() -> Iterator[time_machine.Coordinates]:
    """The clock stands at ten in the morning until the test moves it."""
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock
