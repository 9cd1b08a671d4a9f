"""Appointments through the API once they are booked: found and read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.roles import Role
from scheduling.models import Appointment, Doctor, Location
from scheduling.services.booking import VisitDetails, register_walk_in
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus, AppointmentType
from scheduling.tests.api import ByLink, Program, names, program_of, refused
from scheduling.tests.factories import (
    CLINIC,
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)

pytestmark = pytest.mark.django_db


def path(visit: Appointment, action: str = "") -> str:
    """The address of a visit, or of what is done with it."""
    return f"appointments/{visit.pk}/{action}"


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
        manager = program_of(Role.MANAGER)
        for program in (manager, Program(user)):
            self.narrowed(program, first, second)
        for query in ({"email": "BEA@example.org"}, {"search": "bea@"}):
            assert names(manager.get("appointments/", **query)) == [second.pk]

    def test_no_filter_tells_patients_what_the_answers_do_not(self) -> None:
        user, mother = UserFactory(), UserFactory(email="mother@example.org")
        friend = PatientFactory(email="bea@example.org", phone="+442079460018", first_name="Bea")
        visit = book(SlotFactory(starts_at=in_hours(30)), patient=friend)
        Appointment.objects.update(booked_by=user)
        own = book(SlotFactory(starts_at=in_hours(60)), patient=PatientFactory(user=user, email="me@example.org"))
        Appointment.objects.filter(pk=own.pk).update(booked_by=mother)
        guesses = [{"search": guess} for guess in ("bea@", "example.org", "7946 0018", "020")]
        guesses += [{"email": "bea@example.org"}, {"email": "mother@example.org"}]
        for guess in guesses:
            assert visit.pk not in names(Program(user).get("appointments/", **guess)), guess
        assert names(Program(user).get("appointments/", email="mother@example.org")) == []
        assert names(Program(user).get("appointments/", search="Bea")) == [visit.pk]
        assert names(Program(user).get("appointments/", search=friend.number)) == [visit.pk]
        assert names(Program(user).get("appointments/", search="me@")) == [own.pk]
        assert names(Program(user).get("appointments/", email=user.email)) == [visit.pk]

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
        assert found(email="mother@example.org") == [second.pk]
        assert found(email="nobody@example.org") == []
        assert found(number=first.number.lower()) == [first.pk]
        assert found(number="APT-1999-1") == found(number="what?") == []
        assert found(search=second.patient.number) == [second.pk]
        assert found(search=f"{first.patient.first_name} patient") == [first.pk]
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
            ({"date": "2026-1-5"}, "date"),
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

    @pytest.mark.parametrize("secret", ["", "with blanks", "x" * 65, "é"])
    def test_what_can_be_no_secret_is_refused(self, secret: str) -> None:
        visit = book()
        program = ByLink(visit)
        program.client.defaults["HTTP_FRONTDESK_SECRET"] = secret
        refused(program.get(path(visit)), 400, "invalid", "Frontdesk-Secret")

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
