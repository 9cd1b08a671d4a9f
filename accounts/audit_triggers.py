"""Puts the audit trail's triggers into the database, and notices when they are gone.

One `AuditEntry` is written for every changed row of a declared table (`accounts/audit_tables.py`), by whichever
program changes it and however (bulk updates and raw SQL too), in the same transaction. An update stores only the
columns it changed, `{"column": [before, after]}`; one that changes nothing followed writes nothing. Personal
columns are stored as a marker, never as values: erasing a person must leave no identifier behind.

The log and its seals are append-only: the database refuses UPDATE and DELETE (and TRUNCATE on PostgreSQL).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Protocol, cast

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts import audit_postgresql, audit_sqlite
from accounts.audit_tables import AuditedTable, audited, audited_tables

__all__ = ["audited", "install", "missing", "uninstall"]


class Dialect(Protocol):
    """What a database's module offers."""

    def triggers(self, table: AuditedTable) -> dict[str, str]: ...
    def guards(self) -> dict[str, str]: ...
    def existing(self, connection: BaseDatabaseWrapper) -> dict[str, str]: ...


def _dialect(connection: BaseDatabaseWrapper) -> Dialect:
    module = audit_postgresql if connection.vendor == "postgresql" else audit_sqlite
    return cast(Dialect, module)


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Every trigger that belongs into the database as its tables are now, by name."""
    dialect = _dialect(connection)
    present = set(connection.introspection.table_names())
    if audit_sqlite.LOG not in present:
        return {}
    wanted = dialect.guards() if audit_sqlite.SEALS in present else {}
    for table in audited_tables():
        if table.table in present:
            wanted |= dialect.triggers(table)
    return wanted


def _unchanged(connection: BaseDatabaseWrapper, found: str | None, text: str) -> bool:
    return found == (_fingerprint(text) if connection.vendor == "postgresql" else text)


def _fingerprint(text: str) -> str:
    """PostgreSQL does not keep a trigger's text, so its comment keeps this."""
    return f"frontdesk {zlib.crc32(text.encode()):08x}"


def install(connection: BaseDatabaseWrapper) -> int:
    """Bring the triggers in line with the declarations; returns how many were made. Safe to repeat."""
    wanted, found = _wanted(connection), _dialect(connection).existing(connection)
    if not wanted:
        return 0
    made = 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(audit_postgresql.FUNCTIONS)
        for name in found.keys() - wanted.keys():
            _drop(connection, name)
        for name, text in wanted.items():
            if not _unchanged(connection, found.get(name), text):
                _drop(connection, name)
                cursor.execute(text)
                _remember(connection, name, text)
                made += 1
    return made


def uninstall(connection: BaseDatabaseWrapper) -> None:
    """Take every audit trigger out. SQLite needs it before a migration remakes a table that triggers name."""
    for name in _dialect(connection).existing(connection):
        _drop(connection, name)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of triggers that should be in the database and are not, or are not as they should be."""
    wanted, found = _wanted(connection), _dialect(connection).existing(connection)
    return sorted(name for name, text in wanted.items() if not _unchanged(connection, found.get(name), text))


def _drop(connection: BaseDatabaseWrapper, name: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
            return
        for table in _tables_with(connection, name):
            cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')


def _remember(connection: BaseDatabaseWrapper, name: str, text: str) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in _tables_with(connection, name):
            cursor.execute(f'COMMENT ON TRIGGER "{name}" ON "{table}" IS \'{_fingerprint(text)}\'')


def _tables_with(connection: BaseDatabaseWrapper, name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname = %s AND relnamespace = current_schema()::regnamespace",
            [name],
        )
        return [row[0] for row in cursor.fetchall()]


def make_way_for_migrations(*, using: str, plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """Before migrations run on SQLite: remaking a table fails while another table's trigger names it."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        uninstall(connection)


def install_after_migrate(*, using: str, **kwargs: Any) -> None:
    """After migrations: SQLite dropped the triggers of every table that was remade."""
    install(connections[using])


def check_triggers(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Say which triggers are missing. A warning, because `migrate`, the remedy, refuses to start on errors."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        names = missing(connections[alias])
        if names:
            found.append(
                Warning(
                    f"The audit trail is not whole: the database lacks {', '.join(names)}.",
                    hint="Run manage.py migrate; it puts them back.",
                    id="accounts.W001",
                )
            )
    return found
