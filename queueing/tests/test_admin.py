"""The queue in the back office: lists keep to one's own, actions ask, do each and report each."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from queueing.models import EmergencyRequest, Feedback, QueuePolicy, Token
from queueing.services.emergencies import raise_emergency
from queueing.services.steps import call_token, leave_queue
from queueing.states import EmergencySource
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.api import program_of
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db


NUMBERS = [column.name for column in QueuePolicy._meta.concrete_fields if column.name.startswith("points_")]
NUMBERS += ["early_minutes", "late_minutes", "latest_minutes", "running_late_minutes", "break_minutes"]
NUMBERS += ["child_age", "elderly_age", "board_languages"]


@pytest.fixture
def place():
    return a_doctor()


def office(role, *locations) -> Client:
    return program_of(role, *locations).client


def listed(client, model):
    answer = client.get(reverse(f"admin:queueing_{model}_changelist"))
    assert answer.status_code == 200
    return answer.content.decode()


def run(client, model, action, rows, **more):
    body = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk) for row in rows], **more}
    return client.post(reverse(f"admin:queueing_{model}_changelist"), body)


def test_people_in_queues_are_listed_for_those_who_work_there(place):
    token = walk_in(*place)
    other = walk_in(*a_doctor())
    mine = listed(office(Role.RECEPTION, place[1]), "token")
    assert token.patient.last_name in mine
    assert other.patient.first_name not in mine
    assert token.secret not in mine


def test_a_place_is_shown_with_its_history_and_cannot_be_edited(place):
    token = call_token(token_id=walk_in(*place).pk, actor=CLINIC)
    client = office(Role.RECEPTION, place[1])
    address = reverse("admin:queueing_token_change", args=[token.pk])
    shown = client.get(address).content.decode()
    assert "Checked in" in shown
    assert "Room 1" in shown
    assert token.secret not in shown
    assert client.post(address, {"status": "completed"}).status_code == 403
    assert Token.objects.get().status == "called"


def test_an_action_says_what_happens_and_who_is_told_then_does_each_and_reports_each(place):
    waiting, gone = walk_in(*place), walk_in(*place)
    leave_queue(token_id=gone.pk, actor=CLINIC)
    client = office(Role.RECEPTION, place[1])
    asked = run(client, "token", "call", [waiting, gone]).content.decode()
    assert "The screen in the waiting room" in asked
    assert Token.objects.get(pk=waiting.pk).status == "waiting"
    report = run(client, "token", "call", [waiting, gone], confirmed="yes").content.decode()
    assert "1 of 2 were done" in report
    assert "That is not possible now" in report
    assert Token.objects.get(pk=waiting.pk).status == "called"


def test_somebody_is_taken_out_with_a_word_marked_and_put_back(place):
    first, second = walk_in(*place), walk_in(*place)
    client = office(Role.RECEPTION, place[1])
    run(client, "token", "leave", [first], confirmed="yes", message="Please phone us")
    assert Token.objects.get(pk=first.pk).appointment.cancellation_message == "Please phone us"
    run(client, "token", "no_show", [second], confirmed="yes")
    assert Token.objects.get(pk=second.pk).status == "no_show"
    run(client, "token", "put_back", [second], confirmed="yes")
    assert Token.objects.get(pk=second.pk).status == "waiting"


def test_actions_reach_no_place_of_others(place):
    token = walk_in(*place)
    elsewhere = office(Role.RECEPTION, a_doctor()[1])
    run(elsewhere, "token", "call", [token], confirmed="yes")
    assert Token.objects.get().status == "waiting"


def test_an_emergency_is_acknowledged_after_asking(place):
    emergency = raise_emergency(location=place[1], source=EmergencySource.STAFF, message="Fainted", actor=CLINIC)
    client = office(Role.RECEPTION, place[1])
    assert "Fainted" in listed(client, "emergencyrequest")
    asked = run(client, "emergencyrequest", "acknowledge", [emergency]).content.decode()
    assert "Every desk of the place" in asked
    assert EmergencyRequest.objects.get().acknowledged_at is None
    run(client, "emergencyrequest", "acknowledge", [emergency], confirmed="yes")
    assert EmergencyRequest.objects.get().acknowledged_by is not None


def test_managers_set_the_rules_and_the_form_says_what_points_mean(place):
    policy = QueuePolicy.objects.create(location=place[1])
    address = reverse("admin:queueing_queuepolicy_change", args=[policy.pk])
    manager = office(Role.MANAGER)
    shown = manager.get(address).content.decode()
    assert "a point is worth a minute" in shown
    body = {name: str(getattr(policy, name)) for name in NUMBERS}
    answer = manager.post(address, {**body, "takes_walk_ins": "on", "points_high": "601"})
    assert (answer.status_code, QueuePolicy.objects.get().points_high) == (200, 45)
    assert manager.post(address, {**body, "takes_walk_ins": "on", "points_high": "60"}).status_code == 302
    assert QueuePolicy.objects.get().points_high == 60
    assert office(Role.RECEPTION, place[1]).post(address, body).status_code == 403


def test_feedback_is_read_by_those_who_see_the_visit(place):
    visit = walk_in(*place).appointment
    Feedback.objects.create(appointment=visit, score=2, comment="Long wait", given_at=visit.created_at)
    assert "Long wait" in listed(office(Role.RECEPTION, place[1]), "feedback")
    assert "Long wait" not in listed(office(Role.RECEPTION, a_doctor()[1]), "feedback")


def test_lists_cost_the_same_for_one_and_for_many(place, django_assert_max_num_queries):
    client = office(Role.MANAGER)
    walk_in(*place)
    for model in ("token", "queue"):
        listed(client, model)
    for _ in range(9):
        walk_in(*place)
    with django_assert_max_num_queries(12):
        listed(client, "token")
