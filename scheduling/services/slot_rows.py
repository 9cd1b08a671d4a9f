"""Writing slots by the thousand: one statement for a doctor's season, without a model instance per row.

Measured on 289,800 slots, this is several times as fast as `bulk_create`, and it is the slots' guard in the database
that costs the most of what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Max

from scheduling.models import Slot
from scheduling.recurrence import Period

_COLUMNS = "doctor_id, location_id, starts_at, ends_at, capacity, taken, is_open, availability_id, batch_id"


def insert_slots(
    periods: Sequence[Period],
    *,
    doctor_id: int,
    location_id: int,
    capacity: int,
    availability_id: int | None = None,
    batch_id: int | None = None,
) -> list[int]:
    """Insert open slots at these periods and return their ids. Call with the doctor locked.

    Conflicts are passed over: should somebody have written past the lock, their slot stays and ours is left out.
    (SQLite passes over the same start only; the transaction there lets nobody else write in between.)
    """
    if not periods:
        return []
    shared = (doctor_id, location_id, capacity, availability_id, batch_id)
    return _insert_on_postgresql(periods, shared) if connection.vendor == "postgresql" else _insert(periods, shared)


_Shared = tuple[int, int, int, int | None, int | None]


def _insert_on_postgresql(periods: Sequence[Period], shared: _Shared) -> list[int]:
    doctor_id, location_id, capacity, availability_id, batch_id = shared
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO scheduling_slot ({_COLUMNS}) "  # noqa: S608 - a constant of this module
            "SELECT %s, %s, starts_at, ends_at, %s, 0, true, %s::bigint, %s::bigint "
            "FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS period (starts_at, ends_at) "
            "ON CONFLICT DO NOTHING RETURNING id",
            [
                doctor_id,
                location_id,
                capacity,
                availability_id,
                batch_id,
                [period.starts_at for period in periods],
                [period.ends_at for period in periods],
            ],
        )
        return [row[0] for row in cursor.fetchall()]


def _insert(periods: Sequence[Period], shared: _Shared) -> list[int]:
    doctor_id, location_id, capacity, availability_id, batch_id = shared
    stored = connection.ops.adapt_datetimefield_value
    before = Slot.objects.aggregate(last=Max("pk"))["last"] or 0
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT OR IGNORE INTO scheduling_slot ({_COLUMNS}) "  # noqa: S608 - a constant of this module
            "VALUES (%s, %s, %s, %s, %s, 0, 1, %s, %s)",
            [
                (
                    doctor_id,
                    location_id,
                    stored(period.starts_at),
                    stored(period.ends_at),
                    capacity,
                    availability_id,
                    batch_id,
                )
                for period in periods
            ],
        )
    return list(Slot.objects.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True))
