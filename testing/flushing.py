"""Emptying test databases whose tables refuse to be emptied, and doing it quickly.

Transactional tests end with a flush. Django's truncates every table and then lets `post_migrate` make content types and
permissions again, which takes longer than most tests; and the audit trail refuses it, rightly. So the first flush of a
process goes this long way, with all triggers dropped before; `post_migrate` puts them back. What it leaves is
remembered: triggers, guards, and the rows that Django wrote. As long as all that is still as it was, a flush only
deletes the rows of the other tables, while triggers are kept from firing. A test that changed any of it is followed by
the long way again, and so is every test on a database whose user may not keep triggers from firing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import ProgrammingError, connection, transaction
from django.test import TransactionTestCase

Rows = list[tuple[Any, ...]]

_TRIGGERS = {
    "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT quote_ident(tgname), tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
}
# Whatever is put back by `post_migrate`: a test may have taken it out, or have put another in its place.
_INSTALLED = {
    "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": (
        "SELECT oid, tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal "
        "UNION ALL SELECT oid, conname, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE contype = 'x' "
        "ORDER BY 1"
    ),
}


@dataclass
class _AfterAFlush:
    """What the long way left in the database."""

    installed: Rows
    written: dict[str, Rows]  # by table: content types and permissions
    others: list[str]  # tables that are empty

    def still_holds(self) -> bool:
        return _rows(_INSTALLED[connection.vendor]) == self.installed and all(
            _rows_of(table) == rows for table, rows in self.written.items()
        )


_left: dict[str, _AfterAFlush | None] = {}  # by database


def allow_flush() -> None:
    """Make the teardown of transactional tests flush as told above."""
    long_way = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def flush(case: TransactionTestCase, *args: Any) -> None:
        name = str(connection.settings_dict["NAME"])
        left = _left.get(name)
        if left is not None and left.still_holds():
            _delete_rows(left.others)
            return
        drop_triggers()
        long_way(case, *args)
        _left[name] = _remember() if _may_keep_triggers_still() else None

    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]


def drop_triggers() -> None:
    """Drop every trigger of the test database."""
    assert "test" in str(connection.settings_dict["NAME"]), "only ever in a test database"
    on_table = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for name, table, *_text in _rows(_TRIGGERS[connection.vendor]):
            cursor.execute(f"DROP TRIGGER {name} ON {table}" if on_table else f'DROP TRIGGER "{name}"')


def _remember() -> _AfterAFlush:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    found = {table: _rows_of(table) for table in tables}
    return _AfterAFlush(
        installed=_rows(_INSTALLED[connection.vendor]),
        written={table: rows for table, rows in found.items() if rows},
        others=[table for table, rows in found.items() if not rows],
    )


def _delete_rows(tables: list[str]) -> None:
    assert "test" in str(connection.settings_dict["NAME"]), "only ever in a test database"
    if connection.vendor == "postgresql":
        _delete_on_postgresql(tables)
    else:
        _delete_on_sqlite(tables)


def _delete_on_postgresql(tables: list[str]) -> None:
    """Waits, as truncating does, for transactions that a test left open."""
    names = [connection.ops.quote_name(table) for table in tables]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("; ".join(f"DELETE FROM {name}" for name in names))


def _delete_on_sqlite(tables: list[str]) -> None:
    """No trigger can be kept still here, so they go and come back, in one transaction."""
    triggers = _rows(_TRIGGERS["sqlite"])
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        drop_triggers()
        for table in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        for _name, _table, text in triggers:
            cursor.execute(text)


def _may_keep_triggers_still() -> bool:
    if connection.vendor != "postgresql":
        return True
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
    except ProgrammingError:
        return False
    return True


def _rows(query: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _rows_of(table: str) -> Rows:
    return _rows(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
