"""Which claims on seats still count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from scheduling.models import Appointment, Hold
from scheduling.states import AppointmentStatus

LARGEST_KEY = 2**63 - 1
"""What fits into the column of a primary key."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What decides early whether a seat of a slot can be had.

    `is_offered`: open, with doctor and location active. `overdue`: some claim on it ran out and nobody lapsed it yet.
    `own_hold`: the token of the live hold that whoever asks already has on it, if any. Times are in UTC.
    """

    slot_id: int
    doctor_id: int
    taken: int
    capacity: int
    is_offered: bool
    starts_at: datetime
    ends_at: datetime
    lead_minutes: int
    hold_minutes: int
    overdue: bool
    own_hold: str | None


# One constant statement: everybody who presses a time runs it, and putting it together anew from models would take ten
# times as long as asking it.
_GLANCE = """
SELECT slot.id, slot.doctor_id, slot.taken, slot.capacity,
       slot.is_open AND doctor.is_active AND location.is_active,
       slot.starts_at, slot.ends_at, location.lead_minutes, location.hold_minutes,
       EXISTS (SELECT 1 FROM scheduling_hold hold WHERE hold.slot_id = slot.id AND hold.expires_at <= %(now)s)
       OR EXISTS (SELECT 1 FROM scheduling_appointment pending
                  WHERE pending.slot_id = slot.id AND pending.status = 'pending' AND pending.expires_at <= %(now)s),
       (SELECT own.token FROM scheduling_hold own
        WHERE own.slot_id = slot.id AND own.holder = %(holder)s AND own.holder <> '' AND own.expires_at > %(now)s)
  FROM scheduling_slot slot
  JOIN scheduling_doctor doctor ON doctor.id = slot.doctor_id
  JOIN scheduling_location location ON location.id = slot.location_id
 WHERE slot.id = %(slot)s
"""


def glance_at(slot_id: int, *, holder: str = "") -> Glance | None:
    """What `Glance` promises of one slot, in one cheap query; None if there is no such slot."""
    if not 0 < slot_id <= LARGEST_KEY:
        return None
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_GLANCE, {"now": now, "holder": holder, "slot": slot_id})
        row = cursor.fetchone()
    if row is None:
        return None
    pk, doctor_id, taken, capacity, offered, starts_at, ends_at, lead, hold, overdue, own = row
    return Glance(
        slot_id=pk,
        doctor_id=doctor_id,
        taken=taken,
        capacity=capacity,
        is_offered=bool(offered),
        starts_at=moment_of(starts_at),
        ends_at=moment_of(ends_at),
        lead_minutes=lead,
        hold_minutes=hold,
        overdue=bool(overdue),
        own_hold=own,
    )


def moment_of(value: datetime) -> datetime:
    """A time as the database gives it to a plain cursor; SQLite leaves out that it is UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def overdue_holds() -> QuerySet[Hold]:
    """Holds that ran out."""
    return Hold.objects.filter(expires_at__lte=timezone.now())


def overdue_pending() -> QuerySet[Appointment]:
    """Pending appointments that nobody confirmed in time."""
    return Appointment.objects.filter(status=AppointmentStatus.PENDING, expires_at__lte=timezone.now())


def count_overdue() -> int:
    """How many holds and pending appointments ran out and were not ended yet."""
    return overdue_holds().count() + overdue_pending().count()


def overdue_slot_ids() -> set[int]:
    """Slots with a claim that ran out but was not lapsed yet; nearly always none."""
    holds = overdue_holds().order_by().values_list("slot_id", flat=True)
    pending = overdue_pending().filter(slot__isnull=False).order_by().values_list("slot_id", flat=True)
    return {slot_id for slot_id in holds.union(pending) if slot_id is not None}


def live_hold(token: str) -> Hold | None:
    """The hold with this token, with its slot, doctor and location, while it counts."""
    return (
        Hold.objects.select_related("slot__doctor__specialty", "slot__location")
        .filter(token=token, expires_at__gt=timezone.now())
        .first()
    )
