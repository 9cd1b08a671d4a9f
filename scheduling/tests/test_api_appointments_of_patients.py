"""What patients do with their appointments through the API, signed in or by the link."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from scheduling.models import Appointment, Location
from scheduling.services.holds import hold_seat
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.api import ByLink, Program, names, refused
from scheduling.tests.factories import (
    VISITOR,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)
from scheduling.tests.waiting import wait_for_mail

pytestmark = pytest.mark.django_db


def path(visit: Appointment, action: str = "") -> str:
    """The address of a visit, or of what is done with it."""
    return f"appointments/{visit.pk}/{action}"


def of(user: User, slot: Any = None, **visit: Any) -> Appointment:
    """A visit of somebody's family."""
    return book(slot, patient=PatientFactory(user=user), **visit)


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
