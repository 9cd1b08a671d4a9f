"""The jobs come from the table alone, the task library's tables stay small, and staff see how each job fares."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule, Task
from django_q.scheduler import scheduler
from django_q.signing import SignedPackage

from accounts.actors import system
from accounts.models import SweepRun, Worker
from accounts.roles import Role
from accounts.services.sweeps import enter_sweeps
from accounts.services.workers import enter_worker, note_beat
from config.sweeps import SWEEPS
from config.work import queue, tasks
from config.work.housekeeping import clear_tasks
from config.work.installing import install_sweeps
from scheduling.tests.back_office import staff

pytestmark = pytest.mark.django_db

NAMES = sorted(sweep.name for sweep in SWEEPS)


@pytest.fixture(autouse=True)
def _the_tests_connection_stays_open(monkeypatch):
    """In life the library looks whether it is still good, and closes it; here it holds the test's transaction."""
    monkeypatch.setattr("django_q.scheduler.close_old_django_connections", lambda: None)


def go_off():
    """The library's own clock strikes, for the queue of a worker; returns what the cluster is then to call."""
    scheduler(broker=queue.queue_of("clinic-1"))
    packages = OrmQ.objects.filter(key="clinic-1").values_list("payload", flat=True)
    return sorted(SignedPackage.loads(package)["args"][0] for package in packages)


def test_installing_enters_every_sweep_and_makes_a_schedule_for_each():
    install_sweeps()
    assert sorted(SweepRun.objects.values_list("name", flat=True)) == NAMES
    assert go_off() == NAMES


def test_installing_twice_changes_nothing_not_even_when_schedules_go_off_next():
    install_sweeps()
    Schedule.objects.update(next_run=timezone.now() + timedelta(seconds=40))
    before = list(Schedule.objects.order_by("pk").values())
    assert str(install_sweeps()) == "nothing to do"
    assert list(Schedule.objects.order_by("pk").values()) == before


def test_a_dry_run_only_says_what_would_change():
    enter_sweeps(names=["of_an_older_version"])
    said = io.StringIO()
    call_command("install_sweeps", "--dry-run", stdout=said)
    assert "struck out: of_an_older_version" in said.getvalue()
    assert list(SweepRun.objects.values_list("name", flat=True)) == ["of_an_older_version"]
    assert not Schedule.objects.exists()


def test_what_the_table_does_not_know_goes():
    enter_sweeps(names=["of_an_older_version"])
    Schedule.objects.create(name="of_an_older_version", func="config.work.tasks.run_sweep", args="('x',)")
    Schedule.objects.create(name=None, func="os.abort")
    call_command("install_sweeps", stdout=io.StringIO())
    assert sorted(SweepRun.objects.values_list("name", flat=True)) == NAMES
    assert sorted(Schedule.objects.values_list("name", flat=True)) == NAMES


def test_a_schedule_that_makes_no_sense_blocks_all_until_they_are_installed_anew():
    install_sweeps()
    Schedule.objects.filter(name=NAMES[0]).update(args="(((")
    assert go_off() == []
    install_sweeps()
    assert go_off() == NAMES


@pytest.mark.parametrize(
    "change", [{"repeats": 0}, {"next_run": None}, {"schedule_type": "O"}, {"cluster": "elsewhere"}]
)
def test_a_schedule_that_was_tampered_with_is_made_anew(change):
    install_sweeps()
    Schedule.objects.filter(name=NAMES[0]).update(**change)
    assert install_sweeps().schedules_made == [NAMES[0]]
    assert go_off() == NAMES


def test_a_job_that_this_version_does_not_know_is_a_sign_of_work_and_nothing_else(caplog):
    caplog.set_level("WARNING")
    tasks.serve("clinic-1")
    tasks.run_sweep("of_a_newer_version")
    assert "of_a_newer_version" in caplog.text
    assert Worker.objects.get().beat_at is not None
    assert not SweepRun.objects.exists()


def test_tasks_lie_in_the_database_and_touch_no_redis():
    assert Conf.ORM == "default"
    queue.enqueue(tasks.BEAT, worker="clinic-1")
    assert OrmQ.objects.get().key == "clinic-1"
    assert type(queue.queue_of("clinic-1").cache).__name__ == "DummyCache"


def test_old_tasks_and_wakes_of_workers_that_are_gone_are_cleared_away():
    now = timezone.now()
    for days in (1, 8):
        Task.objects.create(
            id=str(days), name=str(days), func="x", started=now, stopped=now - timedelta(days=days), success=False
        )
    OrmQ.objects.create(key="clinic-1", payload="", lock=now)
    OrmQ.objects.create(key="gone", payload="", lock=now - timedelta(hours=2))
    assert clear_tasks(actor=system("test"), dry_run=True) == 2
    assert clear_tasks(actor=system("test")) == 2
    assert Task.objects.get().name == "1"
    assert OrmQ.objects.get().key == "clinic-1"


def test_workers_that_are_long_gone_are_struck_out():
    note_beat(name="yesterdays")
    Worker.objects.update(beat_at=timezone.now() - timedelta(hours=25))
    note_beat(name="todays")
    enter_worker(name="new")
    assert sorted(Worker.objects.values_list("name", flat=True)) == ["new", "todays"]


def test_nobody_edits_schedules_or_tasks_in_the_back_office():
    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]


@pytest.fixture
def office():
    return staff(Role.MANAGER)


def test_late_and_failing_jobs_stand_out_in_the_back_office_and_can_be_listed_alone(office):
    enter_sweeps(names=["well", "late", "failing"])
    SweepRun.objects.filter(name="late").update(due_at=timezone.now() - timedelta(minutes=3), seconds=1.234, backlog=17)
    SweepRun.objects.filter(name="failing").update(failures=1, error="Traceback\nGatewayAway: no answer")
    jobs = reverse("admin:accounts_sweeprun_changelist")
    page = office.get(jobs).content.decode()
    assert all(word in page for word in ("Late", "Failing", "Well", "1.23", "17", "GatewayAway: no answer"))
    found = office.get(jobs, {"state": "trouble"}).context["cl"].queryset
    assert sorted(found.values_list("name", flat=True)) == ["failing", "late"]


def test_the_first_page_counts_jobs_in_trouble_within_two_minutes_and_leads_to_them(office):
    enter_sweeps(names=["late"])
    SweepRun.objects.update(due_at=timezone.now() - timedelta(seconds=90))
    card = next(card for card in office.get(reverse("admin:index")).context["cards"] if card.title == "Late jobs")
    assert (card.figure, card.warns) == (1, True)
    assert office.get(card.link).context["cl"].queryset.count() == 1


def test_jobs_and_workers_are_read_only(office):
    enter_sweeps(names=["late"])
    enter_worker(name="clinic-1")
    for model, row in (("sweeprun", SweepRun.objects.get()), ("worker", Worker.objects.get())):
        assert office.get(reverse(f"admin:accounts_{model}_changelist")).status_code == 200
        assert office.get(reverse(f"admin:accounts_{model}_change", args=[row.pk])).status_code == 200
        assert office.post(reverse(f"admin:accounts_{model}_change", args=[row.pk]), {}).status_code == 403
        assert office.get(reverse(f"admin:accounts_{model}_add")).status_code == 403
