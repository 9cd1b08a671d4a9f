"""Which tables the audit trail follows, and what it may store of each.

An app declares its tables in `AppConfig.ready`:

    audited(Patient, personal=("first_name", "phone", ...))

`accounts/audit_triggers.py` turns every declaration into triggers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models

MARKER = "•••"
"""What the trail stores in place of a personal or secret value: that it changed, never what it was. Erasing a
patient must leave no identifier behind, and the trail cannot be edited."""


@dataclass(frozen=True, slots=True)
class AuditedTable:
    """One table of the trail, in the database's words (column names, not field names)."""

    table: str
    primary_key: str
    columns: tuple[str, ...]
    personal: frozenset[str]
    json_columns: frozenset[str]
    updates: tuple[str, ...]
    inserts: bool
    narrowed: bool
    """Whether only some of the columns are followed; their triggers then fire for those alone."""


_tables: dict[str, AuditedTable] = {}


def audited(
    model: type[models.Model],
    *,
    personal: Iterable[str] = (),
    ignored: Iterable[str] = (),
    only_update_of: Iterable[str] = (),
    inserts: bool = True,
) -> None:
    """Follow every insert, update and delete of `model`'s table from the next `migrate` on.

    `personal` fields are stored as a marker instead of their values; `ignored` fields not at all. With
    `only_update_of`, updates of other fields go unnoticed; with `inserts=False`, new rows do.
    """
    fields = {field.name: field for field in model._meta.local_concrete_fields}
    left_out = set(ignored)
    followed = [field for name, field in fields.items() if name not in left_out]
    narrowed = tuple(fields[name].column for name in only_update_of)
    columns = tuple(field.column for field in followed)
    _tables[model._meta.db_table] = AuditedTable(
        table=model._meta.db_table,
        primary_key=_primary_key(model).column,
        columns=columns,
        personal=frozenset(fields[name].column for name in personal),
        json_columns=frozenset(field.column for field in followed if isinstance(field, models.JSONField)),
        updates=narrowed or columns,
        inserts=inserts,
        narrowed=bool(narrowed),
    )


def _primary_key(model: type[models.Model]) -> models.Field:
    """The column that names the row in the trail."""
    key = model._meta.pk
    assert key is not None  # every concrete model has one
    return key


def audited_tables() -> tuple[AuditedTable, ...]:
    """Every table an app has declared."""
    return tuple(_tables.values())
