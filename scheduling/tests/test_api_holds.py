"""Keeping seats, for programs."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.roles import Role
from scheduling.models import Hold, Slot
from scheduling.services.holds import MOST_EXTENSIONS, hold_seat
from scheduling.tests.api import Program, program_of
from scheduling.tests.booking import press
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)
from testing.threads import run_together

pytestmark = pytest.mark.django_db


def held(slot: Slot | None = None, program: Program | None = None) -> dict[str, Any]:
    """What a program is told that keeps a seat."""
    slot = slot or SlotFactory()
    response = (program or Program()).post(f"slots/{slot.pk}/hold/")
    assert response.status_code == 201, response.content
    told: dict[str, Any] = response.json()
    return told


class TestKeepingASeat:
    def test_whoever_asks_gets_a_token_and_the_time_it_lasts(self) -> None:
        slot = SlotFactory()
        told = held(slot)
        hold = Hold.objects.get()
        assert (told["token"], told["slot"], told["extensions_left"]) == (hold.token, slot.pk, MOST_EXTENSIONS)
        assert told["expires_at"] == hold.expires_at.isoformat().replace("+00:00", "Z")
        slot.refresh_from_db()
        assert slot.taken == 1

    def test_every_request_is_another_hold(self) -> None:
        slot, program = SlotFactory(capacity=2), Program()
        assert held(slot, program)["token"] != held(slot, program)["token"]
        assert Hold.objects.filter(slot=slot).values("holder").distinct().count() == 2

    def test_a_retry_under_the_same_key_is_the_same_hold(self) -> None:
        slot, program = SlotFactory(capacity=3), Program()
        first, again = (program.post(f"slots/{slot.pk}/hold/", key="my-own-key") for _time in range(2))
        assert first.json() == again.json()
        assert again["Idempotent-Replayed"] == "true"
        assert Hold.objects.count() == 1

    def test_the_key_of_one_visitor_opens_nothing_to_another(self) -> None:
        """The token is a secret, and a key such as `booking-1` is none."""
        slot = SlotFactory(capacity=3)
        mine = Program().post(f"slots/{slot.pk}/hold/", key="booking-1")
        theirs = Program().post(f"slots/{slot.pk}/hold/", key="booking-1", REMOTE_ADDR="203.0.113.77")
        assert mine.json()["token"] != theirs.json()["token"]

    def test_a_key_means_one_request(self) -> None:
        slot, desk = SlotFactory(), program_of(Role.MANAGER)
        path = f"slots/{slot.pk}/hold/"
        assert desk.post(path, {"minutes": 10}, key="my-own-key").status_code == 201
        other = desk.post(path, {"minutes": 20}, key="my-own-key")
        assert (other.status_code, other.json()["code"]) == (409, "key_reused")

    def test_it_costs_no_more_queries_than_the_press_on_the_page(self, client: Client, settings: Settings) -> None:
        for limit in (0, 60):
            settings.HOLDS_PER_ADDRESS = limit
            on_the_page, by_program = SlotFactory(), SlotFactory()
            with CaptureQueriesContext(connection) as pressing:
                press(client, on_the_page)
            with CaptureQueriesContext(connection) as asking:
                held(by_program)
            assert Hold.objects.filter(slot__in=[on_the_page, by_program]).count() == 2
            assert len(asking) <= len(pressing)
            Hold.objects.all().delete()

    def test_whoever_comes_too_late_is_told_the_nearest_three(self) -> None:
        slot = SlotFactory()
        near = [
            SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(hours=hours))
            for hours in (1, 2, 3, 4)
        ]
        held(slot)
        response = Program().post(f"slots/{slot.pk}/hold/")
        assert (response.status_code, response.json()["code"]) == (409, "slot_taken")
        assert response.json()["nearest"][0] == {
            "id": near[0].pk,
            "doctor": slot.doctor_id,
            "location": slot.location_id,
            "starts_at": near[0].starts_at.isoformat().replace("+00:00", "Z"),
            "ends_at": near[0].ends_at.isoformat().replace("+00:00", "Z"),
        }
        assert [one["id"] for one in response.json()["nearest"]] == [one.pk for one in near[:3]]
        assert Hold.objects.count() == 1

    def test_a_seat_whose_claim_ran_out_is_to_be_had(self) -> None:
        slot = SlotFactory()
        held(slot)
        Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert held(slot)["slot"] == slot.pk

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"is_open": False}, 409, "slot_closed"),
            ({"starts_at": in_hours(-2), "ends_at": in_hours(-1)}, 409, "slot_past"),
        ],
    )
    def test_what_is_not_on_offer_is_refused(self, changes: dict[str, Any], status: int, code: str) -> None:
        slot = SlotFactory()
        Slot.objects.filter(pk=slot.pk).update(**changes)
        for program in (Program(), Program(UserFactory())):
            response = program.post(f"slots/{slot.pk}/hold/")
            assert (response.status_code, response.json()["code"]) == (status, code)
        assert Hold.objects.count() == 0

    @pytest.mark.parametrize("slot", ["999999", str(2**63), "9" * 40])
    def test_what_does_not_exist_is_not_found(self, slot: str) -> None:
        assert Program().post(f"slots/{slot}/hold/").status_code == 404

    def test_one_address_keeps_only_so_many_seats_by_page_and_program_together(
        self, client: Client, settings: Settings
    ) -> None:
        settings.HOLDS_PER_ADDRESS = 2
        press(client, SlotFactory())
        held()
        refused = Program().post(f"slots/{SlotFactory().pk}/hold/")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
        assert Hold.objects.count() == 2
        assert Slot.objects.filter(taken=1).count() == 2

    def test_only_staff_choose_for_how_long(self) -> None:
        slot = SlotFactory()
        for program in (Program(), Program(UserFactory())):
            refused = program.post(f"slots/{slot.pk}/hold/", {"minutes": 60})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (403, "minutes")
        desk = program_of(Role.RECEPTION, slot.location)
        assert desk.post(f"slots/{slot.pk}/hold/", {"minutes": 60}).status_code == 201
        assert Hold.objects.get().expires_at > timezone.now() + timedelta(minutes=55)

    def test_staff_keep_what_is_not_on_offer_at_their_own_locations_only(self) -> None:
        """A slot that has begun, for somebody at the desk."""
        begun = SlotFactory(starts_at=in_hours(-0.1))
        path = f"slots/{begun.pk}/hold/"
        assert program_of(Role.RECEPTION, LocationFactory()).post(path).status_code == 404
        assert program_of(Role.RECEPTION, begun.location).post(path).status_code == 201

    @pytest.mark.parametrize(
        ("body", "field"),
        [({"minutes": 0}, "minutes"), ({"minutes": "5"}, "minutes"), ({"holder": "me"}, "holder"), ([], "")],
    )
    def test_bodies_that_make_no_sense_are_refused_by_name(self, body: Any, field: str) -> None:
        slot = SlotFactory()
        response = Program().client.post(f"/api/v1/slots/{slot.pk}/hold/", body, content_type="application/json")
        assert response.status_code == 400
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert Hold.objects.count() == 0


class TestTheHold:
    def test_it_is_looked_at_prolonged_and_given_back_by_its_token(self) -> None:
        program, slot = Program(), SlotFactory()
        told = held(slot, program)
        path = f"holds/{told['token']}/"
        assert program.get(path).json() == told
        Hold.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
        longer = program.post(f"{path}extend/")
        assert (longer.status_code, longer.json()["extensions_left"]) == (200, MOST_EXTENSIONS - 1)
        assert Hold.objects.get().expires_at > timezone.now() + timedelta(minutes=4)
        assert program.delete(path).status_code == 204
        slot.refresh_from_db()
        assert slot.taken == 0

    def test_one_that_is_gone_is_not_found(self) -> None:
        program, path = Program(), f"holds/{held()['token']}/"
        Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        for response in (program.get(path), program.post(f"{path}extend/"), program.delete(path)):
            assert (response.status_code, response.json()["code"]) == (404, "hold_expired")

    def test_it_is_prolonged_twelve_times_at_most(self) -> None:
        path = f"holds/{held()['token']}/extend/"
        Hold.objects.update(extensions=MOST_EXTENSIONS)
        refused = Program().post(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "hold_prolonged_too_often")

    def test_prolonging_takes_no_wishes(self) -> None:
        refused = Program().post(f"holds/{held()['token']}/extend/", {"minutes": 600})
        assert (refused.status_code, refused.json()["code"]) == (400, "unknown_field")

    def test_nobody_guesses_a_token(self) -> None:
        held()
        for token in (secrets.token_urlsafe(18), "x", "a" * 33, "' OR 1=1"):
            assert Program().get(f"holds/{token}/").status_code == 404

    def test_an_offer_of_the_waitlist_is_no_hold_to_play_with(self) -> None:
        from scheduling.services.waitlist import join_waitlist

        slot = SlotFactory()
        entry = join_waitlist(
            patient=PatientFactory(),
            doctor_id=slot.doctor_id,
            earliest_date=timezone.localdate(),
            latest_date=timezone.localdate() + timedelta(days=9),
            actor=VISITOR,
        )
        kept = hold_seat(slot_id=slot.pk, holder="offer", actor=VISITOR)
        Hold.objects.filter(pk=kept.pk).update(waitlist_entry=entry)
        assert Program().delete(f"holds/{kept.token}/").status_code == 404
        assert Hold.objects.filter(pk=kept.pk).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_twenty_under_one_key_are_one_hold(self) -> None:
        slot = SlotFactory(capacity=30)
        calls = [lambda: Program().post(f"slots/{slot.pk}/hold/", key="one-for-all") for _one in range(20)]
        answers = [outcome.answer for outcome in run_together(calls)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["token"] for answer in answers}) == 1
        assert Hold.objects.count() == 1
        slot.refresh_from_db()
        assert slot.taken == 1

    def test_thirty_who_want_three_seats_leave_three_with_a_seat_and_nobody_with_a_fault(self) -> None:
        slot = SlotFactory(capacity=3)
        other = SlotFactory(doctor=slot.doctor, location=slot.location)
        book(SlotFactory(doctor=DoctorFactory()))
        calls = [lambda: Program().post(f"slots/{slot.pk}/hold/") for _one in range(30)]
        answers = [outcome.answer for outcome in run_together(calls)]
        assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 27}
        losers = [answer.json() for answer in answers if answer.status_code == 409]
        assert {loser["code"] for loser in losers} == {"slot_taken"}
        assert {loser["nearest"][0]["id"] for loser in losers} == {other.pk}
