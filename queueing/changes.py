"""What happened in a queue, as it is kept until screens are told of it."""

from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """Something that happened to a queue, or to a token in it: `what` as in the signal `queue_changed`."""

    queue_id: int
    token_id: int | None
    what: str
