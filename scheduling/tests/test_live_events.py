"""What `/ws/events/` tells, and whom."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.utils import timezone

from scheduling.live_events import moment, tell_of_slots
from scheduling.models import Doctor, Hold
from scheduling.services import lifecycle
from scheduling.services.calendar import close_slot, delete_slot, open_slot
from scheduling.services.holds import hold_seat, release_hold
from scheduling.tests.conversations import conversation, in_thread
from scheduling.tests.factories import CLINIC, VISITOR, PatientFactory, SlotFactory, book

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]


async def test_a_booking_is_told_with_slot_and_visit_as_they_are_now(clinic):
    slot = await in_thread(SlotFactory)(doctor=clinic.doctors["here"], location=clinic.here, capacity=2)
    async with conversation(user=clinic.users["desk here"]) as talk:
        await talk.subscribe(f"location:{clinic.here.pk}")
        hold = await in_thread(hold_seat)(slot_id=slot.pk, holder="somebody", actor=VISITOR)
        expected = {"doctor": clinic.doctors["here"].pk, "location": clinic.here.pk}
        told = await talk.told("slot_update")
        assert told.pop("slots")[0]["free"] == 1
        assert told == {**expected, "what": "held"}
        await in_thread(release_hold)(token=hold.token, actor=VISITOR)
        told = await talk.told("slot_update")
        assert (told["what"], told["slots"][0]["free"]) == ("freed", 2)
        visit = await in_thread(book)(slot, patient=clinic.family)
        heard = [await talk.hear() for _ in range(2)]
        told = {one["type"]: one["data"] for one in heard}
        assert len({one["version"] for one in heard}) <= 2
        assert told["slot_update"]["what"] == "booked"
        assert told["slot_update"]["slots"] == [
            {
                "id": slot.pk,
                "starts_at": slot.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "ends_at": slot.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "capacity": 2,
                "free": 1,
                "is_open": True,
            }
        ]
        assert told["appointment_update"] == {
            "id": visit.pk,
            "number": visit.number,
            "status": "confirmed",
            "previous": None,
            "patient": clinic.family.pk,
            **expected,
            "slot": slot.pk,
            "starts_at": slot.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ends_at": slot.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "successor": None,
        }
        await in_thread(lifecycle.cancel_appointment)(appointment_id=visit.pk, actor=CLINIC)
        told = await talk.told("appointment_update")
        assert (told["previous"], told["status"]) == ("confirmed", "cancelled")


async def test_slots_that_are_opened_closed_and_removed_are_told(clinic):
    slot = await in_thread(SlotFactory)(doctor=clinic.doctors["here"], location=clinic.here)
    async with conversation(user=clinic.users["doctor here"]) as talk:
        await talk.subscribe(f"doctor:{clinic.doctors['here'].pk}")
        for change, what, is_open in ((close_slot, "closed", False), (open_slot, "opened", True)):
            await in_thread(change)(slot_id=slot.pk, actor=CLINIC)
            told = await talk.told("slot_update")
            assert (told["what"], told["slots"][0]["is_open"]) == (what, is_open)
        await in_thread(delete_slot)(slot_id=slot.pk, actor=CLINIC)
        told = await talk.told("slot_update")
        assert (told["what"], told["location"]) == ("removed", clinic.here.pk)
        assert [(one["id"], one["free"], one["is_open"]) for one in told["slots"]] == [(slot.pk, 0, False)]


async def test_a_seat_whose_hold_ran_out_is_told_when_the_sweep_ends_it(clinic):
    hold = await in_thread(lambda: hold_seat(slot_id=SlotFactory().pk, holder="somebody", actor=VISITOR))()
    await in_thread(lambda: Hold.objects.update(expires_at=timezone.now()))()
    async with conversation(user=clinic.users["manager"]) as talk:
        await talk.subscribe("admin")
        await in_thread(lifecycle.expire_overdue)(actor=CLINIC)
        told = await talk.told("slot_update")
        assert (told["what"], told["slots"][0]["id"], told["slots"][0]["free"]) == ("freed", hold.slot_id, 1)


async def test_what_was_rolled_back_is_not_told(clinic):
    def book_and_fail():
        with transaction.atomic():
            book(SlotFactory(doctor=clinic.doctors["here"], location=clinic.here))
            transaction.set_rollback(True)

    async with conversation(user=clinic.users["manager"]) as talk:
        await talk.subscribe("admin")
        await in_thread(book_and_fail)()
        assert await talk.silent()


async def test_many_slots_are_told_in_few_messages(clinic):
    make = in_thread(lambda: SlotFactory.create_batch(250, doctor=clinic.doctors["here"], location=clinic.here))
    slots = await make()
    async with conversation(user=clinic.users["manager"]) as talk:
        await talk.subscribe("admin")
        await in_thread(tell_of_slots)([slot.pk for slot in slots], "added")
        told = [await talk.told("slot_update") for _ in range(2)]
        assert [len(one["slots"]) for one in told] == [200, 50]
        assert await talk.silent()


async def test_after_unsubscribing_nothing_is_told_but_other_rooms_go_on(clinic):
    async with conversation(user=clinic.users["manager"]) as talk:
        rooms = [f"location:{clinic.here.pk}", f"doctor:{clinic.doctors['here'].pk}"]
        await talk.subscribe(*rooms)
        await talk.ask(type="unsubscribe", room=rooms[0])
        make = in_thread(lambda: book(SlotFactory(doctor=clinic.doctors["here"], location=clinic.here)))
        await make()
        assert {(await talk.hear())["type"] for _ in range(2)} == {"slot_update", "appointment_update"}
        await talk.ask(type="unsubscribe", room=rooms[1])
        await make()
        assert await talk.silent()


async def test_a_patient_hears_of_their_family_and_of_nobody_else(clinic):
    user = clinic.users["patient"]
    async with conversation(user=user) as talk:
        await talk.subscribe(f"user:{user.pk}")
        for room in ("admin", f"location:{clinic.here.pk}"):
            assert (await talk.ask(type="subscribe", room=room))["data"]["code"] == "not_permitted"
        other = f"user:{clinic.users['other patient'].pk}"
        assert (await talk.ask(type="subscribe", room=other))["data"]["code"] == "not_permitted"
        await in_thread(book)(patient=clinic.stranger)
        assert await talk.silent()
        child = await in_thread(PatientFactory)(user=user)
        visit = await in_thread(book)(patient=child)
        assert (await talk.told("appointment_update"))["id"] == visit.pk
        assert await talk.silent()


async def test_a_patient_hears_which_times_are_free_and_not_how_many_come(clinic):
    slot = await in_thread(SlotFactory)(doctor=clinic.doctors["here"], location=clinic.here, capacity=3)
    async with conversation(user=clinic.users["patient"]) as talk:
        await talk.subscribe(f"doctor:{clinic.doctors['here'].pk}")
        await in_thread(book)(slot, patient=clinic.stranger)
        told = await talk.told("slot_update")
        assert told["slots"] == [
            {"id": slot.pk, "starts_at": moment(slot.starts_at), "ends_at": moment(slot.ends_at)}
            | {"free": 2, "is_open": True}
        ]
        await in_thread(close_slot)(slot_id=slot.pk, actor=CLINIC)
        assert (await talk.told("slot_update"))["slots"][0]["free"] == 0
        assert await talk.silent()


async def test_nobody_learns_by_asking_of_a_doctor_whom_the_pages_do_not_show(clinic):
    await in_thread(lambda: Doctor.objects.filter(pk=clinic.doctors["here"].pk).update(is_active=False))()
    async with conversation(user=clinic.users["patient"]) as talk:
        for doctor_id in (clinic.doctors["here"].pk, 10**6):
            answer = await talk.ask(type="subscribe", room=f"doctor:{doctor_id}")
            assert answer["data"]["code"] == "not_permitted"


async def test_a_desk_hears_nothing_of_a_doctors_other_place(clinic):
    async with conversation(user=clinic.users["desk here"]) as talk:
        await talk.subscribe(f"doctor:{clinic.doctors['both'].pk}", f"location:{clinic.here.pk}")
        refused = [f"location:{clinic.there.pk}", f"doctor:{clinic.doctors['there'].pk}", "admin"]
        for room in refused:
            assert (await talk.ask(type="subscribe", room=room))["data"]["code"] == "not_permitted"
        elsewhere = in_thread(lambda: book(SlotFactory(doctor=clinic.doctors["both"], location=clinic.there)))
        await elsewhere()
        assert await talk.silent()
        visit = await in_thread(lambda: book(SlotFactory(doctor=clinic.doctors["both"], location=clinic.here)))()
        assert (await talk.told("appointment_update"))["id"] == visit.pk


async def test_no_words_of_anybody_are_told(clinic):
    async with conversation(user=clinic.users["manager"]) as talk:
        await talk.subscribe("admin")
        visit = await in_thread(book)(patient=clinic.family, reason="a secret reason")
        heard = json.dumps([await talk.hear() for _ in range(2)])
        for word in ("secret", visit.secret, clinic.family.first_name, clinic.family.email, clinic.here.name):
            assert word not in heard
