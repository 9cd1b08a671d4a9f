"""How a fault of our own is told without what it was about: its message may hold an address or a name."""

from __future__ import annotations

import traceback


def told_plainly(error: BaseException) -> str:
    """The kind of a fault and the place it comes from, and nothing personal."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
