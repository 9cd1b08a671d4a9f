"""Brings the embedded clinic up: its database, the demo in it, and the words that say where to look."""

from __future__ import annotations

import io
import os
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import audit_triggers
from accounts.models import User
from scheduling import database_guards

ADDRESS = "{address}"
"""Stands in the kept words for the address of the site: tomorrow it may be another port."""


def migrate_if_needed() -> bool:
    """Bring the database to the state the code expects; returns whether there was anything to do.

    Triggers and guards belong to that state, and a newer version may write them anew without any migration.
    """
    executor = MigrationExecutor(connection)
    is_whole = not audit_triggers.missing(connection) and not database_guards.missing(connection)
    if is_whole and not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def fill_if_empty() -> str:
    """Load the demo clinic into a database that nobody uses yet; returns what was made, in words, if anything was.

    Who can sign in is kept for `sign_ins`.
    """
    if User.objects.exists():
        return ""
    said = io.StringIO()
    call_command("demo", if_empty=True, stdout=said)
    made, _, who = said.getvalue().partition("\n\n")
    if who:
        _keep(who.replace(settings.BASE_URL, ADDRESS))
    return made.strip()


def sign_ins() -> str:
    """What the demo said about who can sign in; empty when the clinic is nobody's demo."""
    kept = _sign_ins_file()
    return kept.read_text().replace(ADDRESS, settings.BASE_URL) if kept.exists() else ""


def _keep(words: str) -> None:
    """Only the owner may read it: there are passwords in it."""
    descriptor = os.open(_sign_ins_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as kept:
        kept.write(words)


def _sign_ins_file() -> Path:
    """Beside the embedded database it belongs to."""
    folder = settings.STATE_DIR if settings.DATABASE_URL else Path(settings.DATABASES["default"]["NAME"]).parent
    return Path(folder) / "sign_ins.txt"
