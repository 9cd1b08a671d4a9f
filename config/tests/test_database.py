"""The database of a test run is the one that was asked for, and threads meet in it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from testing.threads import run_together


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgres_is_a_real_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        assert cursor.fetchone()[0].startswith("PostgreSQL")


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_the_embedded_database_writes_ahead():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_threads_write_into_one_database_that_is_emptied_afterwards(turn):
    before = Group.objects.count()
    outcomes = run_together([lambda number=number: Group.objects.create(name=f"group {number}") for number in range(8)])
    assert [outcome.error for outcome in outcomes] == [None] * 8
    assert Group.objects.count() == before + 8
