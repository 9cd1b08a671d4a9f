"""Servers that tests of sockets talk to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.live.renderer import renderer
from config.tests.sockets import start
from testing.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One process with everything, as bin/run starts it; whatever it is sent, its log stays empty."""
    server = start(tmp_path_factory.mktemp("served"))
    yield server
    said = server.stop()
    assert "Traceback" not in said
    assert not re.search("ERROR|WARNING", said), said


@pytest.fixture
def told_through_redis(settings: Any, redis_url: str) -> Iterator[str]:
    """What this process changes is told to the sockets of others."""
    settings.LIVE_UPDATES, settings.REDIS_URL = True, redis_url
    yield redis_url
    renderer.stop()


@pytest.fixture
def elsewhere(told_through_redis: str, tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server that hears through Redis what other processes change."""
    server = start(tmp_path, REDIS_URL=told_through_redis)
    yield server
    assert "Traceback" not in server.stop()
