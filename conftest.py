"""Fixtures for every test."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from testing.flushing import allow_flush

allow_flush()


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one cached."""
    cache.clear()
