"""Locations, specialties and doctors for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling.models import Doctor, Location, Specialty
from scheduling.tests.api import Program, asking, names, program_of
from scheduling.tests.factories import DoctorFactory, LocationFactory, SlotFactory, SpecialtyFactory

pytestmark = pytest.mark.django_db

ROLES = [None, Role.PATIENT, Role.DOCTOR, Role.RECEPTION]


def doctor_said(**changes: Any) -> dict[str, Any]:
    """What a manager says about a new doctor."""
    specialty = changes.pop("specialty", None) or SpecialtyFactory().pk
    return {
        "name": "Dr Amara Osei",
        "specialty": specialty,
        "email": "amara@example.org",
        "license_number": "GMC-1",
        "consultation_fee": "75.50",
        **changes,
    }


class TestReading:
    @pytest.mark.parametrize("role", ROLES)
    def test_everybody_reads_what_is_active_in_the_order_of_names(self, role: Role | None) -> None:
        second, first = LocationFactory(name="West"), LocationFactory(name="East")
        LocationFactory(name="Shut", is_active=False)
        program = asking(role, first)
        assert names(program.get("locations/")) == [first.pk, second.pk]
        assert names(program.get("locations/", is_active="false")) == []

    def test_managers_see_what_is_not_active_when_they_ask_for_it(self) -> None:
        active, shut = LocationFactory(), LocationFactory(is_active=False)
        manager = program_of(Role.MANAGER)
        assert names(manager.get("locations/")) == [active.pk]
        assert names(manager.get("locations/", is_active="false")) == [shut.pk]
        assert manager.get(f"locations/{shut.pk}/").json()["is_active"] is False
        assert Program().get(f"locations/{shut.pk}/").status_code == 404

    def test_doctors_are_found_by_specialty_location_and_words(self) -> None:
        place, heart = LocationFactory(), SpecialtyFactory(name="Cardiology")
        ada = DoctorFactory(name="Dr Ada Byron", specialty=heart, locations=[place, LocationFactory()])
        bob = DoctorFactory(name="Dr Bob Stone", locations=[place])
        DoctorFactory(name="Dr Carl Away", specialty=heart)
        program = Program()
        assert names(program.get("doctors/", location=place.pk)) == [ada.pk, bob.pk]
        assert names(program.get("doctors/", location=place.pk, specialty=heart.pk)) == [ada.pk]
        assert names(program.get("doctors/", search="byron cardio")) == [ada.pk]
        assert names(program.get("doctors/", search="byron stone")) == []

    def test_a_doctor_is_told_with_all_that_pages_show(self) -> None:
        place = LocationFactory()
        doctor = DoctorFactory(locations=[place], room="Room 4", experience_years=12)
        assert Program().get(f"doctors/{doctor.pk}/").json() == {
            "id": doctor.pk,
            "name": doctor.name,
            "specialty": doctor.specialty_id,
            "specialty_name": doctor.specialty.name,
            "locations": [place.pk],
            "room": "Room 4",
            "consultation_fee": "60.00",
            "currency": "GBP",
            "experience_years": 12,
            "biography": "",
            "photo": None,
            "is_active": True,
        }

    def test_how_to_reach_a_doctor_is_for_staff_of_their_locations_only(self) -> None:
        here, elsewhere = LocationFactory(), LocationFactory()
        doctor = DoctorFactory(locations=[here], phone="+442079460999")
        for program in (Program(), asking(Role.PATIENT), asking(Role.RECEPTION, elsewhere)):
            shown = program.get(f"doctors/{doctor.pk}/").json()
            assert not {"email", "phone", "license_number", "user"} & set(shown)
        for program in (asking(Role.RECEPTION, here), asking(Role.DOCTOR, here), program_of(Role.MANAGER)):
            shown = program.get(f"doctors/{doctor.pk}/").json()
            assert (shown["email"], shown["phone"]) == (doctor.email, "+442079460999")
            assert (shown["license_number"], shown["user"]) == (doctor.license_number, None)

    def test_nobody_finds_out_an_address_by_searching_for_it(self) -> None:
        doctor = DoctorFactory(email="hidden@example.org")
        assert names(Program().get("doctors/", search="hidden")) == []
        assert names(Program().get("doctors/", search=doctor.name)) == [doctor.pk]

    @pytest.mark.parametrize("path", ["locations/", "specialties/", "doctors/"])
    @pytest.mark.parametrize("role", [None, Role.RECEPTION, Role.MANAGER])
    def test_a_hundred_rows_cost_as_many_queries_as_one(self, path: str, role: Role | None) -> None:
        place = LocationFactory()
        DoctorFactory(locations=[place])
        program = asking(role, place) if role != Role.MANAGER else program_of(Role.MANAGER)
        program.get(path)

        def cost() -> int:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                found = names(program.get(path, page_size=200))
            assert len(found) in (1, 101)
            return len(queries)

        one = cost()
        for _more in range(100):
            DoctorFactory(locations=[LocationFactory()])
        assert cost() == one

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"location": "x"}, "location"),
            ({"location": 2**63}, "location"),
            ({"specialty": "-1"}, "specialty"),
            ({"is_active": "yes"}, "is_active"),
            ({"search": "x" * 101}, "search"),
            ({"colour": "red"}, "colour"),
            ({"page_size": "0"}, "page_size"),
        ],
    )
    def test_questions_that_make_no_sense_are_refused_by_name(self, query: dict[str, Any], field: str) -> None:
        response = Program().get("doctors/", **query)
        assert response.status_code == 400
        assert [error["field"] for error in response.json()["errors"]] == [field]


class TestChanging:
    @pytest.mark.parametrize("role", ROLES)
    def test_only_managers_change_the_clinic(self, role: Role | None) -> None:
        doctor = DoctorFactory(locations=[LocationFactory()])
        place = doctor.locations.get()
        program = asking(role, place)
        tried = [
            program.post("locations/", {"name": "New", "slug": "new"}),
            program.patch(f"doctors/{doctor.pk}/", {"name": "Other"}),
            program.delete(f"specialties/{SpecialtyFactory().pk}/"),
        ]
        assert {response.status_code for response in tried} == ({401} if role is None else {403})
        assert Doctor.objects.get().name == doctor.name
        assert (Location.objects.count(), Specialty.objects.count()) == (1, 2)

    def test_a_manager_sets_up_a_place_a_specialty_and_a_doctor(self) -> None:
        manager = program_of(Role.MANAGER)
        place = manager.post("locations/", {"name": "Riverside", "slug": "riverside", "phone": "020 7946 0018"})
        assert place.status_code == 201, place.content
        assert (place.json()["phone"], place.json()["time_zone"]) == ("+442079460018", "Europe/London")
        specialty = manager.post("specialties/", {"name": "Cardiology"}).json()["id"]
        said = doctor_said(specialty=specialty, locations=[place.json()["id"]], currency="EUR")
        made = manager.post("doctors/", said)
        assert made.status_code == 201, made.content
        doctor = Doctor.objects.get(pk=made.json()["id"])
        assert list(doctor.locations.values_list("pk", flat=True)) == [place.json()["id"]]
        assert (str(doctor.consultation_fee), doctor.currency) == ("75.50", "EUR")
        assert made.json()["email"] == "amara@example.org"
        written = AuditEntry.objects.filter(verb="doctor.add", actor=f"user:{manager.user.pk}")
        assert written.exists()

    def test_asking_twice_under_one_key_makes_one(self) -> None:
        manager = program_of(Role.MANAGER)
        said = {"name": "Cardiology"}
        first, again = (manager.post("specialties/", said, key="once-and-only") for _time in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert again["Idempotent-Replayed"] == "true"
        other = manager.post("specialties/", {"name": "Another"}, key="once-and-only")
        assert (other.status_code, other.json()["code"]) == (409, "key_reused")
        assert Specialty.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "status", "code", "field"),
        [
            ({"email": "taken@example.org"}, 409, "already_there", "email"),
            ({"specialty": 999}, 400, "invalid_clinic_entry", "specialty"),
            ({"locations": [999]}, 400, "invalid_clinic_entry", "locations"),
            ({"user": 999}, 400, "invalid_clinic_entry", "user"),
            ({"phone": "not a number"}, 400, "invalid_clinic_entry", "phone"),
            ({"consultation_fee": 75.5}, 400, "invalid", "consultation_fee"),
            ({"consultation_fee": "-1.00"}, 400, "invalid", "consultation_fee"),
            ({"currency": "pounds"}, 400, "invalid", "currency"),
            ({"name": "   "}, 400, "blank", "name"),
            ({"name": 5}, 400, "invalid", "name"),
            ({"is_active": "yes"}, 400, "invalid", "is_active"),
            ({"is_superuser": True}, 400, "unknown_field", "is_superuser"),
            ({"photo": "x"}, 400, "unknown_field", "photo"),
            ({"id": 5}, 400, "unknown_field", "id"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(
        self, changes: dict[str, Any], status: int, code: str, field: str
    ) -> None:
        DoctorFactory(email="taken@example.org")
        response = program_of(Role.MANAGER).post("doctors/", doctor_said(**changes))
        assert response.status_code == status, response.content
        assert response.json()["code"] == code
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert Doctor.objects.count() == 1

    def test_the_clock_of_a_place_stays_under_slots_to_come(self) -> None:
        location = SlotFactory().location
        response = program_of(Role.MANAGER).patch(f"locations/{location.pk}/", {"time_zone": "Asia/Kolkata"})
        assert (response.status_code, response.json()["code"]) == (409, "slots_ahead")
        assert program_of(Role.MANAGER).patch(f"locations/{location.pk}/", {"name": "Renamed"}).status_code == 200
        location.refresh_from_db()
        assert (location.name, location.time_zone) == ("Renamed", "Europe/London")

    def test_a_doctor_leaves_no_place_with_slots_to_come(self) -> None:
        slot, elsewhere = SlotFactory(), LocationFactory()
        manager, path = program_of(Role.MANAGER), f"doctors/{slot.doctor_id}/"
        refused = manager.patch(path, {"locations": [elsewhere.pk]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "locations")
        slot.delete()
        assert manager.patch(path, {"locations": [elsewhere.pk]}).json()["locations"] == [elsewhere.pk]

    def test_nobody_overwrites_what_they_have_not_seen(self) -> None:
        doctor, manager = DoctorFactory(), program_of(Role.MANAGER)
        path = f"doctors/{doctor.pk}/"
        seen = manager.get(path)["ETag"]
        assert manager.patch(path, {"room": "Room 1"}, seen=seen).status_code == 200
        stale = manager.patch(path, {"room": "Room 2"}, seen=seen)
        assert (stale.status_code, stale.json()["code"]) == (412, "stale")
        assert manager.delete(path, seen=seen).status_code == 412
        doctor.refresh_from_db()
        assert doctor.room == "Room 1"

    def test_what_something_hangs_on_is_not_deleted(self) -> None:
        slot, manager = SlotFactory(), program_of(Role.MANAGER)
        for path in (
            f"locations/{slot.location_id}/",
            f"doctors/{slot.doctor_id}/",
            f"specialties/{slot.doctor.specialty_id}/",
        ):
            response = manager.delete(path)
            assert (response.status_code, response.json()["code"]) == (409, "in_use")
        assert Doctor.objects.get().locations.count() == 1

    def test_what_was_entered_by_mistake_is_deleted(self) -> None:
        doctor = DoctorFactory(locations=[LocationFactory()])
        manager = program_of(Role.MANAGER)
        place = doctor.locations.get()
        for path in (f"doctors/{doctor.pk}/", f"locations/{place.pk}/", f"specialties/{doctor.specialty_id}/"):
            assert manager.delete(path).status_code == 204
            assert manager.delete(path).status_code == 404
        assert [model.objects.count() for model in (Doctor, Location, Specialty)] == [0, 0, 0]
