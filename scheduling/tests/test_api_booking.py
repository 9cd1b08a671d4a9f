"""Booking through the API: by a hold, by a slot, at the desk; asked once or twenty times."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from accounts.roles import Role
from scheduling import invariants
from scheduling.models import Appointment, Hold, Patient, Slot, StaffAssignment
from scheduling.services.holds import hold_seat
from scheduling.states import AppointmentStatus, AppointmentType, Source
from scheduling.tests.api import V1, ByLink, Program, program_of, refused
from scheduling.tests.booking import answer_all, page, press, time_url
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
)
from scheduling.tests.terms import terms
from testing.threads import run_together

pytestmark = pytest.mark.django_db

ADA = {
    "first_name": "Ada",
    "last_name": "Okafor",
    "date_of_birth": "1990-02-03",
    "phone": "020 7946 0456",
    "email": "ada@example.org",
}


def held(slot: Slot | None = None) -> str:
    """The token of a hold."""
    return hold_seat(slot_id=(slot or SlotFactory()).pk, holder="one", actor=VISITOR).token


class TestVisitors:
    def test_a_held_seat_is_booked(self) -> None:
        slot = SlotFactory()
        answer = Program().post("appointments/", {"hold": held(slot), "patient": ADA, "reason": "Sore knee"})
        made = Appointment.objects.select_related("patient").get()
        said = answer.json()
        assert answer.status_code == 201
        assert answer["Location"] == f"{V1}appointments/{made.pk}/"
        assert (said["id"], said["number"], said["status"]) == (made.pk, made.number, "confirmed")
        assert said["starts_at"] == slot.starts_at.isoformat().replace("+00:00", "Z")
        assert (said["fee"], said["currency"]) == ("60.00", "GBP")
        assert said["secret"] == made.secret
        assert said["manage_url"].endswith(f"/a/{made.secret}/")
        assert (made.reason, made.source, made.patient.last_name) == ("Sore knee", Source.API, "Okafor")

    def test_what_is_to_be_paid_first_is_told_and_cannot_be_confirmed_without(self) -> None:
        with terms("20.00"):
            said = Program().post("appointments/", {"hold": held(), "patient": ADA}).json()
        assert (said["status"], said["fee"], said["prepayment"]) == ("pending", "60.00", "20.00")
        made = Appointment.objects.get()
        refused(ByLink(made).post(f"appointments/{made.pk}/confirm/"), 409, "payment_due")
        confirmed = program_of(Role.RECEPTION, made.location).post(f"appointments/{made.pk}/confirm/").json()
        assert (confirmed["status"], confirmed["prepayment"]) == ("confirmed", "0.00")

    def test_what_it_is_about_is_not_told_back(self) -> None:
        """Pages do not either: links are passed on."""
        answer = Program().post("appointments/", {"hold": held(), "patient": ADA, "reason": "Sore knee"})
        assert "Sore knee" not in answer.content.decode()

    def test_the_tag_is_that_of_the_appointment_as_its_link_opens_it(self) -> None:
        made = Program().post("appointments/", {"hold": held(), "patient": ADA})
        path = f"{V1}appointments/{made.json()['id']}/"
        read = Client().get(path, headers={"Frontdesk-Secret": made.json()["secret"]})
        assert (read.status_code, read["ETag"]) == (200, made["ETag"])

    def test_the_token_of_a_hold_books_once(self) -> None:
        body = {"hold": held(), "patient": ADA, "reason": "Sore knee"}
        first, second = (Program().post("appointments/", body) for _time in range(2))
        assert first.json()["id"] == second.json()["id"]
        assert Appointment.objects.count() == 1

    def test_the_token_of_a_hold_with_another_body_is_refused(self) -> None:
        token = held()
        Program().post("appointments/", {"hold": token, "patient": ADA})
        refused(
            Program().post("appointments/", {"hold": token, "patient": ADA | {"first_name": "Eve"}}), 409, "key_reused"
        )

    def test_a_slot_is_booked_at_once(self) -> None:
        slot = SlotFactory()
        assert Program().post("appointments/", {"slot": slot.pk, "patient": ADA}).status_code == 201
        slot.refresh_from_db()
        assert slot.taken == 1

    def test_a_booking_to_be_confirmed_says_until_when(self) -> None:
        slot = SlotFactory(location__needs_confirmation=True)
        said = Program().post("appointments/", {"slot": slot.pk, "patient": ADA}).json()
        assert said["status"] == "pending"
        assert said["expires_at"] == Appointment.objects.get().expires_at.isoformat().replace("+00:00", "Z")

    def test_an_address_takes_no_more_seats_by_leaving_holds_out(self, settings: Settings) -> None:
        settings.HOLDS_PER_ADDRESS = 1
        answers = [Program().post("appointments/", {"slot": SlotFactory().pk, "patient": ADA}) for _time in range(2)]
        assert [answer.status_code for answer in answers] == [201, 429]
        assert Appointment.objects.count() == 1
        assert Slot.objects.filter(taken__gt=0).count() == 1

    def test_whoever_comes_too_late_is_told(self) -> None:
        slot = SlotFactory()
        near = SlotFactory(doctor=slot.doctor, location=slot.location)
        held(slot)
        answer = Program().post("appointments/", {"slot": slot.pk, "patient": ADA})
        refused(answer, 409, "slot_taken")
        assert [one["id"] for one in answer.json()["nearest"]] == [near.pk]

    @pytest.mark.parametrize(
        ("body", "status", "code", "field"),
        [
            ({"patient": ADA}, 400, "seat", "slot"),
            ({"slot": 1, "hold": "x", "patient": ADA}, 400, "seat", "slot"),
            ({"slot": 1, "doctor": 1, "patient": ADA}, 400, "seat", "slot"),
            ({"slot": 1}, 400, "required", "patient"),
            ({"slot": 999_999, "patient": ADA}, 404, "slot_unknown", None),
            ({"hold": "nobody's", "patient": ADA}, 409, "hold_expired", None),
            ({"slot": "1", "patient": ADA}, 400, "invalid", "slot"),
            ({"slot": True, "patient": ADA}, 400, "invalid", "slot"),
            ({"slot": 2**63, "patient": ADA}, 400, "max_value", "slot"),
            ({"slot": 1, "patient": []}, 400, "invalid", "patient"),
            ({"slot": 1, "patient": True}, 400, "invalid", "patient"),
            ({"slot": 1, "patient": ADA | {"frist_name": "x"}}, 400, "unknown_field", "patient.frist_name"),
            ({"slot": 1, "patient": ADA | {"date_of_birth": "3 May"}}, 400, "invalid", "patient.date_of_birth"),
            ({"slot": 1, "patient": ADA, "fee": "0"}, 400, "unknown_field", "fee"),
            ({"slot": 1, "patient": ADA, "status": "confirmed"}, 400, "unknown_field", "status"),
            ({"slot": 1, "patient": ADA, "urgency": "very"}, 400, "invalid_choice", "urgency"),
            ({"slot": 1, "patient": ADA, "reason": "x" * 501}, 400, "max_length", "reason"),
            ({"slot": 1, "patient": ADA, "notes": "VIP"}, 403, "not_permitted", "notes"),
            (
                {"slot": 1, "patient": ADA, "meeting_link": "https://evil.example/"},
                403,
                "not_permitted",
                "meeting_link",
            ),
            ({"slot": 1, "patient": ADA, "type": "emergency"}, 403, "not_permitted", "type"),
            ({"slot": 1, "patient": ADA, "urgency": "emergency"}, 403, "not_permitted", "urgency"),
            ({"type": "walk_in", "doctor": 1, "location": 1, "patient": ADA}, 403, "not_permitted", "type"),
            ({"slot": 1, "patient": ADA, "type": "follow_up"}, 400, "invalid_choice", "type"),
            ({"slot": 1, "patient": 1}, 404, "patient_unknown", "patient"),
            ({"slot": 1, "follows": 1}, 404, "appointment_unknown", "follows"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_named(
        self, body: dict[str, Any], status: int, code: str, field: str | None
    ) -> None:
        answer = Program().post("appointments/", body)
        refused(answer, status, code, field)
        assert not Appointment.objects.exists()
        assert not Patient.objects.exists()

    @pytest.mark.parametrize(
        ("patient", "field"),
        [
            (ADA | {"phone": "", "email": ""}, "phone"),
            (ADA | {"phone": "abc"}, "phone"),
            (ADA | {"date_of_birth": "2999-01-01"}, "date_of_birth"),
        ],
    )
    def test_what_the_clinic_says_of_patients_is_refused_by_name(self, patient: dict[str, str], field: str) -> None:
        slot = SlotFactory()
        refused(Program().post("appointments/", {"slot": slot.pk, "patient": patient}), 400, "invalid_patient", field)
        slot.refresh_from_db()
        assert slot.taken == 0


class TestPatients:
    def test_somebody_books_for_one_of_their_family(self) -> None:
        user = UserFactory()
        child = PatientFactory(user=user)
        answer = Program(user).post("appointments/", {"hold": held(), "patient": child.pk})
        assert answer.status_code == 201
        assert Appointment.objects.get().patient == child
        assert Program(user).get(f"appointments/{answer.json()['id']}/")["ETag"] == answer["ETag"]

    def test_not_for_somebody_elses(self) -> None:
        stranger = PatientFactory(user=UserFactory())
        answer = Program(UserFactory()).post("appointments/", {"hold": held(), "patient": stranger.pk})
        refused(answer, 404, "patient_unknown", "patient")
        assert Hold.objects.count() == 1

    def test_a_visit_of_the_family_is_followed_up(self) -> None:
        user = UserFactory()
        first = book(patient=PatientFactory(user=user), reason="Sore knee")
        Appointment.objects.update(status=AppointmentStatus.COMPLETED)
        answer = Program(user).post("appointments/", {"slot": SlotFactory().pk, "follows": first.pk})
        assert answer.status_code == 201, answer.content
        made = Appointment.objects.get(follows=first)
        assert (made.patient, made.type, made.reason) == (first.patient, AppointmentType.FOLLOW_UP, "Sore knee")

    def test_no_visit_of_others_is(self) -> None:
        first = book()
        Appointment.objects.update(status=AppointmentStatus.COMPLETED)
        answer = Program(UserFactory()).post("appointments/", {"slot": SlotFactory().pk, "follows": first.pk})
        refused(answer, 404, "appointment_unknown", "follows")

    def test_a_visit_that_has_not_begun_is_not_followed_up(self) -> None:
        user = UserFactory()
        first = book(patient=PatientFactory(user=user))
        answer = Program(user).post("appointments/", {"slot": SlotFactory().pk, "follows": first.pk})
        refused(answer, 409, "wrong_state")
        assert answer.json()["status_now"] == "confirmed"


class TestTheDesk:
    def test_reception_books_with_what_staff_say(self) -> None:
        slot, patient = SlotFactory(location__needs_confirmation=True), PatientFactory()
        body = {
            "slot": slot.pk,
            "patient": patient.pk,
            "type": "emergency",
            "urgency": "emergency",
            "notes": "By phone",
            "meeting_link": "https://video.example/1",
        }
        answer = program_of(Role.RECEPTION, slot.location).post("appointments/", body)
        made = Appointment.objects.get()
        assert answer.status_code == 201, answer.content
        assert answer.json()["notes"] == "By phone"
        assert answer.json()["secret"] == made.secret
        assert (made.status, made.type, made.meeting_link) == ("confirmed", "emergency", "https://video.example/1")

    def test_a_walk_in_needs_no_slot(self) -> None:
        here = LocationFactory()
        doctor = DoctorFactory(locations=[here])
        body = {"type": "walk_in", "doctor": doctor.pk, "location": here.pk, "patient": ADA}
        answer = program_of(Role.RECEPTION, here).post("appointments/", body)
        assert answer.status_code == 201, answer.content
        assert (answer.json()["starts_at"], answer.json()["type"]) == (None, "walk_in")

    @pytest.mark.parametrize("seat", ["slot", "hold", "walk_in"])
    def test_reception_books_nowhere_else(self, seat: str) -> None:
        here, there = LocationFactory(), SlotFactory()
        bodies: dict[str, dict[str, Any]] = {
            "slot": {"slot": there.pk},
            "hold": {"hold": held(there)},
            "walk_in": {"type": "walk_in", "doctor": there.doctor_id, "location": there.location_id},
        }
        answer = program_of(Role.RECEPTION, here).post("appointments/", {**bodies[seat], "patient": ADA})
        assert answer.json()["code"] in {"slot_unknown", "slot_closed"}
        assert not Appointment.objects.exists()
        assert not Patient.objects.exists()

    def test_reception_books_only_for_patients_that_it_sees(self) -> None:
        here, elsewhere = SlotFactory(), book()
        answer = program_of(Role.RECEPTION, here.location).post(
            "appointments/", {"slot": here.pk, "patient": elsewhere.patient_id}
        )
        refused(answer, 404, "patient_unknown", "patient")

    def test_doctors_leave_booking_to_the_desk(self) -> None:
        slot = SlotFactory()
        answer = program_of(Role.DOCTOR, slot.location).post("appointments/", {"slot": slot.pk, "patient": ADA})
        refused(answer, 403, "not_permitted")


class TestAskedAgain:
    def test_a_key_books_a_slot_once(self) -> None:
        body = {"slot": SlotFactory(capacity=3).pk, "patient": ADA}
        first, second = (Program().post("appointments/", body, key="of the first") for _time in range(2))
        assert first.status_code == second.status_code == 400, "a key has no blanks"
        first, second = (Program().post("appointments/", body, key="of-the-first") for _time in range(2))
        assert first.json() == second.json()
        assert (first.headers.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
        assert first["ETag"] == second["ETag"]
        assert Appointment.objects.count() == 1

    def test_a_key_with_another_body_is_refused(self) -> None:
        slot = SlotFactory(capacity=3)
        Program().post("appointments/", {"slot": slot.pk, "patient": ADA}, key="of-the-first")
        other = {"slot": slot.pk, "patient": ADA | {"first_name": "Eve"}}
        refused(Program().post("appointments/", other, key="of-the-first"), 409, "key_reused")
        assert (Appointment.objects.count(), Patient.objects.count()) == (1, 1)

    def test_what_was_refused_leaves_the_key_free(self) -> None:
        slot = SlotFactory()
        token = held(slot)
        body = {"slot": slot.pk, "patient": ADA}
        refused(Program().post("appointments/", body, key="of-the-first"), 409, "slot_taken")
        Hold.objects.filter(token=token).delete()
        Slot.objects.update(taken=0)
        assert Program().post("appointments/", body, key="of-the-first").status_code == 201

    def test_a_key_opens_nothing_to_a_desk_that_has_moved_away(self) -> None:
        slot = SlotFactory()
        program = program_of(Role.RECEPTION, slot.location)
        body = {"slot": slot.pk, "patient": ADA}
        made = program.post("appointments/", body, key="of-the-first")
        assert program.post("appointments/", body, key="of-the-first").json() == made.json()
        StaffAssignment.objects.get().locations.set([LocationFactory()])
        again = program.post("appointments/", body, key="of-the-first")
        refused(again, 409, "key_reused")
        assert Appointment.objects.get().secret not in again.content.decode()


def at_once(body: dict[str, Any], key: str | None = None) -> list[Any]:
    """The same booking, twenty times at one moment."""
    outcomes = run_together([lambda: Program().post("appointments/", body, key=key)] * 20)
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    return [outcome.answer for outcome in outcomes]


@pytest.mark.django_db(transaction=True)
class TestTwentyAtOnce:
    def test_one_key_makes_one_appointment_and_one_patient(self) -> None:
        slot = SlotFactory(capacity=30)
        answers = at_once({"slot": slot.pk, "patient": ADA}, key="of-the-first")
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert (Appointment.objects.count(), Patient.objects.count()) == (1, 1)
        assert [str(drift) for drift in invariants.check()] == []

    def test_one_hold_makes_one_appointment_and_one_patient(self) -> None:
        answers = at_once({"hold": held(SlotFactory(capacity=30)), "patient": ADA})
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert (Appointment.objects.count(), Patient.objects.count()) == (1, 1)
        assert [str(drift) for drift in invariants.check()] == []

    def test_without_either_they_are_different_wishes(self, settings: Settings) -> None:
        """The control: it is the key that makes one of twenty."""
        settings.HOLDS_PER_ADDRESS = 0
        answers = at_once({"slot": SlotFactory(capacity=30).pk, "patient": ADA})
        assert [answer.status_code for answer in answers].count(201) == 1
        assert {answer.json()["code"] for answer in answers if answer.status_code != 201} == {"patient_busy"}


class TestWhatItCosts:
    def queries_of_the_pages(self, client: Client, slot: Slot, who: str | None = None) -> int:
        """The press that holds a seat, and the last one that books it."""
        client.get(time_url(slot))
        with CaptureQueriesContext(connection) as hold_press:
            token = str(press(client, slot).url.split("/")[2])
        if who is None:
            answer_all(client, token)
        else:
            client.post(page("book_who", token), {"patient": who})
            client.post(page("book_details", token), {"reason": "Sore knee", "urgency": "low"})
        with CaptureQueriesContext(connection) as check_press:
            assert client.post(page("book_check", token)).status_code == 302
        return len(hold_press) + len(check_press)

    def queries_of_the_api(self, program: Program, slot: Slot, patient: Any) -> int:
        """A hold, and the booking of it."""
        with CaptureQueriesContext(connection) as queries:
            token = program.post(f"slots/{slot.pk}/hold/").json()["token"]
            body = {"hold": token, "patient": patient, "reason": "Sore knee"}
            assert program.post("appointments/", body).status_code == 201
        return len(queries)

    def test_a_visitor_costs_no_more_than_on_the_pages(self) -> None:
        pages = self.queries_of_the_pages(Client(), SlotFactory())
        patient = ADA | {"phone": "020 7946 0111", "email": "other@example.org"}
        assert self.queries_of_the_api(Program(), SlotFactory(), patient) <= pages

    def test_a_patient_costs_no_more_than_on_the_pages(self) -> None:
        user: User = UserFactory()
        child = PatientFactory(user=user, date_of_birth=date(2015, 1, 1))
        client = Client()
        client.force_login(user)
        pages = self.queries_of_the_pages(client, SlotFactory(), who=str(child.pk))
        assert self.queries_of_the_api(Program(user), SlotFactory(), child.pk) <= pages
