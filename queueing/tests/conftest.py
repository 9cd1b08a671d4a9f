"""Fixtures of the queue's tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from queueing.tests.desks import Desk

MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
"""A Wednesday in winter, when London keeps UTC."""


@pytest.fixture
def morning() -> Iterator[time_machine.Coordinates]:
    """The clock stands at ten in the morning until the test moves it."""
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk late in a morning, when a visit in ten minutes is one of today."""
    with time_machine.travel("2026-11-20T10:00:00Z"):
        yield Desk()
