"""What `/ws/events/` tells of queues, and whom."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts.live.renderer import renderer
from queueing.models import EmergencyRequest, Queue, QueuePolicy
from queueing.services.closing import close_queues
from queueing.services.emergencies import acknowledge_emergency, raise_emergency
from queueing.services.queues import set_doctor_status, set_room
from queueing.services.steps import call_next, finish_token, leave_queue, recall_token, start_token
from queueing.services.transferring import transfer_token
from queueing.states import EmergencySource
from queueing.tests.factories import walk_in
from scheduling.rules import hearings_of, rooms_of, rooms_of_place
from scheduling.tests.conftest import clinic as clinic_of_two_places
from scheduling.tests.conftest import live as sockets_hear
from scheduling.tests.conversations import conversation, in_thread
from scheduling.tests.factories import CLINIC

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]

clinic = clinic_of_two_places
live = sockets_hear


@in_thread
def joins(clinic: Any, doctor: str = "here", **said: Any) -> Any:
    """Somebody without an appointment."""
    return walk_in(clinic.doctors[doctor], clinic.here, **said)


@in_thread
def family_joins(clinic: Any) -> Any:
    """One of the family of the patient with an account."""
    token = walk_in(clinic.doctors["here"], clinic.here)
    token.patient.user = clinic.users["patient"]
    token.patient.save()
    return token


async def all_told(talk: Any, *kinds: str) -> dict[str, Any]:
    """So many messages, by their kind."""
    heard = [await talk.hear() for _ in kinds]
    told = {one["type"]: one["data"] for one in heard}
    assert sorted(told) == sorted(kinds)
    return told


async def test_the_desk_is_told_the_whole_queue_in_codes_and_numbers(clinic):
    first = await joins(clinic)
    async with conversation(user=clinic.users["desk here"]) as talk:
        await talk.subscribe(f"location:{clinic.here.pk}")
        second = await joins(clinic, urgency="high", first_name="Secretname")
        heard = [await talk.hear() for _ in range(2)]
        told = next(one["data"] for one in heard if one["type"] == "queue_update")
        assert {one["type"] for one in heard} == {"queue_update", "appointment_update"}
        assert [(one["code"], one["position"]) for one in told["waiting"]] == [(second.code, 1), (first.code, 2)]
        assert set(told["waiting"][0]["wait"]) == {"low", "middle", "high"}
        assert (told["queue"], told["doctor"], told["location"]) == (
            first.queue_id,
            clinic.doctors["here"].pk,
            clinic.here.pk,
        )
        assert "Secretname" not in json.dumps(heard)
        assert "high" not in json.dumps([one["version"] for one in told["waiting"]])


async def test_a_call_tells_code_and_room_and_the_first_one_that_the_day_began(clinic):
    token = await joins(clinic)
    async with conversation(user=clinic.users["doctor here"]) as talk:
        await talk.subscribe(f"doctor:{clinic.doctors['here'].pk}")
        await in_thread(call_next)(queue_id=token.queue_id, actor=CLINIC)
        told = await all_told(talk, "queue_update", "doctor_status", "patient_called")
        assert told["doctor_status"]["status"] == "on_time"
        call = told["patient_called"]
        assert (call["code"], call["token"], call["calls"], call["room"]) == (
            token.code,
            token.pk,
            1,
            clinic.doctors["here"].room,
        )
        await in_thread(recall_token)(token_id=token.pk, actor=CLINIC)
        told = await all_told(talk, "queue_update", "patient_called")
        assert told["patient_called"]["calls"] == 2


async def test_whoever_is_let_in_uncalled_begins_the_day_too_and_its_end_is_told(clinic):
    token = await joins(clinic)
    async with conversation(user=clinic.users["doctor here"]) as talk:
        await talk.subscribe(f"doctor:{clinic.doctors['here'].pk}")
        await in_thread(start_token)(token_id=token.pk, actor=CLINIC)
        told = await all_told(talk, "queue_update", "doctor_status", "appointment_update")
        assert told["doctor_status"]["status"] == "on_time"
        await in_thread(finish_token)(token_id=token.pk, actor=CLINIC)
        await all_told(talk, "queue_update", "appointment_update")
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            assert await in_thread(close_queues)(actor=CLINIC) == 1
        assert (await talk.told("doctor_status"))["status"] == "finished"


async def test_what_happens_in_one_queue_hides_nothing_of_the_rules_of_all(clinic):
    one, other = await joins(clinic), await joins(clinic, "both")
    async with conversation(user=clinic.users["desk here"]) as talk:
        await talk.subscribe(f"location:{clinic.here.pk}")
        both_happened = Event()
        renderer.soon("busy", both_happened.wait)
        await in_thread(QueuePolicy.objects.create)(location=clinic.here, points_high=1)
        await in_thread(set_room)(queue_id=one.queue_id, room="Room 9", actor=CLINIC)
        both_happened.set()
        heard = [await talk.hear() for _ in range(2)]
        assert {said["data"]["queue"] for said in heard} == {one.queue_id, other.queue_id}


async def test_patients_hear_of_their_own_place_and_of_nobody_elses(clinic):
    first, own = await joins(clinic), await family_joins(clinic)
    async with conversation(user=clinic.users["patient"]) as talk:
        await talk.subscribe(f"user:{clinic.users['patient'].pk}")
        await in_thread(leave_queue)(token_id=first.pk, actor=CLINIC)
        heard = await talk.hear()
        assert (heard["type"], heard["data"]["token"], heard["data"]["position"]) == (
            "queue_position_change",
            own.pk,
            1,
        )
        assert first.code not in json.dumps(heard)
        await in_thread(call_next)(queue_id=own.queue_id, actor=CLINIC)
        told = await all_told(talk, "queue_position_change", "doctor_status", "patient_called")
        assert (told["queue_position_change"]["status"], told["queue_position_change"]["wait"]) == ("called", None)
        assert told["patient_called"]["code"] == own.code


async def test_who_has_gone_is_told_once_more(clinic):
    own = await family_joins(clinic)
    for step in (call_next, start_token):
        arguments = {"queue_id": own.queue_id} if step is call_next else {"token_id": own.pk}
        await in_thread(step)(**arguments, actor=CLINIC)
    async with conversation(user=clinic.users["patient"]) as talk:
        await talk.subscribe(f"user:{clinic.users['patient'].pk}")
        await in_thread(finish_token)(token_id=own.pk, actor=CLINIC)
        told = await all_told(talk, "queue_position_change", "appointment_update")
        assert told["queue_position_change"]["status"] == "completed"


async def test_a_transfer_leads_to_the_new_place(clinic):
    own = await family_joins(clinic)
    async with conversation(user=clinic.users["patient"]) as talk:
        await talk.subscribe(f"user:{clinic.users['patient'].pk}")
        doctor = clinic.doctors["both"]
        moved = await in_thread(transfer_token)(token_id=own.pk, doctor_id=doctor.pk, actor=CLINIC)
        heard = [(await talk.hear())["data"] for _ in range(2)]
        assert {one["token"]: one["successor"] for one in heard} == {own.pk: moved.pk, moved.pk: None}


async def test_a_doctors_status_reaches_the_desk_and_everybody_who_waits(clinic):
    own = await family_joins(clinic)
    async with conversation(user=clinic.users["desk here"]) as desk, conversation(user=clinic.users["patient"]) as talk:
        await desk.subscribe(f"location:{clinic.here.pk}")
        await talk.subscribe(f"user:{clinic.users['patient'].pk}")
        await in_thread(set_doctor_status)(queue_id=own.queue_id, status="running_late", minutes=15, actor=CLINIC)
        for told in (
            await all_told(desk, "queue_update", "doctor_status"),
            await all_told(talk, "queue_position_change", "doctor_status"),
        ):
            assert (told["doctor_status"]["status"], told["doctor_status"]["late_minutes"]) == ("running_late", 15)


async def test_a_call_for_help_reaches_everybody_who_works_there_and_nobody_else(clinic):
    token = await joins(clinic, "both")
    names = {
        "desk here": f"location:{clinic.here.pk}",
        "doctor here": f"doctor:{clinic.doctors['here'].pk}",
        "manager": "admin",
    }
    others = {"desk there": f"location:{clinic.there.pk}", "patient": f"user:{clinic.users['patient'].pk}"}
    async with (
        conversation(user=clinic.users["desk here"]) as desk,
        conversation(user=clinic.users["doctor here"]) as doctor,
        conversation(user=clinic.users["manager"]) as manager,
        conversation(user=clinic.users["patient"]) as patient,
    ):
        for talk, name in ((desk, "desk here"), (doctor, "doctor here"), (manager, "manager")):
            await talk.subscribe(names[name])
        await patient.subscribe(others["patient"])
        emergency = await in_thread(raise_emergency)(
            location=clinic.here, source=EmergencySource.PATIENT, token=token, message="Cannot breathe", actor=CLINIC
        )
        for talk in (desk, doctor, manager):
            heard = await talk.hear()
            assert (heard["type"], heard["data"]["what"]) == ("emergency_alert", "raised")
            assert (heard["data"]["id"], heard["data"]["code"]) == (emergency.pk, token.code)
            assert "breathe" not in json.dumps(heard)
        await in_thread(acknowledge_emergency)(emergency_id=emergency.pk, actor=CLINIC)
        assert (await desk.told("emergency_alert"))["what"] == "acknowledged"
        assert await patient.silent()
    assert await in_thread(EmergencyRequest.objects.count)() == 1


async def test_each_role_hears_calls_for_help_where_it_works(clinic):
    @in_thread
    def heard() -> set[tuple[str, str]]:
        found = set()
        for name, user in clinic.users.items():
            hearing = hearings_of([user])[user.pk]
            for room, (kind, key) in clinic.rooms().items():
                if rooms_of(hearing, kind, key) & set(rooms_of_place(clinic.here.pk)):
                    found.add((name, room))
        return found

    own = {("both", "doctor both"), ("doctor here", "doctor here")}
    at_the_place = {(name, "here") for name in ("both", "doctor here", "desk here", "desk everywhere")}
    bosses = {(boss, room) for boss in ("manager", "root") for room in ("here", "admin")}
    assert await heard() == own | at_the_place | bosses


async def test_another_doctor_hears_nothing_of_a_queue(clinic):
    async with conversation(user=clinic.users["doctor here"]) as talk:
        await talk.subscribe(f"location:{clinic.here.pk}", f"doctor:{clinic.doctors['here'].pk}")
        await joins(clinic, "both")
        assert await talk.silent()
    assert await in_thread(Queue.objects.count)() == 1


async def test_the_document_names_every_type_and_member(clinic):
    own = await family_joins(clinic)
    page = (Path(settings.BASE_DIR) / "docs" / "events.md").read_text()
    async with conversation(user=clinic.users["manager"]) as desk, conversation(user=clinic.users["patient"]) as talk:
        await desk.subscribe("admin")
        await talk.subscribe(f"user:{clinic.users['patient'].pk}")
        await in_thread(call_next)(queue_id=own.queue_id, actor=CLINIC)
        heard = [await desk.hear() for _ in range(3)] + [await talk.hear() for _ in range(3)]
        await in_thread(raise_emergency)(location=clinic.here, source=EmergencySource.STAFF, actor=CLINIC)
        heard.append(await desk.hear())
    assert {one["type"] for one in heard} == {
        "queue_update",
        "doctor_status",
        "patient_called",
        "queue_position_change",
        "emergency_alert",
    }
    for one in heard:
        told = re.search(rf"\*\*`{one['type']}`\*\*(.*?)\n\n", page, re.DOTALL)
        assert told, one["type"]
        assert set(one["data"]) <= set(re.findall(r"`(\w+)`", told[1])), one["type"]
