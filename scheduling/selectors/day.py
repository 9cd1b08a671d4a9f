"""The times of one doctor's day as everybody sees them, in one cheap query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from scheduling.clock import local_date, within_reach
from scheduling.selectors.seats import moment_of

FURTHEST_ZONE = timedelta(hours=27)
"""A local day lies within this much of the same day in UTC, whatever the zone and its clock changes."""


@dataclass(frozen=True, slots=True)
class Wall:
    """Where a time is read off: the clock of its location."""

    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class DayTime:
    """A slot, as far as a list of times shows it; the same names as of `Slot`."""

    pk: int
    starts_at: datetime
    location: Wall
    is_free: bool
    is_own: bool = False


# Read once for each change while pages look on, so put together by hand like `selectors/seats.py: glance_at`; a test
# holds it against `selectors/availability.py: slots_on`, which says the same of any search.
_TIMES = """
SELECT slot.id, slot.starts_at, location.time_zone, location.lead_minutes,
       slot.capacity - slot.taken
       + (SELECT COUNT(*) FROM scheduling_hold hold WHERE hold.slot_id = slot.id AND hold.expires_at <= %(now)s)
       + (SELECT COUNT(*) FROM scheduling_appointment pending
          WHERE pending.slot_id = slot.id AND pending.status = 'pending' AND pending.expires_at <= %(now)s)
  FROM scheduling_slot slot
  JOIN scheduling_doctor doctor ON doctor.id = slot.doctor_id
  JOIN scheduling_location location ON location.id = slot.location_id
 WHERE slot.doctor_id = %(doctor)s AND slot.starts_at >= %(first)s AND slot.starts_at < %(last)s
   AND slot.is_open AND doctor.is_active AND location.is_active
   AND (CAST(%(location)s AS bigint) IS NULL OR slot.location_id = %(location)s)
 ORDER BY slot.starts_at
"""


def day_times(*, doctor_id: int, day: date, location_id: int | None = None) -> list[DayTime]:
    """The slots on offer that begin on a local day, in order; as `slots_on` finds them, free or not."""
    now = timezone.now()
    midnight = datetime.combine(within_reach(day), time.min, tzinfo=UTC)
    stored = connection.ops.adapt_datetimefield_value
    asked = {
        "now": stored(now),
        "doctor": doctor_id,
        "location": location_id,
        "first": stored(midnight - FURTHEST_ZONE),
        "last": stored(midnight + timedelta(days=1) + FURTHEST_ZONE),
    }
    found: list[DayTime] = []
    with connection.cursor() as cursor:
        cursor.execute(_TIMES, asked)
        for pk, starts_at, zone_name, lead, free in cursor.fetchall():
            moment, zone = moment_of(starts_at), ZoneInfo(zone_name)
            if local_date(moment, zone) == day and moment > now + timedelta(minutes=lead):
                found.append(DayTime(pk=pk, starts_at=moment, location=Wall(zone), is_free=free > 0))
    return found
