"""What the queue says of an appointment: when check-in opens, the place, and how it was."""

from __future__ import annotations

import pytest

from queueing.models import Feedback, QueuePolicy
from queueing.services.check_in import check_in
from queueing.services.steps import call_token, finish_token, start_token
from queueing.tests.api import a_place
from scheduling.tests.api import ByLink, refused
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return a_place()


def booked(place, hours=0.3):
    family = PatientFactory(user=place.patient.user)
    return book(SlotFactory(doctor=place.doctor, location=place.location, starts_at=in_hours(hours)), patient=family)


def test_before_check_in_it_says_when_that_opens(place):
    QueuePolicy.objects.create(location=place.location, early_minutes=10, latest_minutes=30)
    visit = booked(place)
    for program in (place.patient, ByLink(visit)):
        said = program.get(f"appointments/{visit.pk}/queue/").json()
        assert said["token"] is None
        assert said["check_in"]["is_open"] is False
        assert said["check_in"]["opens_at"] < visit.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert said["check_in"]["closes_at"] is not None
    QueuePolicy.objects.update(early_minutes=60)
    assert place.patient.get(f"appointments/{visit.pk}/queue/").json()["check_in"]["is_open"] is True


def test_from_check_in_on_it_has_the_place_without_anybody_else(place):
    other = place.waits()
    visit = booked(place)
    token = check_in(appointment_id=visit.pk, actor=CLINIC)
    answer = ByLink(visit).get(f"appointments/{visit.pk}/queue/")
    said = answer.json()
    assert (said["status"], said["check_in"]) == ("checked_in", None)
    assert (said["token"]["code"], said["token"]["doctor_status"]["status"]) == (token.code, "not_started")
    assert said["token"]["secret"] == token.secret
    assert "patient" not in said["token"]
    assert other.code not in answer.content.decode()
    staffs = place.desk.get(f"appointments/{visit.pk}/queue/").json()
    assert staffs["token"]["patient"]["id"] == visit.patient_id


def test_nobody_elses_visit_is_told(place):
    visit = booked(place)
    refused(place.anonymous.get(f"appointments/{visit.pk}/queue/"), 404, "not_found")
    stranger = a_place()
    for program in (stranger.patient, stranger.desk):
        refused(program.get(f"appointments/{visit.pk}/queue/"), 404, "not_found")
        refused(program.post(f"appointments/{visit.pk}/feedback/", {"score": 5}), 404, "not_found")


def seen(visit):
    token = check_in(appointment_id=visit.pk, actor=CLINIC)
    for step in (call_token, start_token, finish_token):
        step(token_id=token.pk, actor=CLINIC)


def test_a_patient_says_once_how_it_was(place):
    visit = booked(place)
    address = f"appointments/{visit.pk}/feedback/"
    refused(place.patient.post(address, {"score": 5}), 409, "feedback_refused")
    seen(visit)
    refused(place.desk.post(address, {"score": 5}), 403, "not_permitted")
    refused(place.patient.post(address, {"score": 6}), 400, "max_value", "score")
    said = place.patient.post(address, {"score": 4, "comment": "Kind"}, key="feedback-one-1")
    assert (said.status_code, said.json()["score"], said.json()["comment"]) == (201, 4, "Kind")
    assert place.patient.post(address, {"score": 4, "comment": "Kind"}, key="feedback-one-1").status_code == 201
    refused(ByLink(visit).post(address, {"score": 1}), 409, "feedback_refused")
    assert Feedback.objects.get().score == 4
