"""How a doctor's day goes, and where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEntry
from queueing.errors import DayOver, InvalidDoctorStatus, QueueUnknown
from queueing.models import Queue, QueuePolicy
from queueing.selectors.queues import queues_of_today
from queueing.services import steps
from queueing.services.queues import open_queue, set_doctor_status, set_room
from queueing.states import DoctorStatus
from queueing.tests.conftest import MORNING
from queueing.tests.factories import a_doctor, queue_of, walk_in
from queueing.tests.refusals import refused
from scheduling.tests.factories import CLINIC, LocationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def a_queue() -> Queue:
    return queue_of(walk_in(*a_doctor()))


def say(queue: Queue, status: str, **more: Any) -> Queue:
    set_doctor_status(queue_id=queue.pk, status=status, actor=CLINIC, **more)
    return Queue.objects.get(pk=queue.pk)


class TestTheDoctorsStatus:
    @pytest.mark.parametrize("status", DoctorStatus.values)
    def test_every_one_may_be_said_and_is_kept_with_its_time(self, status: str):
        queue = say(a_queue(), status)
        assert (queue.status, queue.status_at) == (status, MORNING)
        assert AuditEntry.objects.latest("pk").verb == "queue.status"

    def test_each_press_of_running_late_adds_as_much_as_the_rules_say(self):
        queue = a_queue()
        assert [say(queue, "running_late").late_minutes for _press in range(3)] == [10, 20, 30]
        QueuePolicy.objects.create(location=queue.location, running_late_minutes=25)
        assert say(queue, "running_late").late_minutes == 55
        assert say(queue, "on_time").late_minutes == 0

    def test_how_late_in_all_may_be_said_and_is_bounded(self):
        queue = a_queue()
        assert say(queue, "running_late", minutes=480).late_minutes == 480
        assert say(queue, "running_late").late_minutes == 480
        assert say(queue, "running_late", minutes=0).late_minutes == 0

    def test_a_break_may_have_an_end(self):
        queue = a_queue()
        assert say(queue, "on_break").back_at is None
        assert say(queue, "on_break", minutes=20).back_at == MORNING + timedelta(minutes=20)
        until = MORNING + timedelta(hours=12)
        assert say(queue, "on_break", back_at=until).back_at == until
        assert say(queue, "on_time").back_at is None

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"status": "asleep"}, "status"),
            ({"status": "running_late", "minutes": -1}, "minutes"),
            ({"status": "running_late", "minutes": 481}, "minutes"),
            ({"status": "on_break", "back_at": MORNING}, "back_at"),
            ({"status": "on_break", "back_at": MORNING + timedelta(hours=12, seconds=1)}, "back_at"),
        ],
    )
    def test_what_makes_no_sense(self, said: dict[str, Any], field: str):
        queue = a_queue()
        with refused(InvalidDoctorStatus):
            set_doctor_status(queue_id=queue.pk, actor=CLINIC, **said)
        with pytest.raises(InvalidDoctorStatus) as refusal:
            set_doctor_status(queue_id=queue.pk, actor=CLINIC, **said)
        assert refusal.value.field == field

    def test_of_another_day_or_of_a_queue_that_nobody_knows(self, morning: Any):
        queue = a_queue()
        morning.shift(timedelta(days=1))
        with refused(DayOver):
            say(queue, "on_time")
        with refused(DayOver):
            set_room(queue_id=queue.pk, room="Room 3", actor=CLINIC)
        with refused(QueueUnknown):
            set_doctor_status(queue_id=4711, status="on_time", actor=CLINIC)


class TestTheRoom:
    def test_is_the_doctors_own_unless_said_otherwise(self):
        queue = a_queue()
        assert queue.place == "Room 1"
        set_room(queue_id=queue.pk, room="  Room \x00 12 ", actor=CLINIC)
        assert queue_of(queue.tokens.get()).place == "Room 12"
        set_room(queue_id=queue.pk, room="", actor=CLINIC)
        assert queue_of(queue.tokens.get()).place == "Room 1"


class TestOpening:
    def test_there_is_one_queue_for_a_doctor_a_place_and_a_day(self):
        doctor, location = a_doctor()
        there = LocationFactory()
        days = [MORNING.date(), MORNING.date() + timedelta(days=1)]
        made = {open_queue(doctor=doctor, location=place, day=day).pk for place in (location, there) for day in days}
        again = {open_queue(doctor=doctor, location=place, day=day).pk for place in (location, there) for day in days}
        assert len(made) == 4
        assert made == again

    def test_letters_that_look_like_numbers_are_left_out_and_there_are_always_more(self):
        location = LocationFactory()
        letters = [
            open_queue(doctor=a_doctor(location)[0], location=location, day=MORNING.date()).letter for _ in range(25)
        ]
        assert len(set(letters)) == 25
        assert not set("".join(letters)) & set("IOQ")
        assert letters[-2:] == ["AA", "AB"]


class TestTheQueuesOfToday:
    def test_are_those_of_the_local_day_and_those_that_run_past_midnight(self, morning: Any):
        doctor, location = a_doctor()
        waits = walk_in(doctor, location)
        gone = walk_in(a_doctor(location)[0], location)
        steps.leave_queue(token_id=gone.pk, actor=CLINIC)
        walk_in(*a_doctor())
        assert [queue.pk for queue in queues_of_today(location)] == [waits.queue_id, gone.queue_id]
        morning.shift(timedelta(hours=14, minutes=1))  # one past midnight
        new = walk_in(a_doctor(location)[0], location)
        assert [queue.pk for queue in queues_of_today(location)] == [waits.queue_id, new.queue_id]
