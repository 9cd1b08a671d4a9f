"""Between the clock on a location's wall and the instants that are stored. Pure; knows no database.

Twice a year a wall clock is no line: an hour is missing, another one comes twice. PEP 495 tells the two readings of
a repeated time apart by `fold`; here the first (fold=0) always counts. Zones shift by other amounts than an hour
(Lord Howe: 30 minutes), at other times than at night, and even at midnight, so nothing here assumes any of that.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""The days that can be reckoned with: at the ends of `date` even tomorrow, or another zone, is out of range."""


def instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The UTC instant of a naive wall-clock time; the first one if it comes twice, None if it never comes.

    A missing time shows by the round trip: converted to UTC and back it reads differently (PEP 495).
    """
    utc = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return utc if utc.astimezone(zone).replace(tzinfo=None) == wall else None


def boundary(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant at which something that starts or ends at this wall time does so.

    Like `instant`, but a time inside the missing hour means the moment at which the clock jumps over it.
    """
    found = instant(wall, zone)
    return found if found is not None else _moment_of_jump(wall, zone)


def _moment_of_jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clock jumps over this missing time: found by halving, to the minute.

    Read with fold=1 a missing time lies before the jump, with fold=0 after it.
    """
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    offset = after.astimezone(zone).utcoffset()
    while after - before > _MINUTE:
        middle = before + ((after - before) // 2 // _MINUTE or 1) * _MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first UTC instant of a local day and the first of the next: 23, 24 or 25 hours apart, or odder.

    Use it wherever rows are asked for by day: `starts_at__gte=start, starts_at__lt=end`. A day out of reach counts as
    the nearest that can be reckoned with, so that nobody breaks a page by asking for the year 9999.
    """
    day = within_reach(day)
    return boundary(datetime.combine(day, time.min), zone), boundary(
        datetime.combine(day + timedelta(days=1), time.min), zone
    )


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The date on the wall calendar at that instant."""
    return moment.astimezone(zone).date()


def within_reach(day: date) -> date:
    """The day, or the nearest one that can be reckoned with."""
    return min(max(day, FIRST_DAY), LAST_DAY)
