"""What screens are told of queues after a commit: boards, the pages of those who wait, programs and desks.

However many of them look, the queues of a location are read once for each change, or once for all changes of a
moment; each kind of screen makes its messages out of the same lines. What is told is always the whole state.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from accounts.live.announcer import announcer
from accounts.live.published import Published, database_clock
from queueing import live_board, live_events, live_tokens
from queueing.changes import Change
from queueing.models import Queue
from queueing.selectors.lines import lines_of
from queueing.selectors.queues import queues_on_show

TOKENS = "token:"
EVENTS = "events:"
"""What the hub's names begin with of the rooms of those who wait, and of programs and staff screens."""


@dataclass(slots=True)
class _News:
    """What happened at a location since screens were last told; `everywhere`, whether it bears on all its queues."""

    changes: list[Change] = field(default_factory=list)
    emergencies: list[int] = field(default_factory=list)
    everywhere: bool = False


class _Waiting:
    """The news by location. Threads that write fill it, the renderer's thread empties it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[int, _News] = {}

    def add(self, location_id: int, change: Change | None, emergency_id: int | None) -> None:
        """One more thing that happened."""
        with self._lock:
            news = self._news.setdefault(location_id, _News())
            if change is not None:
                news.changes.append(change)
            if emergency_id is not None:
                news.emergencies.append(emergency_id)
            news.everywhere |= change is None and emergency_id is None

    def take(self, location_id: int) -> _News:
        """All of it; nothing is left."""
        with self._lock:
            return self._news.pop(location_id, _News())

    def put_back(self, location_id: int, news: _News) -> None:
        """What could not be told comes before what happened meanwhile."""
        with self._lock:
            since = self._news.get(location_id, _News())
            self._news[location_id] = _News(
                news.changes + since.changes, news.emergencies + since.emergencies, news.everywhere or since.everywhere
            )


_waiting = _Waiting()


def tell_of_queue(location_id: int, queue_id: int, token_id: int | None, what: str) -> None:
    """Something happened in a queue: tell whoever looks at it. Call it after commit."""
    _tell(location_id, change=Change(queue_id, token_id, what))


def tell_of_emergency(location_id: int, emergency_id: int) -> None:
    """An emergency was raised or acknowledged. Call it after commit."""
    _tell(location_id, emergency_id=emergency_id)


def tell_of_location(location_id: int) -> None:
    """What screens say of a location, or its rules, changed. Call it after commit."""
    _tell(location_id)


def tell_of_doctor(doctor_id: int) -> None:
    """The same of a doctor, wherever they have a queue. Call it after commit."""
    announcer.tell(("queues of doctor", doctor_id), lambda: _read_doctor(doctor_id))


def _tell(location_id: int, *, change: Change | None = None, emergency_id: int | None = None) -> None:
    if not announcer.may_be_heard():  # and nothing is kept for them
        return
    _waiting.add(location_id, change, emergency_id)
    announcer.tell(("queues", location_id), lambda: _read_news(location_id))


def _read_news(location_id: int) -> list[Published]:
    """All that is to be told of a location by now."""
    news = _waiting.take(location_id)
    try:
        return list(_told(location_id, news))
    except BaseException:
        _waiting.put_back(location_id, news)  # it is tried again
        raise


def _read_doctor(doctor_id: int) -> list[Published]:
    latest = Queue.objects.filter(doctor=doctor_id, closed_at=None)
    places = latest.order_by().values_list("location", flat=True).distinct()
    return [message for place in places for message in _told(place, _News(everywhere=True))]


def _told(location_id: int, news: _News) -> Iterator[Published]:
    boards = announcer.listened(live_board.rooms_of(location_id))
    tokens = announcer.listened(TOKENS)
    events = announcer.listened(EVENTS)
    if not (boards or tokens or events):
        return
    version = database_clock()
    if news.emergencies:
        yield from live_events.emergency_messages(_unique(news.emergencies), events, version)
    lines = lines_of(queues_on_show(location_id, also=[change.queue_id for change in news.changes]))
    yield from live_board.board_messages(lines, boards, version)
    yield from live_tokens.token_messages(lines, tokens, version)
    yield from live_events.queue_messages(lines, news.changes, events, version, everywhere=news.everywhere)


def _unique(keys: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(keys))
