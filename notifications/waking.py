"""Waking whoever sends messages, so that what is due at once goes out at once.

Only a wake-up: if nobody hears it, the sweep finds the rows at its next turn.
"""

from __future__ import annotations

from django.db import transaction

from notifications.signals import messages_due


def wake_after_commit() -> None:
    """Let what was just written go out as soon as it is committed."""
    transaction.on_commit(wake)


def wake() -> None:
    """Let what is due go out now. Who is woken may fail, and says so in the log; whoever wakes goes on."""
    messages_due.send_robust(sender=None)
