"""What the screen of a waiting room shows: who is called, who is next, how the doctors' day goes. Never a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accounts.live.published import Published
from queueing.selectors.lines import Line


def rooms_of(location_id: int) -> str:
    """What the hub's names of a location's boards begin with."""
    return f"board:{location_id}:"


def board_messages(lines: Sequence[Line], rooms: set[str], version: int) -> Iterator[Published]:
    """What the boards among `rooms` are told. `version` was asked before the lines were read."""
    yield from ()
