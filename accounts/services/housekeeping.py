"""Clears away what nobody will ask for again: ended sessions and old counters of attempts."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import AttemptCounter

COUNTERS_KEPT = timedelta(days=2)


def clear_expired(*, actor: Actor, dry_run: bool = False) -> int:
    """Delete ended sessions and counters older than two days; returns how many counters went, or would go."""
    old = AttemptCounter.objects.filter(window_start__lt=timezone.now() - COUNTERS_KEPT)
    if dry_run:
        return old.count()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    deleted, _ = old.delete()
    return deleted
