"""What programs and staff screens are told live of queues, as JSON (docs/events.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accounts.live.published import Published
from queueing.changes import Change
from queueing.selectors.lines import Line


def queue_messages(
    lines: Sequence[Line], changes: Sequence[Change], rooms: set[str], version: int
) -> Iterator[Published]:
    """What the rooms in which anybody listens are told. `version` was asked before the lines were read."""
    yield from ()


def emergency_messages(emergency_ids: Sequence[int], rooms: set[str], version: int) -> Iterator[Published]:
    """The emergencies that were raised or acknowledged, as they are now."""
    yield from ()
