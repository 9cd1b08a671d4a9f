"""Counting attempts, so that nobody gets to guess without end. `housekeeping.py` clears old counters away."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.errors import TooManyAttempts
from accounts.models import AttemptCounter


def count_attempt(*, subject: str, limit: int, window: timedelta) -> None:
    """Count one more attempt at `subject`; raises TooManyAttempts from the one after `limit` within `window`.

    `subject` is `kind:who`, such as `find:203.0.113.9`; who it is gets stored only as a keyed hash. Call it
    outside a transaction: one that rolls back takes the count with it.
    """
    table = AttemptCounter._meta.db_table
    with connection.cursor() as cursor:
        # One statement: two attempts at the same moment are two attempts.
        cursor.execute(
            f"INSERT INTO {table} (subject, window_start, attempts) VALUES (%s, %s, 1) "  # noqa: S608
            f"ON CONFLICT (subject, window_start) DO UPDATE SET attempts = {table}.attempts + 1 RETURNING attempts",
            [_stored(subject), connection.ops.adapt_datetimefield_value(_start_of(window))],
        )
        (attempts,) = cursor.fetchone()
    if attempts > limit:
        raise TooManyAttempts(wait=_seconds_left(window))


def give_back_attempt(*, subject: str, window: timedelta) -> None:
    """Take back what `count_attempt` counted: it was no guess. Counting first and giving back, instead of looking and
    counting afterwards, leaves no moment in which many guesses at once go uncounted.
    """
    counted = AttemptCounter.objects.filter(subject=_stored(subject), window_start=_start_of(window), attempts__gt=0)
    counted.update(attempts=F("attempts") - 1)


def _start_of(window: timedelta) -> datetime:
    """Windows are laid end to end from the beginning of time, so that every process means the same one."""
    seconds = int(window.total_seconds())
    return datetime.fromtimestamp(int(timezone.now().timestamp()) // seconds * seconds, tz=UTC)


def _seconds_left(window: timedelta) -> int:
    return math.ceil((_start_of(window) + window - timezone.now()).total_seconds())


def _stored(subject: str) -> str:
    kind, _, who = subject.partition(":")
    return f"{kind[:60]}:{salted_hmac('accounts.throttling', who, algorithm='sha256').hexdigest()}"
