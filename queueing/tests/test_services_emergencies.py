"""Somebody needs help: it is told at once, and stays until somebody sees to it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actors import Actor
from accounts.models import AuditEntry
from queueing.errors import EmergencyUnknown, InvalidEmergency
from queueing.models import EmergencyRequest, Token, TokenStep
from queueing.services.emergencies import acknowledge_emergency, raise_emergency
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.signals import emergency_changed
from queueing.states import EmergencySource
from queueing.tests.conftest import MORNING
from queueing.tests.factories import a_doctor, walk_in
from queueing.tests.refusals import refused
from scheduling.tests.factories import CLINIC, VISITOR, LocationFactory, UserFactory
from testing.meanwhile import just_after_reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
def heard() -> Any:
    told: list[int] = []

    def hear(sender: object, *, emergency: EmergencyRequest, **said: Any) -> None:
        told.append(emergency.pk)

    emergency_changed.connect(hear)
    yield told
    emergency_changed.disconnect(hear)


def test_it_is_raised_and_told(heard: list[int]):
    token = walk_in(*a_doctor())
    made = raise_emergency(
        location=token.location, source=EmergencySource.PATIENT, token=token, actor=VISITOR, message=" Chest pain "
    )
    assert (made.message, made.raised_at, made.raised_by, made.acknowledged_at) == ("Chest pain", MORNING, None, None)
    assert heard == [made.pk]


def test_somebody_who_presses_twice_has_raised_one(heard: list[int]):
    token = walk_in(*a_doctor())
    said = {"location": token.location, "source": EmergencySource.PATIENT, "token": token, "actor": VISITOR}
    assert raise_emergency(**said) == raise_emergency(**said)
    assert len(heard) == 1


def test_nor_is_there_a_second_one_when_both_presses_come_at_once():
    token = walk_in(*a_doctor())
    said = {"location": token.location, "source": EmergencySource.PATIENT, "token": token, "actor": VISITOR}
    with just_after_reading("queueing_emergencyrequest", lambda: raise_emergency(**said)):
        second = raise_emergency(**said)
    assert EmergencyRequest.objects.get() == second


def test_who_is_sent_on_while_they_call_is_looked_for_where_they_are(heard: list[int]):
    doctor, location = a_doctor()
    token = walk_in(doctor, location)
    other, _location = a_doctor(location)
    said = {"location": location, "source": EmergencySource.PATIENT, "actor": VISITOR}
    with just_after_reading(
        "queueing_emergencyrequest", lambda: transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)
    ):
        made = raise_emergency(token=token, **said)
    moved = Token.objects.get(predecessor=token)
    assert made.token == moved
    assert raise_emergency(token=moved, **said) == made == raise_emergency(token=token, **said)
    assert heard == [made.pk]


def test_once_acknowledged_it_may_be_raised_again(heard: list[int]):
    token = walk_in(*a_doctor())
    said = {"location": token.location, "source": EmergencySource.PATIENT, "token": token, "actor": VISITOR}
    first = raise_emergency(**said)
    acknowledge_emergency(emergency_id=first.pk, actor=CLINIC)
    assert raise_emergency(**said) != first
    assert len(heard) == 3


def test_at_the_kiosk_and_the_desk_nobody_need_be_in_the_queue():
    location = LocationFactory()
    for source in (EmergencySource.KIOSK, EmergencySource.STAFF):
        raise_emergency(location=location, source=source, actor=CLINIC)
    assert EmergencyRequest.objects.filter(location=location, token=None).count() == 2


def test_of_two_who_acknowledge_the_first_is_remembered(heard: list[int]):
    location = LocationFactory()
    made = raise_emergency(location=location, source=EmergencySource.STAFF, actor=CLINIC)
    clerks = UserFactory.create_batch(2, is_staff=True)
    for clerk in clerks:
        seen = acknowledge_emergency(emergency_id=made.pk, actor=Actor(label=f"user:{clerk.pk}", user=clerk))
        assert (seen.acknowledged_by, seen.acknowledged_at) == (clerks[0], MORNING)
    assert heard == [made.pk] * 2
    assert AuditEntry.objects.filter(verb="emergency.acknowledge").count() == 1


@pytest.mark.parametrize("message", ["x" * 301, "a\x00b"])
def test_what_cannot_be_kept(message: str):
    location = LocationFactory()
    with refused(InvalidEmergency):
        raise_emergency(location=location, source=EmergencySource.STAFF, actor=CLINIC, message=message)


def test_one_that_nobody_knows():
    with refused(EmergencyUnknown):
        acknowledge_emergency(emergency_id=4711, actor=CLINIC)


def test_it_goes_along_to_another_queue_and_back(heard: list[int]):
    doctor, location = a_doctor()
    token = walk_in(doctor, location)
    source = EmergencySource.PATIENT
    emergency = raise_emergency(location=location, source=source, token=token, message="Chest pain", actor=VISITOR)
    other, _location = a_doctor(location)
    moved = transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)
    assert EmergencyRequest.objects.get().token == moved
    again = raise_emergency(location=location, source=source, token=moved, message="", actor=VISITOR)
    assert again == emergency
    undo_step(step_id=TokenStep.objects.filter(token=token).latest("pk").pk, actor=CLINIC)
    assert EmergencyRequest.objects.get().token == token
    assert heard == [emergency.pk] * 3
