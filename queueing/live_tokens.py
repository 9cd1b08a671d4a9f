"""What the page of somebody who waits is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accounts.live.published import Published
from queueing.changes import Change
from queueing.selectors.lines import Line


def token_messages(
    lines: Sequence[Line], changes: Sequence[Change], rooms: set[str], version: int
) -> Iterator[Published]:
    """What the rooms in which anybody listens are told. `version` was asked before the lines were read.

    Tokens that have ended are in no line; `changes` name those that something happened to.
    """
    yield from ()
