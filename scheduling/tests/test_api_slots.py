"""Slots for programs: what is on offer, and keeping the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling.models import Hold, Slot
from scheduling.services.holds import hold_seat
from scheduling.tests.api import Program, asking, names, program_of
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)
from testing.threads import run_together

pytestmark = pytest.mark.django_db


def slot_said(slot: Slot | None = None, **changes: Any) -> dict[str, Any]:
    """What reception says about one slot more, for the doctor and place of `slot`."""
    slot = slot or SlotFactory()
    starts = in_hours(2000).isoformat()
    return {
        "doctor": slot.doctor_id,
        "location": slot.location_id,
        "starts_at": starts,
        "duration_minutes": 30,
        "capacity": 2,
        **changes,
    }


class TestReading:
    def test_everybody_reads_what_is_on_offer_in_the_order_of_times(self) -> None:
        second, first = SlotFactory(starts_at=in_hours(30)), SlotFactory(starts_at=in_hours(3))
        SlotFactory(is_open=False)
        SlotFactory(starts_at=in_hours(-5))
        SlotFactory(doctor=DoctorFactory(is_active=False))
        SlotFactory(location=LocationFactory(is_active=False))
        SlotFactory(location=LocationFactory(lead_minutes=60 * 24 * 60))
        for role in (None, Role.PATIENT):
            assert names(asking(role).get("slots/")) == [first.pk, second.pk]

    @pytest.mark.parametrize("role", [Role.RECEPTION, Role.DOCTOR])
    def test_staff_also_see_what_is_closed_or_over_at_their_own_locations(self, role: Role) -> None:
        here = LocationFactory()
        closed = SlotFactory(location=here, is_open=False, starts_at=in_hours(5))
        over = SlotFactory(location=here, starts_at=in_hours(-5))
        elsewhere = SlotFactory(starts_at=in_hours(9))
        hidden = SlotFactory(is_open=False)
        program = asking(role, here)
        assert names(program.get("slots/")) == [over.pk, closed.pk, elsewhere.pk]
        assert program.get(f"slots/{closed.pk}/").status_code == 200
        assert program.get(f"slots/{hidden.pk}/").status_code == 404
        assert names(program_of(Role.MANAGER).get("slots/")) == [over.pk, closed.pk, elsewhere.pk, hidden.pk]

    def test_how_a_slot_is_kept_is_for_the_desk_of_its_location(self) -> None:
        slot = SlotFactory(capacity=3)
        hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
        on_offer = {
            "id": slot.pk,
            "doctor": slot.doctor_id,
            "location": slot.location_id,
            "starts_at": slot.starts_at.isoformat().replace("+00:00", "Z"),
            "ends_at": slot.ends_at.isoformat().replace("+00:00", "Z"),
            "free": 2,
        }
        for program in (Program(), Program(UserFactory()), program_of(Role.RECEPTION, LocationFactory())):
            assert program.get(f"slots/{slot.pk}/").json() == on_offer
        at_the_desk = {"is_open": True, "capacity": 3, "booked": True, "availability": None, "batch": None}
        for program in (program_of(Role.RECEPTION, slot.location), program_of(Role.MANAGER)):
            assert program.get(f"slots/{slot.pk}/").json() == on_offer | at_the_desk

    def test_claims_that_ran_out_count_as_free(self) -> None:
        slot = SlotFactory()
        hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
        assert names(Program().get("slots/", free="true")) == []
        assert names(Program().get("slots/", free="false")) == [slot.pk]
        Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert Program().get("slots/", free="true").json()["results"][0]["free"] == 1
        assert names(Program().get("slots/", free="false")) == []

    def test_they_are_narrowed_by_whose_where_and_whether_open(self) -> None:
        one, other = SlotFactory(), SlotFactory()
        closed = SlotFactory(doctor=one.doctor, location=one.location, is_open=False)
        manager = program_of(Role.MANAGER)
        assert names(Program().get("slots/", doctor=one.doctor_id)) == [one.pk]
        assert names(Program().get("slots/", location=other.location_id)) == [other.pk]
        assert names(manager.get("slots/", doctor=one.doctor_id, open="false")) == [closed.pk]
        assert names(manager.get("slots/", doctor=one.doctor_id, open="true")) == [one.pk]

    @pytest.mark.usefixtures("november_2026")
    def test_a_day_is_that_of_the_clock_on_the_wall(self) -> None:
        """Just after midnight of the 25th in Kolkata it is still the 24th in London, and in UTC."""
        early = datetime(2026, 11, 25, 0, 10, tzinfo=ZoneInfo("Asia/Kolkata")).astimezone(UTC)
        kolkata = SlotFactory(location=LocationFactory(time_zone="Asia/Kolkata"), starts_at=early)
        london = SlotFactory(starts_at=early)
        program = Program()
        assert names(program.get("slots/", date="2026-11-24")) == [london.pk]
        assert names(program.get("slots/", date="2026-11-25")) == [kolkata.pk]
        assert names(program.get("slots/", **{"from": "2026-11-25"})) == [kolkata.pk]
        assert names(program.get("slots/", until="2026-11-24")) == [london.pk]
        assert names(program.get("slots/", until="2026-11-23")) == []

    def test_pages_go_on_where_they_ended_while_slots_are_added(self) -> None:
        slots = [SlotFactory(starts_at=in_hours(hours)) for hours in (10, 20, 30, 40)]
        program = Program()
        first = program.get("slots/", page_size=2)
        SlotFactory(starts_at=in_hours(5))
        second = program.client.get(first.json()["next"])
        assert [*names(first), *names(second)] == [slot.pk for slot in slots]

    @pytest.mark.parametrize("role", [None, Role.RECEPTION, Role.MANAGER])
    def test_a_hundred_rows_cost_as_many_queries_as_one(self, role: Role | None) -> None:
        slot = SlotFactory(capacity=200)
        program = asking(role, slot.location)

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                found = names(program.get("slots/", page_size=200, date=timezone.localdate() + timedelta(days=1)))
            assert len(found) in (1, 101)
            return len(queries)

        Slot.objects.update(starts_at=morning(0), ends_at=morning(1))
        cost()  # a session that begins is written down
        one = cost()
        for minute in range(1, 101):
            more = SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=in_hours(2000 + minute))
            Slot.objects.filter(pk=more.pk).update(starts_at=morning(minute), ends_at=morning(minute + 1))
            hold_seat(slot_id=more.pk, holder=f"visitor {minute}", actor=VISITOR)
        assert cost() == one <= 11

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"doctor": "x"}, "doctor"),
            ({"date": "tomorrow"}, "date"),
            ({"date": "2026-13-01"}, "date"),
            ({"open": "1"}, "open"),
            ({"free": "maybe"}, "free"),
            ({"until": ""}, "until"),
            ({"doctor": ""}, "doctor"),
            ({"open": ""}, "open"),
            ({"specialty": "1"}, "specialty"),
        ],
    )
    def test_questions_that_make_no_sense_are_refused_by_name(self, query: dict[str, Any], field: str) -> None:
        response = Program().get("slots/", **query)
        assert response.status_code == 400
        assert [error["field"] for error in response.json()["errors"]] == [field]

    def test_what_cannot_be_done_at_an_address_is_told_before_its_parameters(self) -> None:
        response = Program().client.generic("TRACE", "/api/v1/slots/?date=2026-11-23")
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    def test_days_out_of_reach_find_nothing(self, day: str) -> None:
        SlotFactory()
        assert names(Program().get("slots/", date=day)) == []


def morning(minute: int) -> datetime:
    """A minute after noon of tomorrow, in UTC."""
    return datetime.combine(timezone.localdate() + timedelta(days=1), time(12), tzinfo=UTC) + timedelta(minutes=minute)


class TestOneSlot:
    @pytest.mark.parametrize(
        ("role", "status"),
        [(None, 401), (Role.PATIENT, 403), (Role.DOCTOR, 403), (Role.RECEPTION, 201), (Role.MANAGER, 201)],
    )
    def test_reception_adds_slots(self, role: Role | None, status: int) -> None:
        slot = SlotFactory()
        program = asking(role, slot.location)
        assert program.post("slots/", slot_said(slot)).status_code == status
        assert Slot.objects.count() == (2 if status == 201 else 1)

    def test_a_new_slot_is_told(self) -> None:
        slot = SlotFactory()
        said = slot_said(slot)
        made = program_of(Role.RECEPTION, slot.location).post("slots/", said).json()
        new = Slot.objects.get(pk=made["id"])
        assert (new.starts_at.isoformat(), new.ends_at - new.starts_at) == (said["starts_at"], timedelta(minutes=30))
        assert (made["capacity"], made["free"], made["is_open"]) == (2, 2, True)

    def test_nobody_writes_into_the_calendar_of_another_location(self) -> None:
        """Doctors and places elsewhere are as unknown as those that do not exist."""
        here, elsewhere = SlotFactory(), SlotFactory()
        desk = program_of(Role.RECEPTION, here.location)
        tried = [
            (slot_said(here, location=elsewhere.location_id), "location"),
            (slot_said(here, doctor=elsewhere.doctor_id), "doctor"),
            (slot_said(here, doctor=999_999), "doctor"),
            (slot_said(here, location=999_999), "location"),
        ]
        for said, field in tried:
            refused = desk.post("slots/", said)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
        for path in (f"slots/{elsewhere.pk}/",):
            assert desk.patch(path, {"is_open": False}).status_code == 404
            assert desk.delete(path).status_code == 404
        assert Slot.objects.filter(is_open=True).count() == 2

    @pytest.mark.parametrize(
        ("changes", "status", "code", "field"),
        [
            ({"starts_at": "2027-01-04T09:00:00"}, 400, "no_zone", "starts_at"),
            ({"starts_at": "yesterday"}, 400, "invalid", "starts_at"),
            ({"starts_at": "2001-01-04T09:00:00Z"}, 400, "invalid_calendar", "starts_at"),
            ({"starts_at": "9999-12-31T23:59:59-12:00"}, 400, "overflow", "starts_at"),
            ({"duration_minutes": 4}, 400, "min_value", "duration_minutes"),
            ({"duration_minutes": 30.5}, 400, "invalid", "duration_minutes"),
            ({"capacity": 101}, 400, "max_value", "capacity"),
            ({"doctor": True}, 400, "invalid", "doctor"),
            ({"doctor": 1.5}, 400, "invalid", "doctor"),
            ({"doctor": "1"}, 400, "invalid", "doctor"),
            ({"taken": 0}, 400, "unknown_field", "taken"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(
        self, changes: dict[str, Any], status: int, code: str, field: str
    ) -> None:
        response = program_of(Role.MANAGER).post("slots/", slot_said(**changes))
        assert (response.status_code, response.json()["code"]) == (status, code), response.content
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert Slot.objects.count() == 1

    def test_a_number_is_the_same_with_a_point_and_nothing_behind_it(self) -> None:
        """JSON knows one kind of number."""
        slot = SlotFactory()
        said = slot_said(slot, doctor=float(slot.doctor_id), duration_minutes=30.0)
        assert program_of(Role.MANAGER).post("slots/", said).status_code == 201

    def test_slots_of_a_doctor_never_overlap(self) -> None:
        slot = SlotFactory()
        refused = program_of(Role.MANAGER).post("slots/", slot_said(slot, starts_at=slot.starts_at.isoformat()))
        assert (refused.status_code, refused.json()["code"]) == (409, "slot_overlap")

    def test_it_is_closed_opened_and_widened(self) -> None:
        slot = SlotFactory()
        desk, path = program_of(Role.RECEPTION, slot.location), f"slots/{slot.pk}/"
        assert desk.patch(path, {"is_open": False}).json()["is_open"] is False
        changed = desk.patch(path, {"is_open": True, "capacity": 4}).json()
        assert (changed["is_open"], changed["capacity"], changed["free"]) == (True, 4, 4)
        entries = AuditEntry.objects.filter(actor=f"user:{desk.user.pk}", verb__startswith="slot.")
        assert set(entries.values_list("verb", flat=True)) == {"slot.close", "slot.open", "slot.change_capacity"}

    def test_it_is_not_made_smaller_than_the_people_in_it(self) -> None:
        slot = SlotFactory(capacity=2)
        for _one in range(2):
            book(slot)
        desk = program_of(Role.RECEPTION, slot.location)
        refused = desk.patch(f"slots/{slot.pk}/", {"capacity": 1, "is_open": False})
        assert (refused.status_code, refused.json()["code"]) == (409, "capacity_below_taken")
        slot.refresh_from_db()
        assert (slot.capacity, slot.is_open) == (2, True)

    def test_one_that_somebody_has_is_not_removed(self) -> None:
        slot = SlotFactory()
        desk, path = program_of(Role.RECEPTION, slot.location), f"slots/{slot.pk}/"
        book(slot)
        refused = desk.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "slot_booked")
        free = SlotFactory(location=slot.location)
        assert desk.delete(f"slots/{free.pk}/").status_code == 204
        assert desk.delete(f"slots/{free.pk}/").status_code == 404

    def test_nobody_changes_what_they_have_not_seen(self) -> None:
        slot = SlotFactory()
        desk, path = program_of(Role.RECEPTION, slot.location), f"slots/{slot.pk}/"
        seen = desk.get(path)["ETag"]
        book(slot)
        for response in (desk.patch(path, {"capacity": 5}, seen=seen), desk.delete(path, seen=seen)):
            assert (response.status_code, response.json()["code"]) == (412, "stale")
        now = desk.get(path)["ETag"]
        assert desk.patch(path, {"capacity": 5}, seen=now).status_code == 200
        slot.refresh_from_db()
        assert slot.capacity == 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_twenty_under_one_key_are_one_slot(self) -> None:
        slot = SlotFactory()
        manager, said = UserFactory(is_staff=True, is_superuser=True), slot_said(slot)
        programs = [Program(manager) for _one in range(20)]
        calls = [lambda program=program: program.post("slots/", said, key="one-for-all") for program in programs]
        answers = [outcome.answer for outcome in run_together(calls)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert Slot.objects.count() == 2
