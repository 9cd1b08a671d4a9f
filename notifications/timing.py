"""When a message is due: before a visit, and outside the quiet hours. Pure; knows no database.

Whole days before a visit are reckoned on the clock of the location: the day before a visit at nine is nine, also where
the clock changes in between. Everything else is time that really passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from notifications.defaults import DAY
from notifications.states import NotSent
from scheduling.clock import boundary, local_date

BEFORE_QUIET: Final = timedelta(minutes=15)
"""So long before the quiet hours goes out what would fall into them: with time to try again."""

NOTICE: Final = timedelta(minutes=30)
"""A reminder that waits for the end of the quiet hours must leave that much until the visit."""


class Timing(NamedTuple):
    """When a message is due and until when it makes sense; `why_not` where it is not sent at all."""

    due_at: datetime
    not_after: datetime
    why_not: NotSent | None = None


class Waits(Enum):
    """Whether news waits for the end of the quiet hours."""

    NEVER = "never"
    IF_IN_TIME = "if that is in time"
    OR_IS_DROPPED = "or is dropped"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when to when, on the clock of a location, no phone should ring. The same time twice: never."""

    begin: time
    end: time
    zone: ZoneInfo

    def around(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """When the quiet hours in which `moment` lies begin and end; None if it lies in none."""
        if self.begin == self.end:
            return None
        today = local_date(moment, self.zone)
        for day in (today - timedelta(days=1), today):
            last = day if self.begin < self.end else day + timedelta(days=1)
            begin = boundary(datetime.combine(day, self.begin), self.zone)
            end = boundary(datetime.combine(last, self.end), self.zone)
            if begin <= moment < end:
                return begin, end
        return None


def next_allowed(moment: datetime, quiet: QuietHours) -> datetime:
    """The moment, or the end of the quiet hours in which it lies."""
    bounds = quiet.around(moment)
    return bounds[1] if bounds else moment


def before_visit(starts_at: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """So long before the visit; whole days on the clock of the location."""
    days, rest = divmod(minutes, DAY)
    if rest:
        return starts_at - timedelta(minutes=minutes)
    wall = starts_at.astimezone(zone).replace(tzinfo=None, fold=0)
    return boundary(wall - timedelta(days=days), zone)


def when_reminded(*, starts_at: datetime, minutes: int, now: datetime, quiet: QuietHours) -> Timing | None:
    """When a reminder of a visit that is known of since `now` is due; None if its moment has passed by then.

    In the quiet hours it comes earlier, just before they begin, if that is still ahead; else when they end, if that
    leaves time until the visit; else not at all.
    """
    due_at = before_visit(starts_at, minutes, quiet.zone)
    if due_at <= now:
        return None
    bounds = quiet.around(due_at)
    if bounds is None:
        return _reminder(due_at, starts_at)
    begin, end = bounds
    if begin - BEFORE_QUIET > now:
        return _reminder(begin - BEFORE_QUIET, starts_at)
    if starts_at - end >= NOTICE:
        return _reminder(end, starts_at)
    return Timing(due_at, starts_at, NotSent.QUIET_HOURS)


def _reminder(due_at: datetime, starts_at: datetime) -> Timing:
    """A reminder that is later than half of the time it was to give surprises more than it helps."""
    return Timing(due_at, due_at + (starts_at - due_at) / 2)


def when_told(*, now: datetime, latest: datetime, not_after: datetime, quiet: QuietHours, waits: Waits) -> Timing:
    """When news of `now` is due that should be told at `latest` then: at once, or after the quiet hours."""
    due_at = now if waits == Waits.NEVER else next_allowed(now, quiet)
    if due_at == now or due_at <= latest:
        return Timing(due_at, not_after)
    if waits == Waits.IF_IN_TIME:
        return Timing(now, not_after)
    return Timing(due_at, not_after, NotSent.QUIET_HOURS)
