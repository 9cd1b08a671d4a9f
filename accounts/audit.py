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
_ambient: ContextVar[Ascription | None] = ContextVar("audit_ambient", default=None)
UNKNOWN = Ascription(actor="database", verb="database.write", address="")
"""Somebody writes without saying who: a shell, or raw SQL."""


def current() -> Ascription | None:
    """What the running transaction is ascribed to, if anything."""
    return _current.get()


def ascription() -> Ascription:
    """What SQLite's triggers write: the running transaction's, else the request's, else nobody known."""
    return _current.get() or _ambient.get() or UNKNOWN


@contextmanager
def ascribed(actor: Actor, verb: str) -> Iterator[None]:
    """Ascribe the writes of code that is not ours (allauth, the admin's own saves) without opening a transaction.

    A `recorded` block inside wins over it.
    """
    ambient = Ascription(actor=actor.label, verb=verb, address=actor.address)
    token = _ambient.set(ambient)
    _tell_database(ambient, transaction_only=False)
    try:
        yield
    finally:
        _ambient.reset(token)
        if connection.connection is not None and not connection.needs_rollback:
            _tell_database(Ascription(actor="", verb="", address=""), transaction_only=False)


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
            _tell_database(Ascription(actor=actor.label, verb=verb, address=actor.address), transaction_only=True)
            yield
    finally:
        _current.reset(token)


def _tell_database(told: Ascription, *, transaction_only: bool) -> None:
    """Tell PostgreSQL for this transaction or this session; SQLite's triggers call `ascription` themselves."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('frontdesk.actor', %s, %s), set_config('frontdesk.verb', %s, %s), "
            "set_config('frontdesk.address', %s, %s)",
            [told.actor, transaction_only, told.verb, transaction_only, told.address, transaction_only],
        )
