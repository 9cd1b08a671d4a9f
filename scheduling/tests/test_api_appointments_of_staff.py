"""What staff do with visits through the API; and that nobody changes what they have not seen."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import transaction

from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling import rules
from scheduling.admin.appointment_actions import STEPS
from scheduling.models import Appointment, Doctor, Hold, Location
from scheduling.services.holds import hold_seat
from scheduling.services.patients import lock_patient
from scheduling.services.seats import lock_slots
from scheduling.states import AppointmentStatus
from scheduling.tests.api import Program, program_of, refused
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    book,
    book_soon,
    in_hours,
)
from testing.threads import run_together, wait_until_somebody_waits

pytestmark = pytest.mark.django_db


def path(visit: Appointment, action: str = "") -> str:
    """The address of a visit, or of what is done with it."""
    return f"appointments/{visit.pk}/{action}"


def desk(*places: Location) -> Program:
    """Reception at these places."""
    return program_of(Role.RECEPTION, *places)


def doctor_with_account() -> tuple[Doctor, Program]:
    """A doctor who signs in, and their program."""
    program = program_of(Role.DOCTOR)
    return DoctorFactory(user=program.user), program


class TestTheDesk:
    def test_it_takes_each_step(self) -> None:
        visit = book_soon()
        Appointment.objects.update(status="pending", expires_at=in_hours(1))
        program = desk(visit.location)
        for status in ("confirmed", "checked_in", "in_progress", "completed"):
            answer = program.patch(path(visit, "status/"), {"status": status})
            assert (answer.status_code, answer.json()["status"]) == (200, status), answer.content
        assert program.get(path(visit))["ETag"] == answer["ETag"]

    @pytest.mark.parametrize("status", AppointmentStatus.values)
    def test_a_state_that_no_step_leads_to_is_refused(self, status: str) -> None:
        visit = book()
        Appointment.objects.update(status=AppointmentStatus.COMPLETED)
        answer = desk(visit.location).patch(path(visit, "status/"), {"status": status})
        if status == "completed":
            assert answer.status_code == 200
        else:
            refused(answer, 409, "wrong_state")
            assert answer.json()["status_now"] == "completed"

    def test_it_cancels_with_a_message_and_without_notice(self) -> None:
        visit = book(SlotFactory(location__cancel_notice_minutes=60 * 24 * 30))
        answer = desk(visit.location).patch(
            path(visit, "status/"), {"status": "cancelled", "message": "The doctor is ill"}
        )
        assert answer.json()["cancellation_message"] == "The doctor is ill"

    def test_doctors_start_and_complete_and_leave_the_rest_to_the_desk(self) -> None:
        doctor, program = doctor_with_account()
        visit = book(SlotFactory(doctor=doctor, starts_at=in_hours(1)))
        for status in ("checked_in", "cancelled", "no_show"):
            refused(program.patch(path(visit, "status/"), {"status": status}), 403, "not_permitted")
        refused(program.post(path(visit, "cancel/")), 403, "not_permitted")
        refused(program.post(path(visit, "reschedule/"), {"slot": SlotFactory().pk}), 403, "not_permitted")
        Appointment.objects.update(status=AppointmentStatus.CHECKED_IN)
        assert program.patch(path(visit, "status/"), {"status": "in_progress"}).status_code == 200

    def test_programs_and_the_back_office_allow_the_same_steps(self) -> None:
        """One rule, two doors."""
        by_status = {
            "confirm": "confirmed",
            "check_in": "checked_in",
            "start": "in_progress",
            "complete": "completed",
            "no_show": "no_show",
            "cancel": "cancelled",
        }
        for role in (Role.DOCTOR, Role.RECEPTION, Role.MANAGER):
            user = program_of(role).user
            for name, status in by_status.items():
                allowed = rules.may_take_step(user, AppointmentStatus(status))
                assert allowed == (role in STEPS[name].roles), (role, name)

    def test_what_is_written_down_is_changed(self) -> None:
        visit = book(reason="Sore knee")
        said = {
            "reason": "Sore ankle",
            "symptoms": "Since Monday",
            "urgency": "high",
            "special_requirements": "Ramp",
            "notes": "Called back",
            "meeting_link": "https://video.example/2",
        }
        program = desk(visit.location)
        answer = program.patch(path(visit), said)
        assert answer.status_code == 200
        assert {name: answer.json()[name] for name in said} == said
        assert program.get(path(visit))["ETag"] == answer["ETag"]
        assert AuditEntry.objects.filter(verb="appointment.change", object_id=visit.pk).exists()

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"status": "completed"}, "unknown_field"),
            ({"fee": "0.00"}, "unknown_field"),
            ({"patient": 1}, "unknown_field"),
            ({"meeting_link": "javascript:alert(1)"}, "invalid"),
            ({"urgency": "very"}, "invalid_choice"),
            ({"notes": None}, "null"),
        ],
    )
    def test_nothing_else_is(self, body: dict[str, Any], code: str) -> None:
        visit = book()
        before = Appointment.objects.values().get()
        refused(desk(visit.location).patch(path(visit), body), 400, code)
        assert Appointment.objects.values().get() == before

    def test_another_desk_can_neither_read_nor_do_anything(self) -> None:
        visit = book()
        other = desk(LocationFactory())
        before = Appointment.objects.values().get()
        asked = [
            other.get(path(visit)),
            other.get(path(visit, "calendar/")),
            other.patch(path(visit), {"notes": "x"}),
            other.patch(path(visit, "status/"), {"status": "cancelled"}),
            *(other.post(path(visit, action)) for action in ("confirm/", "attendance/", "cancel/")),
            other.post(path(visit, "reschedule/"), {"slot": SlotFactory().pk}),
        ]
        for answer in asked:
            refused(answer, 404, "not_found")
        assert Appointment.objects.values().get() == before

    @pytest.mark.parametrize("seat", ["slot", "hold"])
    def test_no_visit_is_moved_to_where_the_desk_does_not_see(self, seat: str) -> None:
        visit, there = book(), SlotFactory()
        hold = hold_seat(slot_id=there.pk, holder="one", actor=VISITOR) if seat == "hold" else None
        body: dict[str, Any] = {"hold": hold.token} if hold else {"slot": there.pk}
        refused(desk(visit.location).post(path(visit, "reschedule/"), body), 404, "slot_unknown")
        visit.refresh_from_db()
        assert visit.status == "confirmed"
        assert Hold.objects.count() == (1 if hold else 0)
        both = desk(visit.location, there.location).post(path(visit, "reschedule/"), body)
        assert both.status_code == 201
        assert "secret" not in both.json()


class TestAsRead:
    """If-Match: what changed since it was read is not changed again unseen."""

    def calls(self, visit: Appointment) -> list[tuple[str, str, dict[str, Any]]]:
        """Everything that changes a visit."""
        return [
            ("post", "confirm/", {}),
            ("post", "attendance/", {}),
            ("post", "cancel/", {}),
            ("post", "reschedule/", {"slot": SlotFactory(location=visit.location).pk}),
            ("patch", "status/", {"status": "cancelled"}),
            ("patch", "", {"notes": "x"}),
            ("post", "add-to-account/", {}),
        ]

    def test_stale_is_refused_and_nothing_written(self) -> None:
        visit = book(SlotFactory(location__needs_confirmation=True), patient=PatientFactory())
        program = desk(visit.location)
        Appointment.objects.filter(pk=visit.pk).update(booked_by=program.user, source="web")  # theirs as well
        for method, action, body in self.calls(visit):
            before = Appointment.objects.values().get()
            answer = program.client.generic(
                method.upper(),
                f"/api/v1/{path(visit, action)}",
                json.dumps(body),
                content_type="application/json",
                headers={"If-Match": '"what-was"'},
            )
            refused(answer, 412, "stale")
            assert Appointment.objects.values().get() == before

    def test_what_was_read_is_changed(self) -> None:
        visit = book()
        program = desk(visit.location)
        first = program.get(path(visit))["ETag"]
        second = program.patch(path(visit), {"notes": "one"}, seen=first)
        assert second.status_code == 200
        refused(program.patch(path(visit), {"notes": "two"}, seen=first), 412, "stale")
        assert program.patch(path(visit), {"notes": "two"}, seen=second["ETag"]).status_code == 200

    def test_nothing_said_changes_nothing(self) -> None:
        visit = book()
        program = desk(visit.location)
        seen = program.get(path(visit))["ETag"]
        assert program.patch(path(visit), {}, seen=seen)["ETag"] == seen

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_of_ten_who_have_read_the_same_one_writes(self) -> None:
        visit = book()
        user = desk(visit.location).user
        seen = Program(user).get(path(visit))["ETag"]
        outcomes = run_together(
            [
                lambda number=number: Program(user).patch(path(visit), {"notes": f"by {number}"}, seen=seen).status_code
                for number in range(10)
            ]
        )
        assert sorted(str(outcome.answer) for outcome in outcomes) == ["200", *["412"] * 9]

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_a_move_to_a_held_seat_waits_for_others_without_their_waiting_for_it(self) -> None:
        visit, there = book(), SlotFactory()
        hold = hold_seat(slot_id=there.pk, holder="one", actor=VISITOR)
        user = desk(visit.location, there.location).user
        seen = Program(user).get(path(visit))["ETag"]
        locked = threading.Event()

        def book_there() -> None:
            """What a booking locks: the slot, then the patient."""
            with transaction.atomic():
                lock_slots([there.pk])
                locked.set()
                wait_until_somebody_waits()
                lock_patient(visit.patient)

        def move() -> int:
            locked.wait(10)
            return Program(user).post(path(visit, "reschedule/"), {"hold": hold.token}, seen=seen).status_code

        booked, moved = run_together([book_there, move])
        assert (booked.error, moved.error, moved.answer) == (None, None, 201)
