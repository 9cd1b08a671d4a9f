"""What the database itself refuses: overlapping slots of a doctor, and a patient in two places at once.

PostgreSQL guards with exclusion constraints, SQLite with triggers that abort. Either way the write fails with an
`IntegrityError` that names the guard (`violated` tells which). They are installed after every migrate, because a
migration that remakes a table on SQLite drops its triggers without a word; a system check notices missing ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from scheduling.states import ACTIVE

SLOT_OVERLAP = "slot_overlap"
"""Two slots of one doctor overlap."""

PATIENT_BUSY = "appointment_patient_busy"
"""One patient is in two overlapping active appointments."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Rows of `table` with the same `owner` never overlap in time, as far as `condition` holds for them."""

    name: str
    table: str
    owner: str
    condition: str
    further_columns: tuple[str, ...] = ()

    def exclusion(self) -> str:
        """The constraint on PostgreSQL. Ranges of one number stand in for the contrib extension btree_gist."""
        return (
            f"EXCLUDE USING gist (int8range({self.owner}, {self.owner}, '[]') WITH &&, "
            f"tstzrange(starts_at, ends_at) WITH &&) WHERE ({self.condition.format(row='')})"
        )

    def triggers(self) -> dict[str, str]:
        """The triggers on SQLite, by name.

        As no two guarded rows overlap, only the last one that starts before the new one ends can be in its way:
        one step in the index (owner, starts_at), however full the calendar is. Rows with the very same start are
        left to the unique constraint where there is one, so that INSERT OR IGNORE can pass over them.
        """
        same_start = " AND other.starts_at <> NEW.starts_at" if self.name == SLOT_OVERLAP else ""
        last_before_the_end = (
            f"SELECT other.ends_at FROM {self.table} AS other "  # noqa: S608 - names of this module only
            f"WHERE other.{self.owner} = NEW.{self.owner} AND other.starts_at < NEW.ends_at "
            f"AND other.id IS NOT NEW.id{same_start} AND {self.condition.format(row='other.')} "
            "ORDER BY other.starts_at DESC LIMIT 1"
        )
        body = (
            f"ON {self.table} WHEN {self.condition.format(row='NEW.')} "
            f"BEGIN SELECT RAISE(ABORT, '{self.name}') WHERE ({last_before_the_end}) > NEW.starts_at; END"
        )
        followed = [self.owner, "starts_at", "ends_at", *self.further_columns]
        return {
            f"{self.name}_insert": f"CREATE TRIGGER {self.name}_insert BEFORE INSERT {body}",
            f"{self.name}_update": f"CREATE TRIGGER {self.name}_update BEFORE UPDATE OF {', '.join(followed)} {body}",
        }


_ACTIVE_STATES = ", ".join(f"'{state.value}'" for state in sorted(ACTIVE))

GUARDS = (
    Guard(name=SLOT_OVERLAP, table="scheduling_slot", owner="doctor_id", condition="{row}starts_at IS NOT NULL"),
    Guard(
        name=PATIENT_BUSY,
        table="scheduling_appointment",
        owner="patient_id",
        condition="{row}starts_at IS NOT NULL AND {row}ends_at IS NOT NULL "
        f"AND {{row}}status IN ({_ACTIVE_STATES})",
        further_columns=("status",),
    ),
)


def violated(error: IntegrityError, guard: str) -> bool:
    """Whether the write failed because of this guard, on either database."""
    return guard in str(error)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The guards of existing tables that are not in the database, or not as this module writes them."""
    tables = set(connection.introspection.table_names())
    wanted = {
        name: text for guard in GUARDS if guard.table in tables for name, text in _parts(connection, guard).items()
    }
    if not wanted:
        return []
    found = _installed(connection)
    return sorted(name for name, text in wanted.items() if found.get(name) != text)


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Put in what is missing, and say what that was. Does nothing, in two queries, when all is there."""
    names = missing(connection)
    if not names:
        return names
    with connection.cursor() as cursor:
        for guard in GUARDS:
            for name, text in _parts(connection, guard).items():
                if name not in names:
                    continue
                if connection.vendor == "postgresql":
                    cursor.execute(f"ALTER TABLE {guard.table} DROP CONSTRAINT IF EXISTS {name}")
                    cursor.execute(f"ALTER TABLE {guard.table} ADD CONSTRAINT {name} {text}")
                    cursor.execute(f"COMMENT ON CONSTRAINT {name} ON {guard.table} IS %s", [text])
                else:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                    cursor.execute(text)
    return names


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guards out: for the tests that show what happens without them."""
    with connection.cursor() as cursor:
        for guard in GUARDS:
            for name in _parts(connection, guard):
                if connection.vendor == "postgresql":
                    cursor.execute(f"ALTER TABLE {guard.table} DROP CONSTRAINT IF EXISTS {name}")
                else:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def _parts(connection: BaseDatabaseWrapper, guard: Guard) -> dict[str, str]:
    """What makes up the guard on this database: name to definition."""
    return {guard.name: guard.exclusion()} if connection.vendor == "postgresql" else guard.triggers()


def _installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Name to definition of what is installed. On PostgreSQL the definition is kept as the constraint's comment."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT conname, obj_description(oid, 'pg_constraint') FROM pg_constraint "
                "WHERE contype = 'x' AND conrelid::regclass::text = ANY(%s)",
                [[guard.table for guard in GUARDS]],
            )
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {name: text or "" for name, text in cursor.fetchall()}


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Receiver of `post_migrate`."""
    install(connections[using])


def check_guards(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn about missing guards. A warning, because an error would stop the very migrate that puts them in."""
    return [
        Warning(
            f"The database lacks the guard {name}: double bookings would go unnoticed.",
            hint="Run manage.py migrate; it installs the guards again.",
            id="scheduling.W001",
        )
        for alias in databases or []
        for name in missing(connections[alias])
    ]
