"""The audit trail: who did what, written by the database itself.

Triggers (see `accounts/audit_triggers.py`) write one `AuditEntry` for every insert, update and delete of an
audited table, in the same transaction. This module tells them who acts and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Ascription:
    """What the triggers write beside each change."""

    actor: str
    verb: str
    address: str


_current: ContextVar[Ascription | None] = ContextVar("audit_ascription", default=None)


def current() -> Ascription | None:
    """What the running transaction is ascribed to, if anything."""
    return _current.get()


@contextmanager
def recorded(actor: Actor, verb: str) -> Iterator[None]:
    """One transaction whose changes the audit trail ascribes to `actor` doing `verb`.

    `verb` is `noun.verb`, such as `appointment.book`. Inside another `recorded` block the outer one stays
    in force: the trail names what the person did, not the steps it took.
    """
    if _current.get() is not None and connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    token = _current.set(Ascription(actor=actor.label, verb=verb, address=actor.address))
    try:
        with transaction.atomic():
            _tell_database(Ascription(actor=actor.label, verb=verb, address=actor.address))
            yield
    finally:
        _current.reset(token)


def _tell_database(ascription: Ascription) -> None:
    """Tell PostgreSQL for this transaction; on SQLite the triggers call `current` themselves."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('frontdesk.actor', %s, true), set_config('frontdesk.verb', %s, true), "
            "set_config('frontdesk.address', %s, true)",
            [ascription.actor, ascription.verb, ascription.address],
        )
