"""Chooses the database of a test run, before Django reads its settings.

`pytest` runs on the embedded database, `pytest --database=postgres` on a throw-away PostgreSQL, or on the
one that TEST_DATABASE_URL names.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile

import pytest

from testing.environment import DATABASE_VARIABLE, SCRATCH_VARIABLE
from testing.postgres import NoPostgres, PostgresServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --database."""
    parser.addoption("--database", choices=["sqlite", "postgres"], default="sqlite", help="which database to test on")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Make the folder for files, and start PostgreSQL when it is asked for.

    The workers of pytest-xdist inherit both; they end without a word, so the first process takes all away.
    """
    if SCRATCH_VARIABLE not in os.environ:
        os.environ[SCRATCH_VARIABLE] = tempfile.mkdtemp(prefix="frontdesk-test-")
        atexit.register(shutil.rmtree, os.environ[SCRATCH_VARIABLE], ignore_errors=True)
    if early_config.known_args_namespace.database != "postgres":
        os.environ.pop(DATABASE_VARIABLE, None)
        return
    if DATABASE_VARIABLE in os.environ:
        return
    given = os.environ.get("TEST_DATABASE_URL")
    try:
        os.environ[DATABASE_VARIABLE] = given or _start().url
    except NoPostgres as missing:
        raise pytest.UsageError(str(missing)) from missing


def _start() -> PostgresServer:
    server = PostgresServer()
    atexit.register(server.remove)  # pytest's own hooks do not run when collecting fails early
    return server.start()


def pytest_configure(config: pytest.Config) -> None:
    """Playwright runs an event loop in the test's own thread; Django must not mistake the test for a coroutine."""
    if config.getoption("markexpr") == "browser":
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the other database's run shows."""
    unreasoned = [item.nodeid for item in items for mark in item.iter_markers("once") if not mark.args]
    if unreasoned:
        raise pytest.UsageError(f"say why it shows nothing new on PostgreSQL: {unreasoned[0]}")
    unfit = ["postgres"] if config.getoption("database") == "sqlite" else ["sqlite_only", "once"]
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in unfit)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        unwanted = set(left_out)
        items[:] = [item for item in items if item not in unwanted]


def pytest_collection_finish() -> None:
    """All that was imported stays until the end: let the collector of garbage not look through it again and again."""
    gc.collect()
    gc.freeze()
