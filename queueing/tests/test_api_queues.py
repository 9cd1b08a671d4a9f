"""Queues for programs: as they stand, who comes, who is next, how the doctor's day goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from queueing.models import Queue, QueuePolicy, Token
from queueing.services.steps import call_next, leave_queue
from queueing.tests.api import a_place, program_of_doctor
from queueing.tests.factories import a_doctor, arrived, queue_of, walk_in
from scheduling.models import Patient
from scheduling.tests.api import ByLink, names, program_of, refused
from scheduling.tests.factories import CLINIC, LocationFactory, PatientFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db

ADA = {"first_name": "Ada", "last_name": "Okafor", "date_of_birth": "1990-02-03", "phone": "020 7946 0456"}


@pytest.fixture
def place():
    return a_place()


def test_a_queue_says_who_waits_in_which_order_why_and_how_long(place):
    first, second = place.waits(), place.waits(urgency="high")
    said = place.desk.get(f"queues/{first.queue_id}/").json()
    assert [one["code"] for one in said["waiting"]] == [second.code, first.code]
    ahead = said["waiting"][0]
    assert ahead["position"] == 1
    assert ahead["wait"]["low"] <= ahead["wait"]["middle"] <= ahead["wait"]["high"]
    assert {"words": "high urgency", "points": 45.0} in ahead["score"]["reasons"]
    assert sum(one["points"] for one in ahead["score"]["reasons"]) == pytest.approx(ahead["score"]["points"], abs=0.2)
    assert said["counts"] == {
        **dict.fromkeys(("called", "in_consultation", "completed", "no_show", "cancelled"), 0),
        "waiting": 2,
    }
    call_next(queue_id=first.queue_id, actor=CLINIC)
    said = place.desk.get(f"queues/{first.queue_id}/").json()
    assert [one["code"] for one in said["called"]] == [second.code]
    assert said["called"][0]["patient"]["id"] == second.patient_id
    assert said["doctor_status"]["status"] == "on_time"


def test_a_list_asks_the_database_as_often_for_many_who_wait_as_for_one(place, django_assert_num_queries):
    place.waits()
    place.desk.get("queues/")
    with CaptureQueriesContext(connection) as few:
        names(place.desk.get("queues/"))
    for _ in range(15):
        place.waits()
    other, _location = a_doctor(place.location)
    for _ in range(5):
        walk_in(other, place.location)
    with django_assert_num_queries(len(few)):
        assert len(names(place.desk.get("queues/"))) == 2


def test_lists_are_narrowed_by_doctor_location_and_day(place):
    here = place.waits().queue
    other, elsewhere = a_doctor()
    there = walk_in(other, elsewhere).queue
    assert set(names(place.manager.get("queues/"))) == {here.pk, there.pk}
    assert names(place.manager.get("queues/", doctor=other.pk)) == [there.pk]
    assert names(place.manager.get("queues/", location=place.location.pk)) == [here.pk]
    assert names(place.manager.get("queues/", date=here.day.isoformat(), location=place.location.pk)) == [here.pk]
    assert names(place.manager.get("queues/", date="2020-01-01")) == []


def test_doctors_see_their_own_queue_reception_those_of_its_place_and_patients_none(place):
    own = place.waits().queue
    other, _location = a_doctor(place.location)
    beside = walk_in(other, place.location).queue
    assert names(program_of_doctor(place.doctor).get("queues/")) == [own.pk]
    assert set(names(place.desk.get("queues/"))) == {own.pk, beside.pk}
    assert names(program_of(Role.RECEPTION, LocationFactory()).get("queues/")) == []
    refused(place.patient.get("queues/"), 403, "permission_denied")
    refused(place.anonymous.get("queues/"), 401, "not_authenticated")
    refused(program_of_doctor(other).get(f"queues/{own.pk}/"), 404, "not_found")


def test_the_desk_checks_somebody_in_and_again_is_the_same_place(place):
    visit = book(SlotFactory(doctor=place.doctor, location=place.location, starts_at=in_hours(0.2)))
    answer = place.desk.post("queues/join/", {"appointment": visit.pk})
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["position"], said["status"], said["appointment"]) == (1, "waiting", visit.pk)
    assert said["manage_url"].endswith(f"/t/{said['secret']}/")
    assert place.desk.post("queues/join/", {"appointment": visit.pk}).json()["id"] == said["id"]
    assert Token.objects.count() == 1


def test_a_patient_checks_in_for_the_family_within_the_times_of_the_place(place):
    family = PatientFactory(user=place.patient.user)
    soon = book(SlotFactory(doctor=place.doctor, location=place.location, starts_at=in_hours(0.2)), patient=family)
    late = book(SlotFactory(doctor=place.doctor, location=place.location, starts_at=in_hours(0.6)))
    said = place.patient.post("queues/join/", {"appointment": soon.pk}).json()
    assert said["position"] == 1
    assert "patient" not in said
    assert "score" not in said
    refused(place.patient.post("queues/join/", {"appointment": late.pk}), 404, "not_found")


def test_it_can_be_too_early_and_too_late_for_patients(place):
    QueuePolicy.objects.create(location=place.location, early_minutes=5)
    family = PatientFactory(user=place.patient.user)
    visit = book(SlotFactory(doctor=place.doctor, location=place.location, starts_at=in_hours(0.5)), patient=family)
    refused(place.patient.post("queues/join/", {"appointment": visit.pk}), 409, "check_in_too_early")
    assert not Token.objects.exists()


def test_whoever_holds_the_link_of_a_visit_checks_in_by_it(place):
    visit = book(SlotFactory(doctor=place.doctor, location=place.location, starts_at=in_hours(0.2)))
    by_header = ByLink(visit).post("queues/join/", {"appointment": visit.pk})
    said = place.anonymous.post("queues/join/", {"secret": visit.secret}).json()
    assert by_header.json()["id"] == said["id"]
    assert "patient" not in said
    refused(place.anonymous.post("queues/join/", {"secret": "guessed"}), 404, "appointment_unknown", "secret")
    refused(place.anonymous.post("queues/join/", {"appointment": visit.pk}), 404, "not_found")


def test_the_desk_registers_somebody_without_an_appointment(place):
    body = {"doctor": place.doctor.pk, "location": place.location.pk, "patient": ADA, "urgency": "emergency"}
    said = place.desk.post("queues/join/", body, key="one-walk-in-1").json()
    assert (said["urgency"], said["arrival"], said["patient"]["first_name"]) == ("emergency", "walk_in", "Ada")
    again = place.desk.post("queues/join/", body, key="one-walk-in-1")
    assert (again.json()["id"], again["Idempotent-Replayed"]) == (said["id"], "true")
    elsewhere = program_of(Role.RECEPTION, LocationFactory())
    refused(elsewhere.post("queues/join/", body), 409, "slot_closed")
    refused(program_of_doctor(place.doctor).post("queues/join/", body), 403, "not_permitted")
    refused(place.anonymous.post("queues/join/", body), 401, "not_authenticated")


def test_patients_come_without_an_appointment_for_their_family_where_the_place_lets_them(place):
    family, stranger = PatientFactory(user=place.patient.user), PatientFactory()
    body = {"doctor": place.doctor.pk, "location": place.location.pk, "patient": family.pk, "urgency": "medium"}
    join = place.patient
    refused(join.post("queues/join/", body), 409, "queue_closed")  # the doctor sees nobody there today
    refused(join.post("queues/join/", {**body, "location": LocationFactory().pk}), 409, "queue_closed")
    refused(join.post("queues/join/", {**body, "location": 999_999}), 409, "slot_closed")
    place.waits()
    refused(join.post("queues/join/", {**body, "patient": stranger.pk}), 404, "patient_unknown", "patient")
    refused(join.post("queues/join/", {**body, "patient": ADA}), 403, "not_permitted", "patient")
    refused(join.post("queues/join/", {**body, "urgency": "high"}), 403, "not_permitted", "urgency")
    policy = QueuePolicy.objects.create(location=place.location, takes_walk_ins=False)
    refused(join.post("queues/join/", body), 409, "walk_ins_refused")
    policy.takes_walk_ins = True
    policy.save()
    assert join.post("queues/join/", body).status_code == 201
    assert Patient.objects.count() == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "doctor"),
        ({"doctor": 1}, "location"),
        ({"appointment": 1, "secret": "x"}, "secret"),
        ({"appointment": 1, "reason": "Knee"}, "reason"),
        ({"appointment": "1"}, "appointment"),
        ({"secret": " "}, "secret"),
    ],
)
def test_half_of_what_is_needed_to_join_is_refused_by_name(place, body, field):
    answer = place.desk.post("queues/join/", body)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_next_calls_whoever_is_next_and_a_retry_calls_nobody_else(place):
    first, second = place.waits(), place.waits()
    address = f"queues/{first.queue_id}/call-next/"
    said = place.desk.post(address, key="press-one-1").json()
    assert (said["code"], said["status"], said["calls"], said["room"]) == (first.code, "called", 1, "Room 1")
    assert place.desk.post(address, key="press-one-1").json()["code"] == first.code
    assert program_of_doctor(place.doctor).post(address).json()["code"] == second.code
    refused(place.desk.post(address), 409, "queue_empty")
    refused(program_of(Role.RECEPTION, LocationFactory()).post(address), 404, "not_found")
    refused(place.patient.post(address), 403, "permission_denied")


def test_nobody_is_called_while_the_doctor_is_away(place):
    token = place.waits()
    place.desk.patch(f"doctors/{place.doctor.pk}/status/", {"status": "on_break", "minutes": 10})
    refused(place.desk.post(f"queues/{token.queue_id}/call-next/"), 409, "queue_paused")


def test_the_room_of_the_day_is_changed_by_whoever_has_seen_the_queue(place):
    token = place.waits()
    address = f"queues/{token.queue_id}/"
    seen = place.desk.get(address)["ETag"]
    assert place.desk.patch(address, {"room": "Room 9"}, seen=seen).json()["room"] == "Room 9"
    refused(place.desk.patch(address, {"room": "Room 8"}, seen=seen), 412, "stale")
    assert queue_of(token).room == "Room 9"
    place.waits()
    seen = place.desk.get(address)["ETag"]
    place.waits()  # somebody who comes changes what is shown, not what is said of the queue
    assert place.desk.patch(address, {"room": ""}, seen=seen).json()["room"] == "Room 1"


def test_a_doctor_says_how_the_day_goes_and_today_gets_a_queue(place):
    said = program_of_doctor(place.doctor).patch(
        f"doctors/{place.doctor.pk}/status/", {"status": "running_late", "minutes": 10}
    )
    assert said.json()["doctor_status"] == {"status": "running_late", "late_minutes": 10, "back_at": None}
    queue = Queue.objects.get()
    assert (queue.doctor, queue.location, queue.late_minutes) == (place.doctor, place.location, 10)
    again = {"status": "running_late"}
    for _ in range(2):  # a retry adds nothing
        said = place.desk.patch(f"doctors/{place.doctor.pk}/status/", again).json()
        assert said["doctor_status"]["late_minutes"] == 10
    until = (timezone.now() + timedelta(minutes=20)).isoformat()
    said = place.desk.patch(f"doctors/{place.doctor.pk}/status/", {"status": "on_break", "until": until}).json()
    assert said["doctor_status"]["back_at"].endswith("Z")
    wrong = {"status": "on_break", "until": "2020-01-01T00:00:00Z"}
    refused(place.desk.patch(f"doctors/{place.doctor.pk}/status/", wrong), 400, "invalid_doctor_status")


def test_past_midnight_whoever_still_waits_is_told_how_the_night_goes(place):
    night = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    late = {"status": "running_late", "minutes": 15}
    with time_machine.travel(night) as clock:
        token = place.waits()
        clock.shift(timedelta(hours=1))
        said = place.desk.patch(f"doctors/{place.doctor.pk}/status/", late).json()
        assert said["id"] == token.queue_id
        leave_queue(token_id=token.pk, actor=CLINIC)
        said = place.desk.patch(f"doctors/{place.doctor.pk}/status/", late).json()
    assert said["id"] != token.queue_id
    opened = AuditEntry.objects.get(object_type="queueing_queue", object_id=str(said["id"]), action="insert")
    assert opened.actor == f"user:{place.desk.user.pk}"


def test_where_a_doctor_works_at_several_places_the_place_is_asked_for(place):
    elsewhere = LocationFactory()
    place.doctor.locations.add(elsewhere)
    address = f"doctors/{place.doctor.pk}/status/"
    refused(place.manager.patch(address, {"status": "on_time"}), 400, "invalid_doctor_status", "location")
    said = place.manager.patch(address, {"status": "on_time", "location": elsewhere.pk}).json()
    assert said["location"]["id"] == elsewhere.pk
    assert place.desk.patch(address, {"status": "finished"}).json()["location"]["id"] == place.location.pk
    refused(
        place.desk.patch(address, {"status": "finished", "location": elsewhere.pk}),
        400,
        "invalid_doctor_status",
        "location",
    )


def test_one_doctor_says_nothing_of_another(place):
    other, _location = a_doctor(place.location)
    address = f"doctors/{place.doctor.pk}/status/"
    refused(program_of_doctor(other).patch(address, {"status": "finished"}), 404, "not_found")
    refused(place.patient.patch(address, {"status": "finished"}), 403, "permission_denied")
    refused(program_of(Role.RECEPTION).patch(address, {"status": "finished"}), 404, "not_found")
    assert not Queue.objects.exists()


def test_those_who_booked_are_in_the_list_with_their_time(place):
    token = arrived(place.doctor, place.location)
    said = place.desk.get(f"queues/{token.queue_id}/").json()
    assert said["waiting"][0]["booked_for"] is not None
