"""Many slots in one go, for programs: planned, looked at, made and taken back."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from scheduling.models import Slot, SlotBatch
from scheduling.tests.api import Program, asking, names, program_of
from scheduling.tests.factories import LocationFactory, SlotFactory, UserFactory, book
from testing.threads import run_together, wait_until_somebody_waits

pytestmark = pytest.mark.django_db


def plan_said(slot: Slot, **changes: Any) -> dict[str, Any]:
    """Three hours on each day of the first full week in 2027, for the doctor and place of `slot`."""
    return {
        "doctor": slot.doctor_id,
        "location": slot.location_id,
        "start_date": "2027-01-04",
        "end_date": "2027-01-10",
        "start_time": "09:00",
        "end_time": "12:00",
        "duration_minutes": 20,
        **changes,
    }


@pytest.mark.usefixtures("november_2026")
class TestManySlots:
    def test_a_plan_is_looked_at_before_it_is_carried_out(self) -> None:
        slot = SlotFactory()
        desk = program_of(Role.RECEPTION, slot.location)
        said = plan_said(slot, exclude_weekends=True, breaks=[{"start_time": "10:00", "end_time": "10:20"}])
        looked = desk.post("slots/bulk/", {**said, "dry_run": True})
        assert (looked.status_code, looked.json()["total"], looked.json()["batch"]) == (200, 40, None)
        assert Slot.objects.count() == 1
        made = desk.post("slots/bulk/", said)
        assert made.status_code == 201, made.content
        assert made.json()["days"] == looked.json()["days"]
        assert [day["slots"] for day in made.json()["days"]] == [8] * 5
        assert Slot.objects.filter(batch=made.json()["batch"]).count() == 40

    def test_what_is_left_out_is_told_by_reason(self) -> None:
        slot = SlotFactory()
        desk = program_of(Role.MANAGER)
        assert desk.post("slots/bulk/", plan_said(slot, weekdays=[0])).json()["total"] == 9
        again = desk.post("slots/bulk/", plan_said(slot, weekdays=[0, 2]))
        assert again.json()["skipped"] == {"past": 0, "missing": 0, "time_off": 0, "clash": 9}
        assert [(day["date"], day["slots"], day["skipped"]) for day in again.json()["days"]] == [
            ("2027-01-04", 0, 9),
            ("2027-01-06", 9, 0),
        ]
        nothing = desk.post("slots/bulk/", plan_said(slot, weekdays=[0]))
        assert (nothing.status_code, nothing.json()["batch"], nothing.json()["total"]) == (200, None, 0)

    def test_a_retry_under_the_same_key_makes_nothing_twice(self) -> None:
        slot = SlotFactory()
        desk = program_of(Role.MANAGER)
        first, again = (desk.post("slots/bulk/", plan_said(slot), key="january-plan") for _time in range(2))
        assert first.json() == again.json()
        assert (first.status_code, again.status_code) == (201, 201)
        assert SlotBatch.objects.count() == 1
        other = desk.post("slots/bulk/", plan_said(slot, capacity=2), key="january-plan")
        assert (other.status_code, other.json()["code"]) == (409, "key_reused")

    def test_a_batch_is_taken_back_as_far_as_nobody_has_it(self) -> None:
        slot = SlotFactory()
        desk = program_of(Role.RECEPTION, slot.location)
        batch = desk.post("slots/bulk/", plan_said(slot, weekdays=[0])).json()["batch"]
        book(Slot.objects.filter(batch=batch).earliest("starts_at"))
        path = f"slots/batches/{batch}/"
        assert (desk.get(path).json()["left"], desk.get(path).json()["booked"]) == (9, 1)
        assert desk.delete(path).json() == {"removed": 8, "stayed": 1}
        Slot.objects.filter(batch=batch).update(taken=0)
        seen = desk.get(path)["ETag"]
        assert desk.delete(path, seen='"other"').status_code == 412
        assert desk.delete(path, seen=seen).json() == {"removed": 1, "stayed": 0}
        assert desk.delete(path).status_code == 404

    @pytest.mark.parametrize(
        ("role", "status"), [(None, 401), (Role.PATIENT, 403), (Role.DOCTOR, 403), (Role.RECEPTION, 404)]
    )
    def test_batches_belong_to_the_desk_of_their_location(self, role: Role | None, status: int) -> None:
        slot = SlotFactory()
        batch = program_of(Role.MANAGER).post("slots/bulk/", plan_said(slot)).json()["batch"]
        program = asking(role, LocationFactory())
        assert program.delete(f"slots/batches/{batch}/").status_code == status
        refused = program.post("slots/bulk/", plan_said(slot, start_date="2027-02-01", end_date="2027-02-02"))
        assert refused.status_code == (400 if status == 404 else status)
        if role in (Role.DOCTOR, Role.RECEPTION):
            assert names(program.get("slots/batches/")) == []
            assert names(asking(role, slot.location).get("slots/batches/", doctor=slot.doctor_id)) == [batch]
        assert SlotBatch.objects.count() == 1

    def test_a_hundred_batches_cost_as_many_queries_as_one(self) -> None:
        slot = SlotFactory()
        desk = program_of(Role.RECEPTION, slot.location)

        def cost() -> int:
            SlotBatch.objects.create(doctor=slot.doctor, location=slot.location, description="one more")
            with CaptureQueriesContext(connection) as queries:
                desk.get("slots/batches/", page_size=200)
            return len(queries)

        cost()  # a session that begins is written down
        one = cost()
        for _more in range(98):
            SlotBatch.objects.create(doctor=slot.doctor, location=slot.location, description="more")
        assert cost() == one

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"end_date": "2027-01-03"}, "invalid_calendar", "end_date"),
            ({"end_date": "2029-01-03"}, "invalid_calendar", "end_date"),
            ({"start_date": "4 January"}, "invalid", "start_date"),
            ({"start_time": "9 o'clock"}, "invalid", "start_time"),
            ({"start_time": "24:00"}, "invalid", "start_time"),
            ({"duration_minutes": 0}, "min_value", "duration_minutes"),
            ({"weekdays": [7]}, "max_value", "weekdays.0"),
            ({"weekdays": [5], "exclude_weekends": True}, "invalid_calendar", "weekdays"),
            ({"breaks": [{"start_time": "13:00", "end_time": "14:00"}]}, "invalid_calendar", "breaks"),
            ({"breaks": [{"start_time": "10:00"}]}, "required", "breaks.0.end_time"),
            ({"dry_run": "yes"}, "invalid", "dry_run"),
            ({"until": "2027-01-10"}, "unknown_field", "until"),
        ],
    )
    def test_plans_that_make_no_sense_are_refused_by_name(self, changes: dict[str, Any], code: str, field: str) -> None:
        response = program_of(Role.MANAGER).post("slots/bulk/", plan_said(SlotFactory(), **changes))
        assert (response.status_code, response.json()["code"]) == (400, code), response.content
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert (Slot.objects.count(), SlotBatch.objects.count()) == (1, 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_twenty_under_one_key_are_one_batch(self) -> None:
        slot = SlotFactory()
        manager = UserFactory(is_staff=True, is_superuser=True)
        start = timezone.localdate() + timedelta(days=30)
        said = plan_said(slot, start_date=start.isoformat(), end_date=(start + timedelta(days=2)).isoformat())
        programs = [Program(manager) for _one in range(20)]
        calls = [lambda program=program: program.post("slots/bulk/", said, key="one-for-all") for program in programs]
        answers = [outcome.answer for outcome in run_together(calls)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["batch"] for answer in answers}) == 1
        assert Slot.objects.count() == 28


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("november_2026")
def test_whoever_books_while_a_batch_is_taken_back_makes_it_another_than_was_read() -> None:
    slot = SlotFactory()
    user = program_of(Role.RECEPTION, slot.location).user
    path = f"slots/batches/{Program(user).post('slots/bulk/', plan_said(slot)).json()['batch']}/"
    seen = Program(user).get(path)["ETag"]
    booked = threading.Event()

    def book_one() -> None:
        with transaction.atomic():
            book(Slot.objects.exclude(pk=slot.pk).order_by("pk")[0])
            booked.set()
            wait_until_somebody_waits()

    def take_back() -> int:
        booked.wait(10)
        return Program(user).delete(path, seen=seen).status_code

    booking, taking = run_together([book_one, take_back])
    assert (booking.error, taking.error, taking.answer) == (None, None, 412)
    assert SlotBatch.objects.get().slots.count() == 63
