"""The audit trail's triggers in SQLite's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from accounts import audit
from accounts.audit_tables import MARKER, AuditedTable

LOG = "accounts_auditentry"
SEALS = "accounts_auditseal"


def register_functions(connection: BaseDatabaseWrapper) -> None:
    """Let triggers of this connection ask Python who acts. A program without these functions cannot write."""
    register: Callable[..., Any] = connection.connection.create_function
    register("frontdesk_actor", 0, lambda: audit.ascription().actor)
    register("frontdesk_verb", 0, lambda: audit.ascription().verb)
    register("frontdesk_address", 0, lambda: audit.ascription().address)


def triggers(table: AuditedTable) -> dict[str, str]:
    """The triggers of one audited table, by name."""
    made = {
        f"audit_update_{table.table}": _update(table),
        f"audit_delete_{table.table}": _trigger(table, "DELETE", row="OLD", changes=_changes(table, "OLD.{}", "NULL")),
    }
    if table.inserts:
        made[f"audit_insert_{table.table}"] = _trigger(
            table, "INSERT", row="NEW", changes=_changes(table, "NULL", "NEW.{}")
        )
    return made


def guards() -> dict[str, str]:
    """The triggers that keep the trail and its seals append-only, by name.

    INSERT OR REPLACE deletes a row without firing the trigger for deletions, so a number that is there is refused.
    """
    return {
        f"audit_guard_{action.lower()}_{table}": (
            f'CREATE TRIGGER "audit_guard_{action.lower()}_{table}" BEFORE {action} ON "{table}" {condition}'
            "BEGIN SELECT RAISE(ABORT, 'The audit trail is append-only.'); END"
        )
        for table in (LOG, SEALS)
        for action, condition in (
            ("UPDATE", ""),
            ("DELETE", ""),
            ("INSERT", f'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE "id" = NEW."id") '),  # noqa: S608
        )
    }


def existing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The audit triggers that are in the database, with their text."""
    with connection.cursor() as cursor:
        cursor.execute(
            r"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit\_%' ESCAPE '\'"
        )
        return dict(cursor.fetchall())


def _update(table: AuditedTable) -> str:
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in table.updates)
    columns = ", ".join(f'"{column}"' for column in table.updates)
    return _trigger(
        table,
        "UPDATE",
        row="NEW",
        changes=_changes(table, "OLD.{}", "NEW.{}", columns=table.updates),
        event=f"UPDATE OF {columns}",
        condition=f"WHEN {changed} ",
    )


def _trigger(table: AuditedTable, action: str, *, row: str, changes: str, event: str = "", condition: str = "") -> str:
    return (  # the names come from our own models
        f'CREATE TRIGGER "audit_{action.lower()}_{table.table}" AFTER {event or action} ON "{table.table}" '  # noqa: S608
        f"FOR EACH ROW {condition}BEGIN "
        f'INSERT INTO "{LOG}" ("at", "actor", "verb", "address", "action", "object_type", "object_id", "changes") '
        f"VALUES (strftime('%Y-%m-%d %H:%M:%f', 'now'), frontdesk_actor(), frontdesk_verb(), frontdesk_address(), "
        f"'{action.lower()}', '{table.table}', CAST({row}.\"{table.primary_key}\" AS TEXT), {changes}); END"
    )


def _changes(table: AuditedTable, before: str, after: str, columns: tuple[str, ...] = ()) -> str:
    """A JSON object of the columns that differ. json_patch drops the keys whose value is null: those that do not."""
    pairs = ", ".join(_pair(table, column, before, after) for column in columns or table.columns)
    return f"json_patch('{{}}', json_object({pairs}))"


def _pair(table: AuditedTable, column: str, before: str, after: str) -> str:
    old, new = before.format(f'"{column}"'), after.format(f'"{column}"')
    return (
        f"'{column}', CASE WHEN {old} IS NOT {new} THEN "
        f"json_array({_value(table, column, old)}, {_value(table, column, new)}) END"
    )


def _value(table: AuditedTable, column: str, expression: str) -> str:
    if expression == "NULL":
        return expression
    if column in table.personal:
        return f"CASE WHEN {expression} IS NULL OR {expression} = '' THEN {expression} ELSE '{MARKER}' END"
    if column in table.json_columns:
        return f"json({expression})"
    return expression
