"""What tests of the ground floor share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from accounts.live import guards, visitors
from accounts.live.hub import hub
from accounts.live.renderer import renderer
from scheduling import event_sockets
from scheduling.tests.two_places import TwoPlaces


@pytest.fixture
def november_2026() -> Iterator[None]:
    """The clock goes on from a morning on which it is the same day nearly everywhere; dates of 2027 are to come."""
    with time_machine.travel("2026-11-20T10:00:00Z"):
        yield


@pytest.fixture
def clinic() -> TwoPlaces:
    """A clinic of two places."""
    return TwoPlaces()


@pytest.fixture
def live(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sockets hear what happens, and are looked at often; nothing of one test is left to the next."""
    settings.LIVE_UPDATES = True
    settings.SOCKETS_PER_ADDRESS = 1000
    monkeypatch.setattr(visitors, "LOOK_EVERY", 0.05)
    yield
    renderer.stop()
    visitors.doorkeeper.stop()
    assert not hub.is_busy(), "somebody is still in a room"
    assert not event_sockets.watch.guests
    for book_of_visitors in (guards.people, guards.cookies, guards.addresses):
        assert not book_of_visitors.open
        book_of_visitors.paces.clear()
