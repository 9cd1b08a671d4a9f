"""Fixtures for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import settings as properties

from testing import browser, numbers
from testing.flushing import allow_flush
from testing.missing import cannot_run
from testing.redis_server import NoRedis, RedisServer

allow_flush()
properties.load_profile("ci")  # everywhere: no examples by chance, and no deadline that a busy machine misses


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one cached."""
    cache.clear()


@pytest.fixture(autouse=True)
def _nothing_learned() -> None:
    """No test is told waits by what another one's doctors did."""
    from queueing.selectors.learning import forget

    forget()


@pytest.fixture(autouse=True)
def _factories_count_from_the_start() -> None:
    """No test sees other numbers, or other times of slots, because of what ran before it."""
    numbers.count_from_the_start()


@pytest.fixture
def live_updates(settings: Any) -> Iterator[None]:
    """Sockets are told of changes, as in life; tests are otherwise not slowed by that."""
    from accounts.live.renderer import renderer

    settings.LIVE_UPDATES = True
    yield
    renderer.stop()  # its connection would keep the test database from being emptied


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis of the tests' own; tests may stop and start it."""
    try:
        server = RedisServer().start()
    except NoRedis as missing:
        cannot_run("a test with Redis", remedy=str(missing))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def redis_url(redis_server: RedisServer) -> str:
    """The address of a running Redis: TEST_REDIS_URL, else one of the tests' own."""
    return os.environ.get("TEST_REDIS_URL") or redis_server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Browser tests drive whichever Chromium there is."""
    found = browser.find()
    if found is None:
        cannot_run("the browser tests", remedy=browser.REMEDY)
    return {**browser_type_launch_args, "executable_path": found, "args": ["--disable-dev-shm-usage"]}
