"""Periodic jobs run when due, once at a time, and a failing one stops nobody."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.exceptions import TimeoutException

from accounts.models import SweepRun
from accounts.services.sweeps import claim_sweep, enter_sweeps
from config import sweeps
from config.sweeps import SWEEPS, Sweep, take_turn
from config.tests.world import differences, rows_now
from config.ticker import Ticker
from testing.postgres import PostgresServer
from testing.threads import run_together

GOOD_KEY = "v7Jk2pQx9Lm4Tn8Rw3Zc6Yb1Hd5Gf0SaUeOiKjXq"
calls: list[str] = []


def note(*, actor):
    calls.append(actor.label)
    return 3


def fail(*, actor):
    calls.append("failing")
    raise RuntimeError("the gateway is away")


def dawdle(*, actor):
    calls.append("began")
    time.sleep(0.3)


def never_end(*, actor):
    raise TimeoutException("after 60 seconds")


class Part(int):
    more = True


def do_a_part(*, actor):
    return Part(100)


def count():
    return 4


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def called(*arguments):
    said = io.StringIO()
    call_command(*arguments, stdout=said)
    return said.getvalue()


NOTING = Sweep("noting", 60, f"{__name__}.note")
FAILING = Sweep("failing", 60, f"{__name__}.fail")
DAWDLING = Sweep("dawdling", 60, f"{__name__}.dawdle")


@pytest.fixture(autouse=True)
def _no_calls():
    calls.clear()


def make_due(sweep):
    SweepRun.objects.filter(name=sweep.name).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_every_sweep_of_the_table_names_a_function_that_is_there(sweep):
    assert callable(sweep.load())


@pytest.mark.django_db
@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_every_sweep_runs_on_an_empty_clinic(sweep):
    enter_sweeps(names=[sweep.name])
    take_turn(sweep)
    run = SweepRun.objects.get(name=sweep.name)
    assert (run.error, run.failures) == ("", 0)
    assert run.finished_at is not None


def test_names_are_unique_and_fit_the_books():
    names = [sweep.name for sweep in SWEEPS]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 60


@pytest.mark.django_db
def test_a_due_sweep_runs_as_the_clinic_itself_and_is_entered():
    assert take_turn(NOTING) == 0.0  # the books did not know it
    assert take_turn(NOTING) == 60.0
    assert calls == ["system:noting"]
    run = SweepRun.objects.get(name="noting")
    assert (run.outcome, run.error, run.claimed_until) == ("3", "", None)
    assert timedelta(seconds=55) < run.due_at - timezone.now() <= timedelta(seconds=60)


@pytest.mark.django_db
def test_a_sweep_that_is_not_due_is_left_alone():
    enter_sweeps(names=["noting"])
    take_turn(NOTING)
    assert 1.0 <= take_turn(NOTING) <= 60.0
    assert len(calls) == 1


@pytest.mark.django_db
def test_a_sweep_that_raises_is_entered_and_runs_again_at_its_next_turn():
    enter_sweeps(names=["failing"])
    take_turn(FAILING)
    run = SweepRun.objects.get(name="failing")
    assert run.error == "RuntimeError: the gateway is away"
    assert run.failures == 1
    make_due(FAILING)
    take_turn(FAILING)
    run.refresh_from_db()
    assert run.failures == 2


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
@pytest.mark.django_db
def test_every_sweep_can_be_tried_dry_by_hand(sweep):
    before = rows_now()
    assert called("run_sweep", sweep.name, "--dry-run").startswith(f"{sweep.name} would do: ")
    assert differences(before, rows_now()) == []
    assert not SweepRun.objects.exists()


@pytest.mark.django_db
def test_a_sweep_run_by_hand_runs_before_it_is_due_and_is_entered():
    called("run_sweep", "expire_overdue")
    assert called("run_sweep", "expire_overdue").startswith("expire_overdue: 0, in 0.")
    run = SweepRun.objects.get(name="expire_overdue")
    assert (run.outcome, run.backlog) == ("0", 0)
    assert run.seconds is not None


@pytest.mark.django_db
def test_a_sweep_is_not_run_by_hand_beside_somebody_else():
    enter_sweeps(names=["expire_overdue"])
    assert claim_sweep(name="expire_overdue", at_most=timedelta(seconds=60))
    with pytest.raises(CommandError, match="somebody else"):
        called("run_sweep", "expire_overdue")


@pytest.mark.django_db
def test_a_sweep_that_fails_by_hand_says_so(monkeypatch):
    monkeypatch.setattr(sweeps, "SWEEPS", (Sweep("expire_overdue", 60, FAILING.function),))
    with pytest.raises(CommandError, match="the gateway is away"):
        called("run_sweep", "expire_overdue")


@pytest.mark.django_db
def test_what_is_left_is_counted_after_a_run_that_failed_too():
    enter_sweeps(names=["failing"])
    take_turn(Sweep("failing", 60, FAILING.function, backlog=f"{__name__}.count"))
    assert SweepRun.objects.get(name="failing").backlog == 4


@pytest.mark.django_db
def test_a_backlog_that_cannot_be_counted_spoils_no_run():
    enter_sweeps(names=["noting"])
    take_turn(Sweep("noting", 60, NOTING.function, backlog=f"{__name__}.nowhere"))
    run = SweepRun.objects.get(name="noting")
    assert (run.outcome, run.backlog, run.failures) == ("3", None, 0)


@pytest.mark.django_db(transaction=True)
def test_what_the_workers_alarm_cuts_short_is_entered_and_goes_on_soon():
    enter_sweeps(names=["endless"])
    with pytest.raises(TimeoutException):
        take_turn(Sweep("endless", 86_400, f"{__name__}.never_end"))
    run = SweepRun.objects.get(name="endless")
    assert "cut short" in run.error
    assert (run.failures, run.claimed_until) == (1, None)
    assert run.due_at - timezone.now() <= sweeps.SOON


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_run_a_sweep_once():
    enter_sweeps(names=["dawdling"])
    run_together([lambda: take_turn(DAWDLING)] * 6)
    assert calls == ["began"]


@pytest.mark.django_db
def test_a_worker_that_died_lets_its_claim_lapse():
    enter_sweeps(names=["noting"])
    assert claim_sweep(name="noting", at_most=timedelta(seconds=60))
    assert take_turn(NOTING) >= 1.0
    assert calls == []
    SweepRun.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    take_turn(NOTING)
    assert calls == ["system:noting"]


@pytest.mark.django_db
def test_a_run_that_outlived_its_claim_does_not_speak_for_its_successor():
    enter_sweeps(names=["noting"])
    old = claim_sweep(name="noting", at_most=timedelta(0))
    assert old
    new = claim_sweep(name="noting", at_most=timedelta(seconds=60))
    sweeps.record_run(name="noting", claim=old, every=timedelta(seconds=60), outcome="late")
    run = SweepRun.objects.get(name="noting")
    assert (run.started_at, run.outcome) == (new, "")
    assert run.claimed_until is not None


@pytest.mark.django_db(transaction=True)
def test_the_ticker_keeps_going_beside_a_failing_sweep_and_stops_when_told():
    quick = [Sweep("noting", 1, NOTING.function), Sweep("failing", 1, FAILING.function)]
    ticker = Ticker(quick)
    ticker.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (calls.count("failing") < 2 or calls.count("system:noting") < 2):
        time.sleep(0.05)
    assert ticker.stop(seconds=10)
    assert calls.count("failing") >= 2
    assert calls.count("system:noting") >= 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sweep-")]


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_is_woken_runs_at_once_and_once_more_when_it_was_woken_meanwhile():
    seldom = Sweep("noting", 3600, NOTING.function)
    ticker = Ticker([seldom])
    ticker.start()
    try:
        for turn in range(1, 4):
            wait_until(lambda turn=turn: calls.count("system:noting") >= turn)
            wait_until(lambda: SweepRun.objects.get(name="noting").claimed_until is None)
            ticker.wake("noting")
    finally:
        assert ticker.stop(seconds=10)


@pytest.mark.django_db
def test_a_sweep_that_had_to_stop_before_all_was_done_is_due_again_at_once():
    enter_sweeps(names=["much"])
    assert take_turn(Sweep("much", 3600, f"{__name__}.do_a_part")) == 0.0
    assert SweepRun.objects.get(name="much").due_at <= timezone.now()


@pytest.mark.django_db
def test_the_worker_takes_one_turn_at_everything_when_asked():
    call_command("worker", "--once")
    assert set(SweepRun.objects.filter(error="").values_list("name", flat=True)) == {sweep.name for sweep in SWEEPS}


@pytest.mark.postgres
@pytest.mark.slow
def test_work_goes_on_when_the_database_comes_back(tmp_path):
    server = PostgresServer(durable=True).start()
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": GOOD_KEY,
        "DATABASE_URL": server.url,
        "WORKER_TASK_SECONDS": "6",
    }

    def manage(*arguments, **options):
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=settings.BASE_DIR, env=environment, **options
        )

    def last_run():
        with psycopg.connect(host=str(server.folder), user="postgres") as connection:
            found = connection.execute(
                "SELECT finished_at FROM accounts_sweeprun WHERE name = 'expire_overdue'"
            ).fetchone()
        return found[0] if found else None

    def wait_for(condition):
        deadline = time.monotonic() + 150
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert condition()

    started = []
    try:
        assert manage("migrate", "--verbosity", "0").wait(240) == 0
        worker = manage("worker", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(worker)
        wait_for(last_run)
        server.stop(immediate=True)
        time.sleep(1)
        server.start()
        before = timezone.now()
        with psycopg.connect(host=str(server.folder), user="postgres") as connection:
            connection.execute("UPDATE accounts_sweeprun SET due_at = now(), claimed_until = NULL")
        wait_for(lambda: last_run() > before)
        worker.terminate()
        assert worker.wait(120) == 0
    finally:
        for process in started:
            process.kill()
            process.wait()
        server.remove()
