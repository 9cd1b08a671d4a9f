"""What programs and staff screens are told live of queues, as JSON (docs/events.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from accounts.live.published import Published
from queueing.selectors.lines import Line


def queue_messages(lines: Sequence[Line], changes: Iterable[object], rooms: set[str]) -> Iterator[Published]:
    """What the rooms in which anybody listens are told."""
    yield from ()
