"""Brings the books of the sweeps and the task library's schedules to the state of the table in `config/sweeps.py`.

The supervisor wakes each sweep when it is due. The schedules are a second alarm clock: they go off inside the
cluster, every half a minute at best, and wake what the supervisor missed. They come from code alone; whatever else
stands among them goes, for one row that makes no sense keeps the library from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from accounts.models import SweepRun
from accounts.services.sweeps import enter_sweeps, forget_sweeps
from config import sweeps
from config.sweeps import Sweep
from config.work.queue import QUICKLY_FORGOTTEN
from config.work.tasks import RUN_SWEEP

LONGEST_MINUTES = 5
COLUMNS = ("func", "hook", "args", "kwargs", "schedule_type", "minutes", "repeats", "cluster", "intended_date_kwarg")


@dataclass(frozen=True, slots=True)
class Installed:
    """What was, or would be, entered, struck out and repaired: names of sweeps and of schedules."""

    entered: list[str]
    struck_out: list[str]
    schedules_made: list[str]
    schedules_removed: list[str]

    def __str__(self) -> str:
        lines = (
            ("entered", self.entered),
            ("struck out", self.struck_out),
            ("schedules made", self.schedules_made),
            ("schedules removed", self.schedules_removed),
        )
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in lines if names) or "nothing to do"


def install_sweeps(*, dry_run: bool = False) -> Installed:
    """Enter what is missing, strike out what is not in the table; safe to repeat, and at once with another."""
    table = sweeps.SWEEPS
    known = set(SweepRun.objects.values_list("name", flat=True))
    names = [sweep.name for sweep in table]
    with transaction.atomic():
        sound, faulty = _sorted_schedules(table, lock=not dry_run)
        missing = [sweep for sweep in table if sweep.name not in sound]
        found = Installed(
            entered=[name for name in names if name not in known],
            struck_out=sorted(known - set(names)),
            schedules_made=[sweep.name for sweep in missing],
            schedules_removed=sorted(str(schedule.name or schedule.pk) for schedule in faulty),
        )
        if not dry_run:
            enter_sweeps(names=names)
            forget_sweeps(but=names)
            Schedule.objects.filter(pk__in=[schedule.pk for schedule in faulty]).delete()
            Schedule.objects.bulk_create([_schedule_of(sweep) for sweep in missing])
    return found


def _sorted_schedules(table: Iterable[Sweep], *, lock: bool) -> tuple[set[str], list[Schedule]]:
    """The names of sweeps whose schedule is as it should be, and the schedules that should not be there."""
    wanted = {sweep.name: _schedule_of(sweep) for sweep in table}
    sound: set[str] = set()
    faulty = []
    rows = Schedule.objects.select_for_update() if lock else Schedule.objects
    for schedule in rows.order_by("pk"):
        right = wanted.get(schedule.name or "")
        if right is not None and schedule.name not in sound and _alike(schedule, right):
            sound.add(right.name)
        else:
            faulty.append(schedule)
    return sound, faulty


def _schedule_of(sweep: Sweep) -> Schedule:
    """Looks whether the sweep is due as often as it is, though not more often than every minute."""
    return Schedule(
        name=sweep.name,
        func=RUN_SWEEP,
        args=repr((sweep.name,)),
        kwargs=repr({"q_options": QUICKLY_FORGOTTEN}),
        schedule_type=Schedule.MINUTES,
        minutes=min(max(1, sweep.every // 60), LONGEST_MINUTES),
        repeats=-1,
        next_run=timezone.now(),
    )


def _alike(schedule: Schedule, right: Schedule) -> bool:
    """Whether it says the same; one that will never come is not alike."""
    same = all((getattr(schedule, name) or None) == (getattr(right, name) or None) for name in COLUMNS)
    return same and schedule.next_run is not None
