"""Places in queues for programs: how one stands, and every step of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from queueing.models import Token
from queueing.services.steps import call_token, start_token
from queueing.tests.api import a_place, program_of_doctor
from queueing.tests.factories import a_doctor
from scheduling.tests.api import ByLink, refused
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return a_place()


def now_is(token):
    return Token.objects.get(pk=token.pk)


def owned(token, program):
    token.patient.user = program.user
    token.patient.save()
    return token


def test_staff_read_who_it_is_and_why_patients_only_their_place(place):
    token = owned(place.waits(urgency="high"), place.patient)
    staffs = place.desk.get(f"tokens/{token.pk}/").json()
    assert staffs["patient"]["id"] == token.patient_id
    assert staffs["score"]["points"] >= 45
    assert staffs["last_step"]["what"] == "joined"
    assert "secret" not in staffs
    for program in (place.patient, ByLink(token)):
        own = program.get(f"tokens/{token.pk}/").json()
        assert (own["code"], own["position"], own["secret"]) == (token.code, 1, token.secret)
        assert not {"patient", "urgency", "score", "extra_points", "extra_reason", "last_step"} & own.keys()
        assert set(own["wait"]) == {"low", "middle", "high"}


def test_a_place_is_nobody_elses(place):
    token, other = place.waits(), place.waits()
    beside, _location = a_doctor(place.location)
    for program in (place.patient, place.anonymous, program_of_doctor(beside), ByLink(other)):
        refused(program.get(f"tokens/{token.pk}/"), 404, "not_found")


def test_the_link_of_yesterday_opens_nothing(place):
    token = place.waits()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        refused(ByLink(token).get(f"tokens/{token.pk}/"), 404, "link_expired")


def test_the_tag_changes_with_the_wait_but_only_steps_stand_in_the_way_of_steps(place):
    first, token = place.waits(), place.waits()
    seen = place.desk.get(f"tokens/{token.pk}/")["ETag"]
    assert place.desk.get(f"tokens/{token.pk}/").status_code == 200
    call_token(token_id=first.pk, actor=CLINIC)
    again = place.desk.client.get(f"/api/v1/tokens/{token.pk}/", headers={"If-None-Match": seen})
    assert (again.status_code, again.json()["position"]) == (200, 1)
    assert place.desk.patch(f"tokens/{token.pk}/status/", {"status": "called"}, seen=seen).status_code == 200
    refused(place.desk.patch(f"tokens/{token.pk}/status/", {"status": "waiting"}, seen=seen), 412, "stale")


def test_staff_take_every_step_and_none_out_of_order(place):
    token = place.waits()
    address = f"tokens/{token.pk}/status/"
    refused(place.desk.patch(address, {"status": "completed"}), 409, "wrong_step")
    for status in ("called", "waiting", "called", "in_consultation", "completed"):
        assert place.desk.patch(address, {"status": status}).json()["status"] == status
    answer = place.desk.patch(address, {"status": "waiting"}).json()
    assert (answer["code"], answer["status_now"]) == ("wrong_step", "completed")
    refused(place.desk.patch(address, {"status": "called", "message": "x"}), 400, "superfluous", "message")


def test_patients_leave_and_do_nothing_else(place):
    token = owned(place.waits(), place.patient)
    address = f"tokens/{token.pk}/status/"
    for program in (place.patient, ByLink(token)):
        refused(program.patch(address, {"status": "called"}), 403, "not_permitted")
    assert now_is(token).status == "waiting"
    said = ByLink(token).patch(address, {"status": "cancelled"}).json()
    assert (said["status"], said["position"], said["wait"]) == ("cancelled", None, None)


def test_whoever_does_not_work_the_queue_takes_no_step(place):
    token = place.waits()
    beside, _location = a_doctor(place.location)
    other = program_of_doctor(beside)
    for path, body in (
        ("recall", {}),
        ("undo", {"step": 1}),
        ("transfer", {"doctor": 1}),
        ("prioritise", {"points": 0}),
    ):
        refused(other.post(f"tokens/{token.pk}/{path}/", body), 404, "not_found")
        refused(place.patient.post(f"tokens/{token.pk}/{path}/", body), 403, "permission_denied")
    refused(other.patch(f"tokens/{token.pk}/status/", {"status": "called"}), 404, "not_found")
    assert now_is(token).version == 1


def test_priority_is_said_anew_and_explained(place):
    place.waits()
    token = place.waits()
    said = place.desk.post(f"tokens/{token.pk}/prioritise/", {"points": 30, "reason": "In pain"}).json()
    assert (said["position"], said["extra_points"], said["extra_reason"]) == (1, 30, "In pain")
    assert 30.0 in [one["points"] for one in said["score"]["reasons"]]
    said = place.desk.post(f"tokens/{token.pk}/prioritise/", {"urgency": "high", "special_requirements": True}).json()
    assert (said["urgency"], said["has_special_requirements"], said["extra_points"]) == ("high", True, 30)
    refused(place.desk.post(f"tokens/{token.pk}/prioritise/", {"points": 5}), 400, "invalid_priority", "reason")
    refused(
        place.desk.post(f"tokens/{token.pk}/prioritise/", {"points": 601, "reason": "x"}), 400, "max_value", "points"
    )
    refused(place.desk.post(f"tokens/{token.pk}/prioritise/", {}), 400, "required")


def test_somebody_is_called_again_once_for_each_key(place):
    token = place.waits()
    refused(place.desk.post(f"tokens/{token.pk}/recall/"), 409, "wrong_step")
    call_token(token_id=token.pk, actor=CLINIC)
    for replayed in (None, "true"):
        answer = place.desk.post(f"tokens/{token.pk}/recall/", key="again-one-1")
        assert (answer.status_code, answer.json()["calls"]) == (200, 2)
        assert answer.headers.get("Idempotent-Replayed") == replayed


def test_a_transfer_answers_the_new_place_and_the_old_link_leads_there(place):
    token = place.waits()
    other, _location = a_doctor(place.location)
    answer = place.desk.post(f"tokens/{token.pk}/transfer/", {"doctor": other.pk}, key="transfer-one-1")
    moved = answer.json()
    assert (answer.status_code, moved["doctor"]["id"]) == (201, other.pk)
    assert answer["Location"].endswith(f"/tokens/{moved['id']}/")
    again = place.desk.post(f"tokens/{token.pk}/transfer/", {"doctor": other.pk}, key="transfer-one-1")
    assert again.json()["id"] == moved["id"]
    followed = ByLink(token).get(f"tokens/{token.pk}/").json()
    assert (followed["id"], followed["status"]) == (moved["id"], "waiting")
    elsewhere, _place = a_doctor()
    refused(place.desk.post(f"tokens/{moved['id']}/transfer/", {"doctor": elsewhere.pk}), 409, "transfer_refused")


def test_the_last_step_is_taken_back_and_a_retry_takes_back_no_other(place):
    token = place.waits()
    call_token(token_id=token.pk, actor=CLINIC)
    start_token(token_id=token.pk, actor=CLINIC)
    step = place.desk.get(f"tokens/{token.pk}/").json()["last_step"]
    assert step["what"] == "started"
    assert place.desk.post(f"tokens/{token.pk}/undo/", {"step": step["id"]}).json()["status"] == "called"
    refused(place.desk.post(f"tokens/{token.pk}/undo/", {"step": step["id"]}), 409, "nothing_to_undo")
    assert now_is(token).status == "called"
    of_another = place.desk.get(f"tokens/{place.waits().pk}/").json()["last_step"]["id"]
    refused(place.desk.post(f"tokens/{token.pk}/undo/", {"step": of_another}), 409, "nothing_to_undo")
