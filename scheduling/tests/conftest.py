"""What tests of the ground floor share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine


@pytest.fixture
def november_2026() -> Iterator[None]:
    """The clock goes on from a morning on which it is the same day nearly everywhere; dates of 2027 are to come."""
    with time_machine.travel("2026-11-20T10:00:00Z"):
        yield
