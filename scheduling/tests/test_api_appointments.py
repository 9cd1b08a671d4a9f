"""Appointments through the API once they are booked: found, read, and all that happens to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.roles import Role
from scheduling import rules
from scheduling.admin.appointment_actions import STEPS
from scheduling.models import Appointment, Doctor, Hold, Location
from scheduling.services.booking import VisitDetails, register_walk_in
from scheduling.services.holds import hold_seat
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus, AppointmentType
from scheduling.tests.api import Program, names, program_of
from scheduling.tests.factories import (
    CLINIC,
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    book_soon,
    in_hours,
)
from scheduling.tests.waiting import wait_for_mail
from testing.threads import run_together

pytestmark = pytest.mark.django_db


class ByLink(Program):
    """A program that has the secret of a visit, and no more."""

    def __init__(self, visit: Appointment, user: User | None = None) -> None:
        super().__init__(user)
        self.client.defaults["HTTP_FRONTDESK_SECRET"] = visit.secret


def path(visit: Appointment, action: str = "") -> str:
    """The address of a visit, or of what is done with it."""
    return f"appointments/{visit.pk}/{action}"


def refused(answer: Any, status: int, code: str) -> None:
    """The answer says no, in this way."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def of(user: User, slot: Any = None, **visit: Any) -> Appointment:
    """A visit of somebody's family."""
    return book(slot, patient=PatientFactory(user=user), **visit)


def desk(*places: Location) -> Program:
    """Reception at these places."""
    return program_of(Role.RECEPTION, *places)


def doctor_with_account() -> tuple[Doctor, Program]:
    """A doctor who signs in, and their program."""
    program = program_of(Role.DOCTOR)
    return DoctorFactory(user=program.user), program


class TestLists:
    def test_patients_find_their_own_and_what_they_booked_for_others(self) -> None:
        user, strangers = UserFactory(), book()
        own, booked = of(user), book()
        Appointment.objects.filter(pk=booked.pk).update(booked_by=user)
        found = Program(user).get("appointments/")
        assert names(found) == [booked.pk, own.pk]
        assert strangers.pk not in names(found)

    def test_reception_finds_what_is_at_its_locations(self) -> None:
        here, there = book(), book()
        assert names(desk(here.location).get("appointments/")) == [here.pk]
        assert names(desk(here.location, there.location).get("appointments/")) == [there.pk, here.pk]
        assert names(program_of(Role.MANAGER).get("appointments/")) == [there.pk, here.pk]

    def test_doctors_find_their_own_patients_visits(self) -> None:
        doctor, program = doctor_with_account()
        own, _other = book(SlotFactory(doctor=doctor)), book()
        assert names(program.get("appointments/")) == [own.pk]

    def test_visitors_have_no_list(self) -> None:
        refused(Program().get("appointments/"), 401, "not_authenticated")

    def test_what_a_visit_is_about_stands_in_no_list(self) -> None:
        """Looking at one visit is written down for staff; looking at a list is not."""
        visit = book(reason="Sore knee", notes="Private")
        said = desk(visit.location).get("appointments/").content.decode()
        assert visit.number in said
        assert "Sore knee" not in said
        assert visit.secret not in said

    def test_they_are_narrowed(self) -> None:
        user = UserFactory(email="mother@example.org")
        first = of(user, SlotFactory(starts_at=in_hours(30)))
        Appointment.objects.filter(pk=first.pk).update(status=AppointmentStatus.COMPLETED)
        second = book(SlotFactory(starts_at=in_hours(300)), patient=PatientFactory(email="bea@example.org"))
        Appointment.objects.filter(pk=second.pk).update(booked_by=user)
        for program in (program_of(Role.MANAGER), Program(user)):
            self.narrowed(program, first, second)

    def narrowed(self, program: Program, first: Appointment, second: Appointment) -> None:
        def found(**query: Any) -> list[int]:
            return names(program.get("appointments/", **query))

        day, later = first.starts_at.date(), second.starts_at.date()
        assert found() == [second.pk, first.pk]
        assert found(status="completed") == [first.pk]
        assert found(doctor=second.doctor_id) == [second.pk]
        assert found(patient=first.patient_id) == [first.pk]
        assert found(location=second.location_id) == [second.pk]
        assert found(date=day.isoformat()) == [first.pk]
        assert found(**{"from": later.isoformat()}) == [second.pk]
        assert found(until=day.isoformat()) == [first.pk]
        assert found(**{"from": day.isoformat(), "until": later.isoformat()}) == [second.pk, first.pk]
        assert found(email="BEA@example.org") == [second.pk]
        assert found(email="mother@example.org") == [second.pk]
        assert found(email="nobody@example.org") == []
        assert found(number=first.number.lower()) == [first.pk]
        assert found(number="APT-1999-1") == found(number="what?") == []
        assert found(search=second.patient.number) == [second.pk]
        assert found(search=f"{first.patient.first_name} patient") == [first.pk]
        assert found(search="bea@") == [second.pk]
        assert found(upcoming="true") == [second.pk]
        assert found(upcoming="false") == [first.pk]

    def test_a_filter_by_address_finds_nothing_of_others(self) -> None:
        stranger = book()
        assert names(Program(UserFactory()).get("appointments/", email=stranger.patient.email)) == []

    def test_a_day_is_that_of_the_location(self) -> None:
        """Eleven in the evening in New York is the next day in London."""
        york = LocationFactory(time_zone="America/New_York")
        start = (timezone.now() + timedelta(days=3)).replace(hour=3, minute=0, second=0, microsecond=0)
        visit = book(SlotFactory(location=york, starts_at=start))
        program = program_of(Role.MANAGER)
        local = (start - timedelta(days=1)).date()
        assert names(program.get("appointments/", date=local.isoformat())) == [visit.pk]
        assert names(program.get("appointments/", date=start.date().isoformat())) == []

    def test_a_walk_in_belongs_to_the_day_it_came(self) -> None:
        here = LocationFactory(time_zone="UTC")
        doctor = DoctorFactory(locations=[here])
        visit = register_walk_in(
            doctor_id=doctor.pk,
            location_id=here.pk,
            patient=PatientFactory(),
            visit=VisitDetails(type=AppointmentType.WALK_IN),
            actor=CLINIC,
        )
        today = timezone.now().date().isoformat()
        assert names(desk(here).get("appointments/", date=today)) == [visit.pk]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"status": "gone"}, "status"),
            ({"date": "tomorrow"}, "date"),
            ({"from": "2026-13-01"}, "from"),
            ({"doctor": "x"}, "doctor"),
            ({"doctor": "0"}, "doctor"),
            ({"upcoming": "maybe"}, "upcoming"),
            ({"search": "x" * 101}, "search"),
            ({"docter": "1"}, "docter"),
            ({"cursor": "x"}, "cursor"),
            ({"page_size": "9999"}, "page_size"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_named(self, query: dict[str, str], field: str) -> None:
        answer = Program(UserFactory()).get("appointments/", **query)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    @pytest.mark.parametrize("who", ["patient", "doctor", "desk", "manager"])
    def test_a_long_list_costs_what_a_short_one_costs(self, who: str) -> None:
        doctor, doctors = doctor_with_account()
        user, here = UserFactory(), LocationFactory()
        programs: dict[str, Callable[[], Program]] = {
            "patient": lambda: Program(user),
            "doctor": lambda: doctors,
            "desk": lambda: desk(here),
            "manager": lambda: program_of(Role.MANAGER),
        }
        program = programs[who]()
        costs = []
        for _round in range(2):
            for _one in range(1 if not costs else 99):
                of(user, SlotFactory(doctor=doctor, location=here))
            program.get("appointments/", page_size=100)
            with CaptureQueriesContext(connection) as queries:
                found = program.get("appointments/", page_size=100)
            costs.append(len(queries))
        assert len(names(found)) == 100
        assert costs[0] == costs[1]

    def test_a_page_leads_to_the_next(self) -> None:
        user = UserFactory()
        visits = [of(user).pk for _one in range(3)]
        program = Program(user)
        first = program.get("appointments/", page_size=2)
        second = program.client.get(first.json()["next"])
        assert names(first) + names(second) == visits[::-1]


class TestReading:
    def test_the_patients_side_sees_its_secret_and_not_what_staff_note(self) -> None:
        user = UserFactory()
        visit = of(user, reason="Sore knee", notes="Private")
        for program in (Program(user), ByLink(visit), ByLink(visit, UserFactory())):
            said = program.get(path(visit)).json()
            assert said["secret"] == visit.secret
            assert not {"notes", "reason", "symptoms", "urgency", "special_requirements"} & said.keys()

    def test_staff_see_what_is_noted_and_no_secret(self) -> None:
        visit = book(reason="Sore knee", notes="Private")
        said = desk(visit.location).get(path(visit)).json()
        assert (said["reason"], said["notes"]) == ("Sore knee", "Private")
        assert not {"secret", "manage_url"} & said.keys()

    def test_a_video_link_is_for_patients_while_the_visit_is_to_come(self) -> None:
        visit = book(meeting_link="https://video.example/1")
        assert ByLink(visit).get(path(visit)).json()["meeting_link"] == "https://video.example/1"
        Appointment.objects.update(status=AppointmentStatus.CANCELLED)
        assert ByLink(visit).get(path(visit)).json()["meeting_link"] == ""
        assert desk(visit.location).get(path(visit)).json()["meeting_link"] == "https://video.example/1"

    def test_a_look_of_staff_is_written_down(self) -> None:
        visit = book()
        program = desk(visit.location)
        program.get(path(visit))
        assert AuditEntry.objects.filter(
            actor=f"user:{program.user.pk}", verb="appointment.view", object_id=visit.pk
        ).exists()
        before = AuditEntry.objects.count()
        ByLink(visit).get(path(visit))
        assert AuditEntry.objects.count() == before

    def test_others_find_nothing(self) -> None:
        visit, other = book(), book()
        nobody = [Program(), Program(UserFactory()), desk(other.location), ByLink(other), program_of(Role.DOCTOR)]
        for program in nobody:
            refused(program.get(path(visit)), 404, "not_found")

    def test_a_wrong_secret_opens_nothing_even_to_those_who_might(self) -> None:
        user = UserFactory()
        visit = of(user)
        program = Program(user)
        program.client.defaults["HTTP_FRONTDESK_SECRET"] = visit.secret[:-1]
        refused(program.get(path(visit)), 404, "not_found")

    def test_a_link_that_is_too_old_says_so(self) -> None:
        visit = book()
        Appointment.objects.update(secret_expires_at=timezone.now())
        refused(ByLink(visit).get(path(visit)), 404, "link_expired")

    def test_an_old_link_leads_to_where_the_visit_was_moved(self) -> None:
        old = book()
        new = reschedule_appointment(appointment_id=old.pk, slot_id=SlotFactory().pk, actor=VISITOR)
        assert ByLink(old).get(path(old)).json()["successor"] == new.pk
        assert ByLink(old).get(path(new)).json()["id"] == new.pk
        refused(ByLink(new).get(path(old)), 404, "not_found")

    def test_it_is_not_sent_twice(self) -> None:
        visit = book()
        tag = ByLink(visit).get(path(visit))["ETag"]
        again = ByLink(visit).client.get(
            f"/api/v1/{path(visit)}", headers={"If-None-Match": tag, "Frontdesk-Secret": visit.secret}
        )
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("key", ["0", "9" * 19, "999999"])
    def test_no_number_breaks_it(self, key: str) -> None:
        refused(program_of(Role.MANAGER).get(f"appointments/{key}/"), 404, "not_found")


class TestThePatientsSide:
    @pytest.fixture(params=["link", "account"])
    def one(self, request: pytest.FixtureRequest) -> tuple[Appointment, Program]:
        """A visit to come, and the program of whoever comes."""
        user = UserFactory()
        visit = of(user, SlotFactory(location__needs_confirmation=True, starts_at=in_hours(72)))
        return visit, Program(user) if request.param == "account" else ByLink(visit)

    def test_it_is_confirmed(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        answer = program.post(path(visit, "confirm/"))
        assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
        assert program.post(path(visit, "confirm/")).json() == answer.json()
        assert program.get(path(visit))["ETag"] == answer["ETag"]

    def test_not_too_late(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        Appointment.objects.update(expires_at=timezone.now())
        answer = program.post(path(visit, "confirm/"))
        refused(answer, 409, "wrong_state")
        assert answer.json()["status_now"] == "pending"

    def test_somebody_says_that_they_come(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        refused(program.post(path(visit, "attendance/")), 409, "wrong_state")
        program.post(path(visit, "confirm/"))
        answer = program.post(path(visit, "attendance/"))
        assert answer.json()["attendance_confirmed_at"] is not None
        assert program.get(path(visit))["ETag"] == answer["ETag"]

    def test_it_is_cancelled(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        answer = program.post(path(visit, "cancel/"), {"message": "I feel better"})
        assert (answer.json()["status"], answer.json()["cancellation_message"]) == ("cancelled", "I feel better")
        assert program.get(path(visit))["ETag"] == answer["ETag"]
        visit.slot.refresh_from_db()
        assert visit.slot.taken == 0

    def test_not_without_notice(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        program.post(path(visit, "confirm/"))
        Location.objects.update(cancel_notice_minutes=60 * 24 * 30)
        refused(program.post(path(visit, "cancel/")), 409, "too_late")
        refused(program.post(path(visit, "reschedule/"), {"slot": SlotFactory().pk}), 409, "too_late")

    @pytest.mark.parametrize("seat", ["slot", "hold"])
    def test_it_is_moved_once(self, one: tuple[Appointment, Program], seat: str) -> None:
        visit, program = one
        slot = SlotFactory(capacity=2)
        hold = hold_seat(slot_id=slot.pk, holder="one", actor=VISITOR)
        body: dict[str, Any] = {"slot": slot.pk} if seat == "slot" else {"hold": hold.token}
        answers = [program.post(path(visit, "reschedule/"), body) for _time in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201], answers[1].content
        made = Appointment.objects.get(slot=slot)
        assert [answer.json()["id"] for answer in answers] == [made.pk, made.pk]
        assert answers[0].json()["secret"] == made.secret
        assert answers[0]["Location"] == f"/api/v1/appointments/{made.pk}/"
        assert program.get(path(made))["ETag"] == answers[0]["ETag"]
        assert program.get(path(visit)).json()["status"] == "rescheduled"

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({}, 400, "seat"),
            ({"slot": 1, "hold": "x"}, 400, "seat"),
            ({"slot": 999_999}, 404, "slot_unknown"),
            ({"hold": "nobody's"}, 409, "hold_expired"),
            ({"slot": "x"}, 400, "invalid"),
            ({"slot": 1, "force": True}, 400, "unknown_field"),
        ],
    )
    def test_no_move_without_a_seat(
        self, one: tuple[Appointment, Program], body: dict[str, Any], status: int, code: str
    ) -> None:
        visit, program = one
        refused(program.post(path(visit, "reschedule/"), body), status, code)
        visit.refresh_from_db()
        assert visit.status == "pending"

    def test_a_seat_that_is_gone_is_told_with_the_nearest(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        slot = SlotFactory()
        near = SlotFactory(doctor=slot.doctor, location=slot.location)
        hold_seat(slot_id=slot.pk, holder="else", actor=VISITOR)
        answer = program.post(path(visit, "reschedule/"), {"slot": slot.pk})
        refused(answer, 409, "slot_taken")
        assert [free["id"] for free in answer.json()["nearest"]] == [near.pk]

    def test_staffs_doings_are_not_theirs(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        for answer in (
            program.patch(path(visit, "status/"), {"status": "confirmed"}),
            program.patch(path(visit), {"notes": "VIP"}),
        ):
            assert answer.json()["code"] in {"not_authenticated", "permission_denied"}
        visit.refresh_from_db()
        assert (visit.status, visit.notes) == ("pending", "")

    def test_nothing_may_be_said_where_nothing_is_asked(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        refused(program.post(path(visit, "confirm/"), {"status": "completed"}), 400, "unknown_field")

    def test_what_stands_in_calendars(self, one: tuple[Appointment, Program]) -> None:
        visit, program = one
        answer = program.get(path(visit, "calendar/"))
        assert answer["Content-Type"].startswith("text/calendar")
        assert b"BEGIN:VEVENT" in answer.content
        new = reschedule_appointment(appointment_id=visit.pk, slot_id=SlotFactory().pk, actor=VISITOR)
        assert f"{new.starts_at:%Y%m%dT%H%M%SZ}" in program.get(path(visit, "calendar/")).content.decode()

    @pytest.mark.parametrize("accept", ["text/calendar", "application/json", "image/png"])
    def test_a_calendar_that_cannot_be_had_is_told_in_json(self, accept: str) -> None:
        answer = Program().client.get("/api/v1/appointments/5/calendar/", headers={"Accept": accept})
        refused(answer, 404, "not_found")
        assert answer["Content-Type"] == "application/json"

    def test_others_can_do_nothing_with_it(self, one: tuple[Appointment, Program]) -> None:
        visit, _program = one
        for program in (Program(), Program(UserFactory()), ByLink(book())):
            for action in ("confirm/", "attendance/", "cancel/"):
                refused(program.post(path(visit, action)), 404, "not_found")
            refused(program.post(path(visit, "reschedule/"), {"slot": SlotFactory().pk}), 404, "not_found")
            refused(program.get(path(visit, "calendar/")), 404, "not_found")
        visit.refresh_from_db()
        assert visit.status == "pending"


class TestFindingItAgain:
    def test_by_reference_and_contact(self) -> None:
        visit = book()
        answer = Program().post("appointments/find/", {"number": visit.number.lower(), "contact": "+44 20 7946 0123"})
        assert (answer.status_code, answer.json()["secret"]) == (200, visit.secret)

    def test_whatever_is_wrong_the_answer_is_the_same(self) -> None:
        visit = book()
        answers = [
            Program().post("appointments/find/", {"number": number, "contact": contact})
            for number, contact in (
                (visit.number, "other@example.org"),
                ("APT-2026-999999", visit.patient.email),
                ("what?", "who?"),
            )
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1

    def test_guessing_ends_together_with_that_on_the_page(self) -> None:
        visit = book()
        program = Program()
        for _try in range(5):
            program.client.post("/find/", {"number": visit.number, "contact": "a@example.org"})
            program.post("appointments/find/", {"number": visit.number, "contact": "a@example.org"})
        body = {"number": visit.number, "contact": visit.patient.email}
        refused(program.post("appointments/find/", body), 429, "too_many_attempts")

    @pytest.mark.django_db(transaction=True)
    def test_links_are_sent_and_nobody_is_told_to_whom(self) -> None:
        visit = book()
        answers = [
            Program().post("appointments/send-links/", {"email": email})
            for email in (visit.patient.email, "nobody@example.org")
        ]
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        assert [message.to for message in wait_for_mail(1)] == [[visit.patient.email]]
        assert visit.secret in mail.outbox[0].body

    def test_whoever_holds_the_link_keeps_it_in_their_account(self) -> None:
        visit, user = book(), UserFactory()
        refused(ByLink(visit).post(path(visit, "add-to-account/")), 401, "not_authenticated")
        refused(Program(user).post(path(visit, "add-to-account/")), 404, "not_found")
        assert ByLink(visit, user).post(path(visit, "add-to-account/")).status_code == 200
        assert names(Program(user).get("appointments/")) == [visit.pk]
        refused(ByLink(visit, UserFactory()).post(path(visit, "add-to-account/")), 403, "not_permitted")


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
