"""Emergencies for programs: call for help, see who needs it, say that somebody sees to it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from queueing.models import EmergencyRequest
from queueing.services.steps import leave_queue
from queueing.tests.api import a_place, program_of_doctor
from queueing.tests.factories import a_doctor
from scheduling.tests.api import names, program_of, refused
from scheduling.tests.factories import CLINIC, LocationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return a_place()


def test_the_desk_calls_for_help_and_whoever_works_there_hears_and_sees_to_it(place):
    body = {"location": place.location.pk, "message": "Somebody has fainted"}
    made = place.desk.post("emergencies/", body)
    assert made.status_code == 201
    assert (made.json()["source"], made.json()["token"]) == ("staff", None)
    doctor = program_of_doctor(place.doctor)
    assert names(doctor.get("emergencies/")) == [made.json()["id"]]
    said = doctor.post(f"emergencies/{made.json()['id']}/acknowledge/").json()
    assert said["acknowledged_at"] is not None
    assert names(place.desk.get("emergencies/")) == []
    assert names(place.desk.get("emergencies/", open="false")) == [said["id"]]
    again = place.desk.post(f"emergencies/{said['id']}/acknowledge/").json()
    assert again["acknowledged_at"] == said["acknowledged_at"]


def test_patients_call_by_the_secret_of_their_place_or_their_own_place(place):
    token = place.waits()
    said = place.anonymous.post("emergencies/", {"secret": token.secret, "message": "I cannot breathe"})
    assert said.status_code == 201
    assert (said.json()["source"], said.json()["token"]["code"]) == ("patient", token.code)
    assert "patient" not in said.json()["token"]
    token.patient.user = place.patient.user
    token.patient.save()
    again = place.patient.post("emergencies/", {"token": token.pk})
    assert again.json()["id"] == said.json()["id"]
    assert place.desk.get("emergencies/").json()["results"][0]["token"]["patient"]["id"] == token.patient_id


def test_doctors_see_the_code_but_not_the_name_of_whoever_waits_for_another(place):
    token = place.waits()
    beside, _location = a_doctor(place.location)
    place.anonymous.post("emergencies/", {"secret": token.secret})
    shown = program_of_doctor(beside).get("emergencies/").json()["results"][0]
    assert shown["token"] == {"id": token.pk, "code": token.code, "queue": token.queue_id}


def test_a_list_asks_the_database_as_often_for_many_as_for_one(place, django_assert_num_queries):
    def somebody_calls() -> None:
        place.anonymous.post("emergencies/", {"secret": place.waits().secret})

    somebody_calls()
    place.desk.get("emergencies/")
    with CaptureQueriesContext(connection) as asked:
        assert len(names(place.desk.get("emergencies/"))) == 1
    few = len(asked)  # before another request clears the list
    for _ in range(15):
        somebody_calls()
    with django_assert_num_queries(few):
        assert len(names(place.desk.get("emergencies/"))) == 16


def test_nobody_calls_for_a_place_that_is_not_theirs(place):
    token = place.waits()
    elsewhere = program_of(Role.RECEPTION, LocationFactory())
    refused(elsewhere.post("emergencies/", {"location": place.location.pk}), 404, "clinic_entry_unknown", "location")
    refused(elsewhere.post("emergencies/", {"token": token.pk}), 404, "token_unknown", "token")
    refused(place.patient.post("emergencies/", {"token": token.pk}), 404, "token_unknown", "token")
    refused(place.patient.post("emergencies/", {"location": place.location.pk}), 403, "not_permitted", "location")
    refused(place.anonymous.post("emergencies/", {"location": place.location.pk}), 401, "not_authenticated")
    refused(place.anonymous.post("emergencies/", {"secret": "guessed"}), 404, "token_unknown", "secret")
    refused(place.desk.post("emergencies/", {"message": "Help"}), 400, "required", "location")
    assert not EmergencyRequest.objects.exists()


def test_who_has_left_is_sent_to_the_desk(place):
    token = place.waits()
    leave_queue(token_id=token.pk, actor=CLINIC)
    refused(place.anonymous.post("emergencies/", {"secret": token.secret}), 409, "wrong_step")


def test_emergencies_of_other_places_are_not_there(place):
    made = place.desk.post("emergencies/", {"location": place.location.pk}).json()
    elsewhere = program_of(Role.RECEPTION, LocationFactory())
    assert names(elsewhere.get("emergencies/")) == []
    refused(elsewhere.get(f"emergencies/{made['id']}/"), 404, "not_found")
    refused(elsewhere.post(f"emergencies/{made['id']}/acknowledge/"), 404, "not_found")
    refused(place.patient.get("emergencies/"), 403, "permission_denied")
