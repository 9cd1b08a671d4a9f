"""Brings the embedded clinic up: its database, the demo in it, and the words that say where to look."""

from __future__ import annotations

import io
import os
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User

SIGN_INS = "sign_ins.txt"


def migrate_if_needed() -> bool:
    """Bring the database to the state the code expects; returns whether there was anything to do."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def fill_if_empty() -> bool:
    """Load the demo clinic into a database that nobody uses yet; returns whether it did."""
    if User.objects.exists() or "demo" not in get_commands():
        return False
    said = io.StringIO()
    call_command("demo", stdout=said)
    _keep(said.getvalue())
    return True


def sign_ins() -> str:
    """What the demo said about who can sign in; empty when the clinic is nobody's demo."""
    kept = _sign_ins_file()
    return kept.read_text() if kept.exists() else ""


def _keep(words: str) -> None:
    """Only the owner may read it: there are passwords in it."""
    descriptor = os.open(_sign_ins_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as kept:
        kept.write(words)


def _sign_ins_file() -> Path:
    """Beside the database it belongs to."""
    name = settings.DATABASES["default"]["NAME"]
    folder = settings.STATE_DIR if settings.DATABASE_URL else Path(name).parent
    return Path(folder) / SIGN_INS
