"""When the day of a queue is over, and with it what can be done to its tokens, and their links."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from queueing.models import Queue
from queueing.selectors.queues import with_places
from scheduling.clock import day_bounds
from scheduling.models import Location

AFTER_MIDNIGHT = timedelta(hours=4)
"""A session may run past midnight; by then it is over."""


def is_over(queue: Queue, now: datetime) -> bool:
    """Whether a queue's day has ended where it is held."""
    return now >= day_is_over_at(queue.day, queue.location)


def day_is_over_at(day: date, location: Location) -> datetime:
    """When a day at a location counts as over."""
    return day_bounds(day, location.zone)[1] + AFTER_MIDNIGHT


def left_open() -> list[Queue]:
    """Queues of days that are over and that nobody closed."""
    now = timezone.now()
    return [queue for queue in with_places(Queue.objects.filter(closed_at=None)) if is_over(queue, now)]


def count_left_open() -> int:
    """How many there are."""
    return len(left_open())
