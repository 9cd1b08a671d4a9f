"""Monitoring learns which part is not well, and nothing about people."""

from __future__ import annotations

import io
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.models import SweepRun
from testing.redis_server import RedisServer


@pytest.fixture
def working(db):
    """Every sweep has run."""
    call_command("worker", "--once", stdout=io.StringIO())


def parts(client):
    answer = client.get("/health/")
    return answer.status_code, answer.json()["parts"]


@pytest.mark.django_db
def test_a_process_that_lives_says_so_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/health/live/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_all_is_well(client, working):
    status, found = parts(client)
    assert status == 200
    assert all(part["ok"] for part in found.values())
    assert set(found) == {"database", "migrations", "cache", "sweeps"}


@pytest.mark.django_db
def test_work_that_never_began_is_late(client):
    status, found = parts(client)
    assert status == 503
    assert "expire_overdue" in found["sweeps"]["late"]


def test_a_dead_worker_is_named_after_a_minute(client, working):
    SweepRun.objects.filter(name="expire_overdue").update(due_at=timezone.now() - timedelta(seconds=59))
    assert parts(client)[0] == 200
    SweepRun.objects.filter(name="expire_overdue").update(due_at=timezone.now() - timedelta(seconds=61))
    status, found = parts(client)
    assert status == 503
    assert found["sweeps"]["late"] == ["expire_overdue"]


def test_a_long_run_under_way_is_not_late(client, working):
    now = timezone.now()
    SweepRun.objects.filter(name="generate_slots").update(
        due_at=now - timedelta(minutes=5), claimed_until=now + timedelta(minutes=5)
    )
    assert parts(client)[0] == 200


def test_a_job_that_keeps_failing_is_named_but_not_quoted(client, working):
    SweepRun.objects.filter(name="seal_audit_trail").update(failures=2, error="patient Ann Example is unlucky")
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["parts"]["sweeps"]["failing"] == ["seal_audit_trail"]
    assert "Ann" not in answer.content.decode()


def test_a_migration_that_was_not_applied_is_noticed(client, working):
    MigrationRecorder.Migration.objects.filter(app="accounts").delete()
    status, found = parts(client)
    assert status == 503
    assert found["migrations"]["waiting"] >= 1


def test_redis_going_away_is_noticed_and_coming_back_too(client, working, settings):
    server = RedisServer().start()
    try:
        settings.CACHES = {"default": {"BACKEND": "config.caches.ExpendableRedisCache", "LOCATION": server.url}}
        assert parts(client)[0] == 200
        server.stop()
        status, found = parts(client)
        assert status == 503
        assert not found["cache"]["ok"]
        server.start()
        deadline = time.monotonic() + 5
        while parts(client)[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        server.remove()


def test_nobody_posts_to_it(client):
    assert client.post("/health/live/").status_code == 405
