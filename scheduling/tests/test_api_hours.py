"""Recurring hours and time off, for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from scheduling.models import Availability, Slot, TimeOff
from scheduling.states import AppointmentStatus
from scheduling.tests.api import Program, asking, names, program_of
from scheduling.tests.factories import DoctorFactory, LocationFactory, SlotFactory, UserFactory, book
from scheduling.tests.hours import book as book_at
from scheduling.tests.hours import hours, slot_at, today, wall, walls
from testing.threads import run_together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]


def place() -> tuple[Any, Any]:
    """A doctor and their location, whose calendar is open five days ahead."""
    location = LocationFactory(days_ahead=5)
    return DoctorFactory(locations=[location]), location


def said(doctor: Any, location: Any, **changes: Any) -> dict[str, Any]:
    """Nine to eleven, every day from tomorrow."""
    return {
        "doctor": doctor.pk,
        "location": location.pk,
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "valid_from": (today() + timedelta(days=1)).isoformat(),
        "start_time": "09:00",
        "end_time": "11:00",
        **changes,
    }


def made() -> Availability:
    """Hours of a doctor who works at that location, with their slots."""
    rule = hours()
    rule.doctor.locations.add(rule.location)
    return rule


class TestHours:
    def test_new_hours_make_their_slots_at_once(self) -> None:
        doctor, location = place()
        desk = program_of(Role.RECEPTION, location)
        pause = {"start_time": "09:40", "end_time": "10:00"}
        answer = desk.post("availability/rules/", said(doctor, location, breaks=[pause], capacity=2))
        assert answer.status_code == 201, answer.content
        told = answer.json()
        assert (told["weekdays"], told["breaks"], told["valid_until"]) == ([0, 1, 2, 3, 4, 5, 6], [pause], None)
        assert (told["start_time"], told["slot_minutes"], told["capacity"]) == ("09:00", 20, 2)
        assert told["outcome"]["added"] == Slot.objects.filter(availability=told["id"]).count() == 25
        assert walls(1) == ["09:00", "09:20", "10:00", "10:20", "10:40"]

    def test_changed_hours_take_their_slots_along(self) -> None:
        rule = made()
        desk, path = program_of(Role.RECEPTION, rule.location), f"availability/rules/{rule.pk}/"
        changed = desk.patch(path, {"end_time": "10:00"})
        assert changed.json()["outcome"] == {"added": 0, "removed": 15, "closed": 0, "moved": 0, "cancelled": 0}
        assert walls(1) == ["09:00", "09:20", "09:40"]
        assert desk.get(path).json()["end_time"] == "10:00"
        assert "outcome" not in desk.get(path).json()

    def test_people_who_are_booked_are_named_until_each_is_decided(self) -> None:
        rule = made()
        first, second, third = book_at(1, 10), book_at(1, 10, 20), book_at(1, 10, 40)
        desk, path = program_of(Role.RECEPTION, rule.location), f"availability/rules/{rule.pk}/"
        refused = desk.patch(path, {"end_time": "10:00"})
        assert (refused.status_code, refused.json()["code"]) == (409, "appointments_affected")
        assert refused.json()["appointments"] == [first.pk, second.pk, third.pk]
        assert len(walls(1)) == 6
        decisions = [
            {"appointment": first.pk, "choice": "keep"},
            {"appointment": second.pk, "choice": "cancel", "message": "Sorry"},
            {"appointment": third.pk, "choice": "move", "slot": slot_at(2, 9).pk},
        ]
        changed = desk.patch(path, {"end_time": "10:00", "decisions": decisions})
        assert changed.status_code == 200, changed.content
        assert changed.json()["outcome"] == {"added": 0, "removed": 14, "closed": 1, "moved": 1, "cancelled": 1}
        for appointment, status in (
            (first, AppointmentStatus.CONFIRMED),
            (second, AppointmentStatus.CANCELLED),
            (third, AppointmentStatus.RESCHEDULED),
        ):
            appointment.refresh_from_db()
            assert appointment.status == status

    def test_nobody_is_moved_to_where_whoever_decides_does_not_work(self) -> None:
        rule = made()
        appointment, elsewhere = book_at(1, 10), SlotFactory()
        desk = program_of(Role.RECEPTION, rule.location)
        decisions = [{"appointment": appointment.pk, "choice": "move", "slot": elsewhere.pk}]
        refused = desk.patch(f"availability/rules/{rule.pk}/", {"end_time": "10:00", "decisions": decisions})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "decisions")
        assert len(walls(1, availability=rule)) == 6

    def test_retired_hours_are_found_only_in_the_list_of_those(self) -> None:
        rule = made()
        desk, path = program_of(Role.RECEPTION, rule.location), f"availability/rules/{rule.pk}/"
        assert desk.delete(path).json()["removed"] == 30
        assert desk.get(path).status_code == 404
        assert names(desk.get("availability/rules/")) == []
        assert names(desk.get("availability/rules/", is_active="false")) == [rule.pk]

    def test_hours_with_people_in_them_are_retired_with_decisions(self) -> None:
        rule = made()
        appointment = book_at(1, 10)
        desk, path = program_of(Role.RECEPTION, rule.location), f"availability/rules/{rule.pk}/"
        assert desk.delete(path).json()["appointments"] == [appointment.pk]
        decided = {"is_active": False, "decisions": [{"appointment": appointment.pk, "choice": "keep"}]}
        assert desk.patch(path, decided).json()["is_active"] is False
        assert Slot.objects.count() == 1

    def test_nobody_changes_hours_they_have_not_seen(self) -> None:
        rule = made()
        desk, path = program_of(Role.RECEPTION, rule.location), f"availability/rules/{rule.pk}/"
        seen = desk.get(path)["ETag"]
        assert desk.patch(path, {"capacity": 2}, seen=seen).status_code == 200
        for response in (desk.patch(path, {"capacity": 3}, seen=seen), desk.delete(path, seen=seen)):
            assert (response.status_code, response.json()["code"]) == (412, "stale")
        rule.refresh_from_db()
        assert (rule.capacity, rule.is_active) == (2, True)

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"weekdays": []}, "invalid_calendar", "weekdays"),
            ({"weekdays": [7]}, "max_value", "weekdays.0"),
            ({"rrule": "FREQ=DAILY"}, "invalid_calendar", "rrule"),
            ({"weekdays": [], "rrule": "FREQ=SECONDLY"}, "invalid_calendar", "rrule"),
            ({"valid_until": "2020-01-01"}, "invalid_calendar", "valid_until"),
            ({"start_time": "nine"}, "invalid", "start_time"),
            ({"slot_minutes": 200}, "invalid_calendar", "slot_minutes"),
            ({"breaks": [{"start_time": "12:00", "end_time": "13:00"}]}, "invalid_calendar", "breaks"),
            ({"doctor": 999_999}, "invalid_calendar", "doctor"),
            ({"location": 999_999}, "invalid_calendar", "location"),
            ({"is_active": False}, "unknown_field", "is_active"),
        ],
    )
    def test_hours_that_make_no_sense_are_refused_by_name(self, changes: dict[str, Any], code: str, field: str) -> None:
        doctor, location = place()
        response = program_of(Role.MANAGER).post("availability/rules/", said(doctor, location) | changes)
        assert (response.status_code, response.json()["code"]) == (400, code), response.content
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert (Availability.objects.count(), Slot.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"breaks": [{"start_time": "10:00"}]}, "breaks.0.end_time"),
            ({"decisions": [{"appointment": 1}]}, "decisions.0.choice"),
        ],
    )
    def test_a_change_may_leave_out_fields_but_says_none_by_halves(self, changes: dict[str, Any], field: str) -> None:
        rule = made()
        response = program_of(Role.MANAGER).patch(f"availability/rules/{rule.pk}/", changes)
        assert (response.status_code, response.json()["code"]) == (400, "required")
        assert [error["field"] for error in response.json()["errors"]] == [field]


class TestTimeOff:
    def test_leave_takes_the_slots_in_it_away_and_brings_them_back(self) -> None:
        rule = made()
        desk = program_of(Role.RECEPTION, rule.location)
        leave = {"doctor": rule.doctor_id, "starts_at": moment(1, 0), "ends_at": moment(2, 0), "reason": "Course"}
        answer = desk.post("time-off/", leave)
        assert answer.status_code == 201, answer.content
        assert answer.json()["outcome"]["removed"] == 6
        assert (answer.json()["location"], answer.json()["starts_at"]) == (None, moment(1, 0))
        path = f"time-off/{answer.json()['id']}/"
        assert desk.patch(path, {"starts_at": moment(1, 10)}).json()["outcome"]["added"] == 3
        assert walls(1) == ["09:00", "09:20", "09:40"]
        assert desk.delete(path).json()["added"] == 3
        assert desk.get(path).status_code == 404
        assert len(walls(1)) == 6

    def test_people_who_are_booked_are_named_until_each_is_decided(self) -> None:
        rule = made()
        appointment = book_at(1, 10)
        desk = program_of(Role.RECEPTION, rule.location)
        closure = {"location": rule.location_id, "starts_at": moment(1, 0), "ends_at": moment(2, 0)}
        refused = desk.post("time-off/", closure)
        assert (refused.status_code, refused.json()["code"]) == (409, "appointments_affected")
        assert refused.json()["appointments"] == [appointment.pk]
        assert not TimeOff.objects.exists()
        decisions = [{"appointment": appointment.pk, "choice": "cancel", "message": "We are closed."}]
        entered = desk.post("time-off/", {**closure, "decisions": decisions})
        assert entered.json()["outcome"]["cancelled"] == 1
        appointment.refresh_from_db()
        assert appointment.cancellation_message == "We are closed."

    def test_a_retry_under_the_same_key_enters_it_once(self) -> None:
        rule = made()
        desk = program_of(Role.RECEPTION, rule.location)
        leave = {"doctor": rule.doctor_id, "starts_at": moment(1, 0), "ends_at": moment(2, 0)}
        first, again = (desk.post("time-off/", leave, key="the-only-leave") for _time in range(2))
        assert first.json()["id"] == again.json()["id"]
        assert TimeOff.objects.count() == 1

    def test_nobody_changes_leave_they_have_not_seen(self) -> None:
        rule = made()
        desk = program_of(Role.RECEPTION, rule.location)
        leave = {"doctor": rule.doctor_id, "starts_at": moment(1, 0), "ends_at": moment(2, 0)}
        path = f"time-off/{desk.post('time-off/', leave).json()['id']}/"
        seen = desk.get(path)["ETag"]
        assert desk.patch(path, {"reason": "Course"}, seen=seen).status_code == 200
        for response in (desk.patch(path, {"reason": "Holiday"}, seen=seen), desk.delete(path, seen=seen)):
            assert response.status_code == 412
        assert TimeOff.objects.get().reason == "Course"

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"doctor": None}, "null", "doctor"),
            ({"ends_at": "2026-11-19T00:00:00Z"}, "invalid_calendar", "ends_at"),
            ({"ends_at": "2031-11-19T00:00:00Z"}, "invalid_calendar", "ends_at"),
            ({"starts_at": "2026-11-21T00:00"}, "no_zone", "starts_at"),
            ({"reason": "x" * 201}, "max_length", "reason"),
            ({"decisions": [{"appointment": 1}]}, "required", "decisions.0.choice"),
            ({"decisions": [{"appointment": 1, "choice": "forget"}]}, "invalid_choice", "decisions.0.choice"),
        ],
    )
    def test_leave_that_makes_no_sense_is_refused_by_name(self, changes: dict[str, Any], code: str, field: str) -> None:
        doctor, _location = place()
        leave = {"doctor": doctor.pk, "starts_at": moment(1, 0), "ends_at": moment(2, 0), **changes}
        response = program_of(Role.MANAGER).post("time-off/", leave)
        assert (response.status_code, response.json()["code"]) == (400, code), response.content
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert not TimeOff.objects.exists()

    def test_it_is_somebodys(self) -> None:
        refused = program_of(Role.MANAGER).post("time-off/", {"starts_at": moment(1, 0), "ends_at": moment(2, 0)})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_calendar")


def moment(day: int, hour: int) -> str:
    """A time so many days from now; in November the clock in London shows UTC."""
    return f"{wall(day, hour).isoformat()}Z"


class TestWhoMay:
    @pytest.mark.parametrize(
        ("role", "read", "write"),
        [(None, 401, 401), (Role.PATIENT, 403, 403), (Role.DOCTOR, 200, 403), (Role.RECEPTION, 200, 200)],
    )
    def test_staff_read_and_reception_changes(self, role: Role | None, read: int, write: int) -> None:
        rule = made()
        leave = TimeOff.objects.create(
            doctor=rule.doctor, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1)
        )
        program = asking(role, rule.location)
        for path, change in (
            (f"availability/rules/{rule.pk}/", {"capacity": 2}),
            (f"time-off/{leave.pk}/", {"reason": "Course"}),
        ):
            assert program.get(path).status_code == read
            assert program.get(path.split("/")[0] + "/" if "off" in path else "availability/rules/").status_code == read
            assert program.patch(path, change).status_code == write
            assert program.delete(path).status_code == write

    def test_nobody_touches_the_calendar_of_another_location(self) -> None:
        rule = made()
        closure = TimeOff.objects.create(
            location=rule.location, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1)
        )
        desk = program_of(Role.RECEPTION, LocationFactory())
        assert names(desk.get("availability/rules/")) == names(desk.get("time-off/")) == []
        for path in (f"availability/rules/{rule.pk}/", f"time-off/{closure.pk}/"):
            assert desk.get(path).status_code == 404
            assert desk.patch(path, {}).status_code == 404
            assert desk.delete(path).status_code == 404
        for whose in ({"doctor": rule.doctor_id}, {"location": rule.location_id}):
            refused = desk.post("time-off/", {**whose, "starts_at": moment(1, 0), "ends_at": moment(2, 0)})
            assert refused.status_code == 400
        assert desk.post("availability/rules/", said(rule.doctor, rule.location)).status_code == 400
        assert (Availability.objects.filter(is_active=True).count(), TimeOff.objects.count()) == (1, 1)

    def test_leave_at_another_place_of_a_doctor_is_looked_at_and_left_alone(self) -> None:
        here, there = LocationFactory(), LocationFactory()
        doctor = DoctorFactory(locations=[here, there])
        slot = SlotFactory(doctor=doctor, location=there)
        leave = TimeOff.objects.create(
            doctor=doctor,
            location=there,
            starts_at=slot.starts_at + timedelta(days=9),
            ends_at=slot.ends_at + timedelta(days=9),
        )
        desk, path = program_of(Role.RECEPTION, here), f"time-off/{leave.pk}/"
        assert names(desk.get("time-off/")) == [leave.pk]
        longer = {"starts_at": (slot.starts_at - timedelta(hours=1)).isoformat()}
        assert [desk.patch(path, longer).status_code, desk.delete(path).status_code] == [404, 404]
        assert (Slot.objects.count(), TimeOff.objects.count()) == (1, 1)
        assert program_of(Role.RECEPTION, there).patch(path, longer).status_code == 200
        assert not Slot.objects.exists()

    @pytest.mark.parametrize("path", ["availability/rules/", "time-off/"])
    def test_a_hundred_rows_cost_as_many_queries_as_one(self, path: str) -> None:
        rule = made()
        desk = program_of(Role.RECEPTION, rule.location)

        def one_more() -> None:
            Availability.objects.create(
                doctor=rule.doctor,
                location=rule.location,
                weekdays=[1],
                valid_from=today(),
                start_time="20:00",
                end_time="21:00",
            ).breaks.create(start_time="20:20", end_time="20:40")
            TimeOff.objects.create(
                location=rule.location, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1)
            )

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                names(desk.get(path, page_size=200))
            return len(queries)

        one_more()
        cost()  # a session that begins is written down
        one = cost()
        for _more in range(99):
            one_more()
        assert cost() == one


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_twenty_under_one_key_are_one_rule(self) -> None:
        doctor, location = place()
        manager = UserFactory(is_staff=True, is_superuser=True)
        programs = [Program(manager) for _one in range(20)]
        calls = [
            lambda program=program: program.post("availability/rules/", said(doctor, location), key="one-for-all")
            for program in programs
        ]
        answers = [outcome.answer for outcome in run_together(calls)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert (Availability.objects.count(), Slot.objects.count()) == (1, 30)

    def test_a_booking_and_a_change_of_hours_at_one_moment_leave_nobody_without_a_slot(self) -> None:
        rule = made()
        slot = slot_at(1, 10)
        desk = program_of(Role.RECEPTION, rule.location)
        path = f"availability/rules/{rule.pk}/"
        seen = desk.get(path)["ETag"]
        outcomes = run_together([lambda: book(slot), lambda: desk.patch(path, {"end_time": "10:00"}, seen=seen)])
        appointment, answer = outcomes[0].answer, outcomes[1].answer
        assert answer.status_code in (200, 409), answer.content
        assert (appointment is None) == (answer.status_code == 200)
        assert Slot.objects.filter(pk=slot.pk).exists() == (answer.status_code == 409)
