"""What tests of the whole house share: a clinic with everything in it, and servers that sockets talk to."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from accounts.live.renderer import renderer
from config.tests.sockets import start
from config.tests.world import World, build_world
from config.tests.worlds import built_for_a_while
from testing import numbers
from testing.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def world_of_the_module(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[World, numbers.Numbers]]:
    """Built once, in a transaction around those of the tests: what a test writes is rolled back to this."""
    numbers.count_from_the_start()
    around = built_for_a_while(build_world)
    with django_db_blocker.unblock():
        built = around.__enter__()
    yield built, numbers.reached()
    with django_db_blocker.unblock():
        around.__exit__(None, None, None)


@pytest.fixture
def world(world_of_the_module: tuple[World, numbers.Numbers], db: None) -> World:
    """A clinic of two locations, as nobody has touched it yet."""
    built, counted = world_of_the_module
    numbers.go_on_from(counted)
    return copy.deepcopy(built)


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
