"""What the wing of money does on events from below."""

from __future__ import annotations


def connect() -> None:
    """Hang the receivers on their events."""
