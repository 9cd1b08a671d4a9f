"""Whatever of a worker dies or stands still, due work goes on by itself, and nothing of it is left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import SweepRun, Worker
from config.tests.at_work import TASK_SECONDS, WorkerAtWork, until
from config.tests.sockets import database_of_the_test
from config.work import cluster, queue, tasks
from config.work.pace import Pace
from config.work.supervisor import Supervisor

pytestmark = pytest.mark.django_db(transaction=True)

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def worker(tmp_path):
    """A worker that works, though its Redis is away; told to, it ends within seconds."""
    (tmp_path / "enough").touch()
    at_work = WorkerAtWork(tmp_path, database_of_the_test(), REDIS_URL=NOWHERE)
    try:
        at_work.goes_on("the start")
        yield at_work
        assert at_work.ends() == 0
    finally:
        at_work.remove()
    assert "Traceback" not in at_work.said()


def kill(*pids, with_signal=signal.SIGKILL):
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, with_signal)


def make_busy(worker):
    """One of its processes is in the middle of something; returns which."""
    so_far = len(worker.lines("dawdlers"))
    (worker.folder / "enough").unlink()
    SweepRun.objects.filter(name="dawdling").update(due_at=timezone.now())
    until(lambda: len(worker.lines("dawdlers")) > so_far)
    return worker.lines("dawdlers")[-1]


@pytest.mark.postgres
def test_due_work_goes_on_when_idle_workers_are_killed(worker):
    kill(worker.workers()[0])
    worker.goes_on("the older worker killed")
    kill(*worker.workers())
    worker.goes_on("both workers killed")


def test_what_a_killed_worker_was_busy_with_is_taken_up_again(worker):
    busy = make_busy(worker)
    so_far = len(worker.lines("dawdlers"))
    kill(busy)
    until(lambda: len(worker.lines("dawdlers")) > so_far)
    assert worker.lines("dawdlers")[-1] != busy
    (worker.folder / "enough").touch()
    worker.goes_on("a busy worker killed")
    until(lambda: SweepRun.objects.filter(name="dawdling", outcome="1", failures=0).exists())


@pytest.mark.postgres
def test_due_work_goes_on_when_the_cluster_is_killed(worker):
    victims = {"all of it": worker.members, "its leader": lambda: [worker.leader()], "its sentinel": worker.sentinels}
    for victim, of in victims.items():
        leader = worker.leader()
        kill(*of())
        until(lambda leader=leader: not worker.members(leader))  # what is left of a dead cluster ends with it
        worker.goes_on(f"{victim} killed")
    assert Worker.objects.get().restarts >= len(victims)


@pytest.mark.postgres
def test_a_cluster_that_stands_still_is_replaced_though_all_of_it_lives(worker):
    frozen = worker.leader()
    kill(*worker.members(), with_signal=signal.SIGSTOP)
    until(lambda: not worker.members(frozen))
    worker.goes_on("all processes stopped")
    assert "no sign of work" in Worker.objects.get().trouble


@pytest.mark.postgres
def test_without_the_supervisors_watch_a_cluster_whose_idle_workers_die_stands_still_for_ever(tmp_path):
    """The twin: the same processes, and nobody who looks at what they do."""
    alone = WorkerAtWork(tmp_path, database_of_the_test(), "--cluster", "alone", "--parent", str(os.getpid()))
    try:
        queue.enqueue(tasks.BEAT, worker="alone")
        until(lambda: Worker.objects.filter(name="alone").exists() and not OrmQ.objects.exists())
        killed = alone.workers()
        kill(*killed)
        until(lambda: len(set(alone.workers()) - set(killed)) == 2)
        before = Worker.objects.get().beat_at
        queue.enqueue(tasks.BEAT, worker="alone")
        end = time.monotonic() + 2 * Pace(task=TASK_SECONDS).late
        while time.monotonic() < end:
            assert Worker.objects.get().beat_at == before
            time.sleep(0.2)
        assert len(alone.members()) == 6  # they live, all of them
    finally:
        alone.remove()


@pytest.mark.postgres
def test_a_worker_that_loses_its_supervisor_ends_at_once(worker):
    leader = worker.leader()
    kill(worker.process.pid)
    until(lambda: not worker.members(leader))
    worker.process.wait()
    worker.ends = lambda: 0


def test_what_is_under_way_may_finish_when_the_worker_is_told_to_end(worker):
    make_busy(worker)
    leader = worker.leader()
    worker.process.send_signal(signal.SIGINT)
    until(lambda: "stopping cluster processes" in worker.said())
    (worker.folder / "enough").touch()
    assert worker.process.wait(60) == 0
    assert not worker.members(leader)
    assert SweepRun.objects.get(name="dawdling").outcome == "1"
    assert "did not finish" not in worker.said()


def test_a_cluster_that_dies_at_once_is_started_again_later_and_later(tmp_path, monkeypatch):
    (tmp_path / "dies").write_text(
        f"import time; open({str(tmp_path / 'starts')!r}, 'a').write(f'{{time.monotonic()}}\\n'); raise SystemExit(7)"
    )
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "dies")])
    supervisor = Supervisor(name="unlucky", pace=Pace(task=60))
    watching = threading.Thread(target=_run_to_the_end, args=(supervisor,))

    def starts():
        path = tmp_path / "starts"
        return [float(line) for line in path.read_text().split()] if path.exists() else []

    watching.start()
    try:
        until(lambda: len(starts()) >= 3)
    finally:
        supervisor.request_stop()
        watching.join()
    first, second, third = starts()[:3]
    assert second - first >= 0.9
    assert third - second >= 1.9
    assert Worker.objects.get(name="unlucky").trouble == "It ended by itself with 7."


def _run_to_the_end(supervisor):
    try:
        supervisor.run()
    finally:
        connection.close()


def test_a_pool_of_connections_is_refused_where_processes_come_from_one_another(monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "pool", {"min_size": 1})
    with pytest.raises(RuntimeError, match="pool"):
        cluster.refuse_a_pool()
