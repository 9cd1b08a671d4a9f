"""Patients through the API: one's family, and records that are staff's to see."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling.models import Patient
from scheduling.tests.api import Program, names, program_of, refused
from scheduling.tests.factories import LocationFactory, PatientFactory, SlotFactory, UserFactory, book
from testing.threads import run_together

pytestmark = pytest.mark.django_db

ADA = {
    "first_name": "Ada",
    "last_name": "Okafor",
    "date_of_birth": "1990-02-03",
    "phone": "020 7946 0456",
    "email": "Ada@Example.org",
    "gender": "female",
    "language": "en",
}
EVERYTHING = {
    "first_name": "Ada",
    "last_name": "Okafor",
    "date_of_birth": "1990-02-03",
    "gender": "female",
    "phone": "+442079460456",
    "email": "ada@example.org",
    "language": "en",
    "address": "7 Hill Street\nLondon",
    "emergency_contact_name": "Ben",
    "emergency_contact_phone": "+442079460457",
    "insurance_provider": "Mutual",
    "insurance_number": "M-1",
    "wants_email": False,
    "wants_sms": False,
    "wants_push": False,
    "wants_call": True,
}


def path(patient: Patient) -> str:
    """The address of a record."""
    return f"patients/{patient.pk}/"


class TestLists:
    def test_each_finds_those_that_are_theirs_to_see(self) -> None:
        user, here, there = UserFactory(), book(), book()
        own = PatientFactory(user=user)
        assert names(Program(user).get("patients/")) == [own.pk]
        assert names(program_of(Role.RECEPTION, here.location).get("patients/")) == [own.pk, here.patient_id]
        everybody = [own.pk, there.patient_id, here.patient_id]
        assert names(program_of(Role.MANAGER).get("patients/")) == everybody
        refused(Program().get("patients/"), 401, "not_authenticated")

    @pytest.mark.parametrize("term", ["PAT-000002", "okafor ada", "ADA@", "020 7946 0456", "+44 (0)20 7946 0456"])
    def test_they_are_searched_by_whatever_people_read_out(self, term: str) -> None:
        PatientFactory(pk=1)
        PatientFactory(pk=2, first_name="Ada", last_name="Okafor", email="ada@example.org", phone="+442079460456")
        assert names(program_of(Role.MANAGER).get("patients/", search=term)) == [2]

    def test_a_search_finds_nothing_of_others(self) -> None:
        stranger = PatientFactory()
        assert names(Program(UserFactory()).get("patients/", search=stranger.number)) == []

    @pytest.mark.parametrize("who", ["patient", "desk", "manager"])
    def test_a_long_list_costs_what_a_short_one_costs(self, who: str) -> None:
        user = UserFactory()
        program = {
            "patient": lambda: Program(user),
            "desk": lambda: program_of(Role.RECEPTION, LocationFactory()),
            "manager": lambda: program_of(Role.MANAGER),
        }[who]()
        costs = []
        for _round in range(2):
            PatientFactory.create_batch(1 if not costs else 99, user=user)
            program.get("patients/")
            with CaptureQueriesContext(connection) as queries:
                found = program.get("patients/", page_size=100)
            costs.append(len(queries))
        assert len(names(found)) == 100
        assert costs[0] == costs[1]


class TestReading:
    def test_a_look_of_staff_is_written_down(self) -> None:
        visit = book()
        program = program_of(Role.RECEPTION, visit.location)
        assert program.get(path(visit.patient)).status_code == 200
        assert AuditEntry.objects.filter(
            actor=f"user:{program.user.pk}", verb="patient.view", object_id=visit.patient_id
        ).exists()

    def test_the_medical_history_is_for_staff(self) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user, medical_history="Asthma")
        assert "medical_history" not in Program(user).get(path(patient)).json()
        assert program_of(Role.MANAGER).get(path(patient)).json()["medical_history"] == "Asthma"

    def test_others_find_nothing(self) -> None:
        visit = book()
        for program in (Program(UserFactory()), program_of(Role.RECEPTION, LocationFactory()), program_of(Role.DOCTOR)):
            refused(program.get(path(visit.patient)), 404, "not_found")
            refused(program.patch(path(visit.patient), {"address": "x"}), 404, "not_found")
            refused(program.get(f"{path(visit.patient)}appointments/"), 404, "not_found")
        refused(Program().get(path(visit.patient)), 401, "not_authenticated")

    def test_visits_are_listed_as_far_as_they_are_the_visitors_to_see(self) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        here, there = (book(SlotFactory(), patient=patient) for _one in range(2))
        visits = f"{path(patient)}appointments/"
        assert names(Program(user).get(visits)) == [there.pk, here.pk]
        assert names(Program(user).get(visits, page_size=1)) == [there.pk]
        assert names(program_of(Role.RECEPTION, here.location).get(visits)) == [here.pk]
        refused(Program(user).get(visits, status="confirmed"), 400, "unknown_parameter")

    @pytest.mark.parametrize("is_staff", [False, True])
    def test_many_visits_cost_what_one_costs(self, is_staff: bool) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        program = program_of(Role.MANAGER) if is_staff else Program(user)
        costs: list[int] = []
        for _round in range(2):
            for _one in range(1 if not costs else 14):
                book(SlotFactory(), patient=patient)
            program.get(f"{path(patient)}appointments/")
            with CaptureQueriesContext(connection) as queries:
                found = program.get(f"{path(patient)}appointments/")
            costs.append(len(queries))
        assert len(names(found)) == 15
        assert costs[0] == costs[1]


class TestRegistering:
    def test_somebody_of_the_family(self) -> None:
        user = UserFactory()
        answer = Program(user).post("patients/", ADA)
        made = Patient.objects.get()
        assert answer.status_code == 201
        assert answer["Location"] == f"/api/v1/patients/{made.pk}/"
        assert answer["ETag"] == Program(user).get(path(made))["ETag"]
        assert (made.user, str(made.phone), made.email) == (user, "+442079460456", "ada@example.org")

    def test_the_same_person_again_is_the_same_record(self) -> None:
        program = Program(UserFactory())
        first, second = (program.post("patients/", ADA) for _time in range(2))
        assert first.json() == second.json()

    def test_a_record_of_others_is_not_shown(self) -> None:
        program_of(Role.MANAGER).post("patients/", ADA)
        answer = Program(UserFactory()).post("patients/", ADA)
        refused(answer, 409, "patient_known")
        assert "reception" in answer.json()["detail"]
        assert Patient.objects.get().user is None

    def test_the_desk_registers_anybody_and_doctors_nobody(self) -> None:
        refused(program_of(Role.DOCTOR).post("patients/", ADA), 403, "not_permitted")
        assert program_of(Role.RECEPTION, LocationFactory()).post("patients/", ADA).status_code == 201
        assert Patient.objects.get().user is None

    def test_a_record_of_another_desk_is_not_shown(self) -> None:
        visit = book(patient=PatientFactory(first_name="Ada", last_name="Okafor", date_of_birth="1990-02-03"))
        other = program_of(Role.RECEPTION, LocationFactory())
        refused(other.post("patients/", ADA | {"email": visit.patient.email}), 409, "patient_known")

    def test_nobody_who_is_not_known_registers_anybody(self) -> None:
        refused(Program().post("patients/", ADA), 401, "not_authenticated")

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"first_name": " "}, "blank", "first_name"),
            ({"first_name": 5}, "invalid", "first_name"),
            ({"date_of_birth": "2999-01-01"}, "invalid_patient", "date_of_birth"),
            ({"date_of_birth": "1700-01-01"}, "invalid_patient", "date_of_birth"),
            ({"phone": "", "email": ""}, "invalid_patient", "phone"),
            ({"phone": "abc"}, "invalid_patient", "phone"),
            ({"email": "ada"}, "invalid", "email"),
            ({"gender": "x"}, "invalid_choice", "gender"),
            ({"language": "xx"}, "invalid_choice", "language"),
            ({"user": 1}, "unknown_field", "user"),
            ({"medical_history": "x"}, "unknown_field", "medical_history"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_named(self, change: dict[str, Any], code: str, field: str) -> None:
        refused(Program(UserFactory()).post("patients/", ADA | change), 400, code, field)
        assert not Patient.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_asked_twenty_times_at_once_there_is_one(self) -> None:
        user = UserFactory()
        outcomes = run_together([lambda: Program(user).post("patients/", ADA, key="of-the-first")] * 20)
        assert [outcome.error for outcome in outcomes if outcome.error] == []
        assert {outcome.answer.status_code for outcome in outcomes if outcome.answer is not None} == {201}
        assert Patient.objects.count() == 1
        refused(Program(user).post("patients/", ADA | {"first_name": "Eve"}, key="of-the-first"), 409, "key_reused")


class TestKeepingARecord:
    def test_the_family_keeps_what_the_page_lets_it_keep(self) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        answer = Program(user).patch(path(patient), EVERYTHING)
        assert answer.status_code == 200, answer.content
        assert {name: answer.json()[name] for name in EVERYTHING} == EVERYTHING
        assert Program(user).get(path(patient))["ETag"] == answer["ETag"]
        assert AuditEntry.objects.filter(verb="patient.update", object_id=patient.pk).exists()

    def test_the_medical_history_is_staffs_to_write(self) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        refused(
            Program(user).patch(path(patient), {"medical_history": "None"}), 403, "not_permitted", "medical_history"
        )
        answer = program_of(Role.MANAGER).patch(path(patient), {"medical_history": "Asthma"})
        assert answer.json()["medical_history"] == "Asthma"

    def test_phones_and_addresses_are_kept_in_one_spelling(self) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        said = Program(user).patch(path(patient), {"phone": "020 7946 0999", "email": "New@Example.ORG"}).json()
        assert (said["phone"], said["email"]) == ("+442079460999", "new@example.org")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"user": 1}, "unknown_field"),
            ({"number": "PAT-1"}, "unknown_field"),
            ({"phone": "", "email": ""}, "invalid_patient"),
            ({"emergency_contact_phone": "abc"}, "invalid_patient"),
            ({"date_of_birth": "2999-01-01"}, "invalid_patient"),
            ({"wants_sms": "yes"}, "invalid"),
            ({"first_name": None}, "null"),
        ],
    )
    def test_what_makes_no_sense_changes_nothing(self, change: dict[str, Any], code: str) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        before = Patient.objects.values().get()
        refused(Program(user).patch(path(patient), change), 400, code)
        assert Patient.objects.values().get() == before

    def test_what_changed_since_it_was_read_is_not_changed(self) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        seen = Program(user).get(path(patient))["ETag"]
        assert Program(user).patch(path(patient), {"address": "1 A Street"}, seen=seen).status_code == 200
        refused(Program(user).patch(path(patient), {"address": "2 B Street"}, seen=seen), 412, "stale")
        patient.refresh_from_db()
        assert patient.address == "1 A Street"

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_of_ten_who_have_read_the_same_one_writes(self) -> None:
        user = UserFactory()
        patient = PatientFactory(user=user)
        seen = Program(user).get(path(patient))["ETag"]
        outcomes = run_together(
            [
                lambda number=number: (
                    Program(user).patch(path(patient), {"address": f"{number} A Street"}, seen=seen).status_code
                )
                for number in range(10)
            ]
        )
        assert sorted(str(outcome.answer) for outcome in outcomes) == ["200", *["412"] * 9]
