"""Monitoring learns which part is not well, and nothing about people."""

from __future__ import annotations

import io
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.models import SweepRun, Worker
from accounts.services.workers import note_beat
from notifications.states import ChannelName
from notifications.tests.factories import message
from payments.models import Payment, Refund, WebhookEvent
from payments.states import EventStatus, ProviderName, RefundReason
from payments.tests.factories import paid_in_cash
from scheduling.tests.factories import book
from testing.redis_server import RedisServer


@pytest.fixture
def working(db):
    """Every sweep has run, and a worker is there."""
    call_command("worker", "--once", stdout=io.StringIO())
    note_beat(name="clinic-1")


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
    of_money = {"webhooks", "payments", "refunds"}
    assert set(found) == {"database", "migrations", "cache", "sweeps", "messages", "gateways", "worker"} | of_money


@pytest.mark.django_db
def test_a_clinic_without_any_worker_is_not_well(client):
    found = parts(client)[1]["worker"]
    assert (found["ok"], found["seconds_since_sign_of_work"]) == (False, None)


def test_workers_that_take_nothing_up_are_named_within_two_minutes_though_they_live(client, working):
    Worker.objects.update(beat_at=timezone.now() - timedelta(seconds=85))
    assert parts(client)[0] == 200
    Worker.objects.update(beat_at=timezone.now() - timedelta(seconds=95))
    status, found = parts(client)
    assert status == 503
    assert not found["worker"]["ok"]
    assert 95 <= found["worker"]["seconds_since_sign_of_work"] < 120


def test_one_worker_that_works_is_enough(client, working):
    Worker.objects.create(name="clinic-2", beat_at=timezone.now() - timedelta(hours=1))
    assert parts(client)[0] == 200


def test_the_embedded_server_needs_no_worker(client, working, settings):
    settings.EMBEDDED = True
    Worker.objects.all().delete()
    status, found = parts(client)
    assert status == 200
    assert "worker" not in found


def test_what_is_still_due_is_told(client, working):
    SweepRun.objects.filter(name="expire_overdue").update(backlog=7)
    assert parts(client)[1]["sweeps"]["backlog"] == {"expire_overdue": 7}


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


def test_an_outbox_that_nobody_empties_is_named_within_two_minutes(client, working):
    for _turn in range(3):
        message(due_at=timezone.now() - timedelta(seconds=100))
    status, found = parts(client)
    assert status == 503
    assert found["messages"]["overdue"] == 3
    assert found["gateways"]["ok"]


def test_a_gateway_that_refuses_everything_is_named(client, working):
    for _turn in range(2):
        message(channel=ChannelName.SMS, attempts=1, try_at=timezone.now() + timedelta(seconds=20), error="no answer")
    status, found = parts(client)
    assert status == 503
    assert found["gateways"]["failing"] == ["sms"]
    assert found["messages"]["ok"]


def test_money_that_does_not_go_on_is_named_within_two_minutes(client, working):
    payment = paid_in_cash(book())
    long_ago = timezone.now() - timedelta(seconds=115)
    Payment.objects.filter(pk=payment.pk).update(provider=ProviderName.STRIPE)
    Refund.objects.create(payment=payment, amount=1, reason=RefundReason.CLINIC, try_at=long_ago)
    WebhookEvent.objects.create(provider="stripe", event_id="evt_1", kind="odd", payload={}, error="fault: KeyError")
    unknown = {"status": EventStatus.FAILED, "error": "unknown_payment"}
    WebhookEvent.objects.create(provider="stripe", event_id="evt_2", kind="odd", payload={}, **unknown)
    Payment.objects.create(
        appointment=payment.appointment,
        location=payment.location,
        provider=ProviderName.STRIPE,
        amount=1,
        currency="GBP",
        ask_at=long_ago,
    )
    status, found = parts(client)
    assert status == 503
    assert (found["refunds"]["ok"], found["refunds"]["stuck"]) == (False, 1)
    assert (found["webhooks"]["ok"], found["webhooks"]["waiting"], found["webhooks"]["refused"]) == (False, 1, 1)
    assert (found["payments"]["ok"], found["payments"]["overdue"]) == (False, 1)
    Refund.objects.update(try_at=timezone.now(), attempts=2, error="busy")
    assert parts(client)[1]["refunds"]["ok"], "it may be a moment's trouble"
    Refund.objects.update(attempts=3)
    assert not parts(client)[1]["refunds"]["ok"]


def test_nobody_posts_to_it(client):
    assert client.post("/health/live/").status_code == 405
