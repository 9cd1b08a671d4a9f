"""Emptying test databases whose tables refuse to be emptied.

Transactional tests end with a flush. The audit trail refuses that, rightly, and writes entries about it. So
in test databases all triggers go first; `post_migrate`, which the flush sends, puts them back.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

_TRIGGERS = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT quote_ident(tgname), tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
}


def allow_flush() -> None:
    """Make the teardown of transactional tests drop the triggers before it flushes."""
    teardown = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def without_triggers(case: TransactionTestCase, *args: Any) -> None:
        drop_triggers()
        teardown(case, *args)

    TransactionTestCase._fixture_teardown = without_triggers  # type: ignore[attr-defined]


def drop_triggers() -> None:
    """Drop every trigger of the test database."""
    assert "test" in str(connection.settings_dict["NAME"]), "only ever in a test database"
    on_table = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS[connection.vendor])
        for name, table in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name} ON {table}" if on_table else f'DROP TRIGGER "{name}"')
