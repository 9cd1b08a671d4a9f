"""The waitlist through the API: joining, looking, answering an offer, leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from scheduling.models import Appointment, Hold, Patient, Slot, StaffAssignment, WaitlistEntry
from scheduling.services.offers import offer_slot
from scheduling.services.waitlist import join_waitlist
from scheduling.states import AppointmentStatus, Source, WaitlistStatus
from scheduling.tests.api import ByLink, Program, names, program_of, refused
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

ADA = {"first_name": "Ada", "last_name": "Okafor", "date_of_birth": "1990-02-03", "phone": "020 7946 0456"}


def day(days: int) -> str:
    """A day from today, as it is written."""
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def wish(slot: Slot, **more: Any) -> dict[str, Any]:
    """To see the doctor of a slot there within the month."""
    days = {"earliest_date": day(0), "latest_date": day(30)}
    return {"patient": ADA, "doctor": slot.doctor_id, "location": slot.location_id, **days, **more}


def waiting(slot: Slot, user: User | None = None) -> WaitlistEntry:
    """Somebody who waits for a seat like that of a slot."""
    return join_waitlist(
        patient=PatientFactory(user=user),
        doctor_id=slot.doctor_id,
        location_id=slot.location_id,
        earliest_date=timezone.localdate(),
        latest_date=timezone.localdate() + timedelta(days=60),
        actor=VISITOR,
    )


def offered(slot: Slot, user: User | None = None) -> WaitlistEntry:
    """Somebody who is offered the seat of a slot."""
    entry = waiting(slot, user)
    assert offer_slot(slot.pk) == entry
    entry.refresh_from_db()
    return entry


def path(entry: WaitlistEntry, action: str = "") -> str:
    """The address of a place on the list."""
    return f"waitlist/{entry.pk}/{action}"


class TestJoining:
    def test_a_visitor_joins(self) -> None:
        slot = SlotFactory()
        answer = Program().post("waitlist/", wish(slot))
        made = WaitlistEntry.objects.get()
        said = answer.json()
        assert answer.status_code == 201, said
        assert answer["Location"] == f"/api/v1/waitlist/{made.pk}/"
        assert (said["id"], said["status"], said["secret"]) == (made.pk, "waiting", made.secret)
        assert said["manage_url"].endswith(f"/waitlist/{made.secret}/")
        assert said["doctor"]["id"] == slot.doctor_id
        assert ByLink(made).get(path(made))["ETag"] == answer["ETag"]

    def test_the_same_wish_is_the_same_place(self) -> None:
        slot = SlotFactory()
        assert Program().post("waitlist/", wish(slot)).json() == Program().post("waitlist/", wish(slot)).json()

    def test_somebody_joins_for_one_of_their_family(self) -> None:
        user = UserFactory()
        child = PatientFactory(user=user)
        assert Program(user).post("waitlist/", wish(SlotFactory(), patient=child.pk)).status_code == 201
        stranger = PatientFactory()
        refused(Program(user).post("waitlist/", wish(SlotFactory(), patient=stranger.pk)), 404, "patient_unknown")

    def test_a_place_for_any_doctor_of_a_specialty(self) -> None:
        slot = SlotFactory()
        body = wish(slot, specialty=slot.doctor.specialty_id)
        del body["doctor"], body["location"]
        said = Program().post("waitlist/", body).json()
        assert (said["doctor"], said["location"]) == (None, None)
        assert said["specialty"]["id"] == slot.doctor.specialty_id

    @pytest.mark.parametrize(
        ("change", "status", "code", "field"),
        [
            ({"doctor": 999_999}, 400, "invalid_waitlist_request", "doctor"),
            ({"doctor": "x"}, 400, "invalid", "doctor"),
            ({"location": 999_999}, 400, "invalid_waitlist_request", "location"),
            ({"latest_date": day(-1)}, 400, "invalid_waitlist_request", "latest_date"),
            ({"latest_date": day(800)}, 400, "invalid_waitlist_request", "latest_date"),
            ({"latest_date": "soon"}, 400, "invalid", "latest_date"),
            ({"status": "offered"}, 400, "unknown_field", "status"),
            ({"patient": {**ADA, "phone": ""}}, 400, "invalid_patient", "phone"),
            ({"instead_of": 5}, 400, "superfluous", None),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_named(
        self, change: dict[str, Any], status: int, code: str, field: str | None
    ) -> None:
        refused(Program().post("waitlist/", wish(SlotFactory()) | change), status, code, field)
        assert not WaitlistEntry.objects.exists()
        assert not Patient.objects.exists()

    @pytest.mark.parametrize("missing", ["patient", "earliest_date", "latest_date"])
    def test_what_is_missing_is_named(self, missing: str) -> None:
        body = wish(SlotFactory())
        del body[missing]
        refused(Program().post("waitlist/", body), 400, "required", missing)

    def test_for_an_earlier_time_by_the_link_of_the_booking(self) -> None:
        visit = book(SlotFactory(starts_at=in_hours(24 * 9)))
        answers = [ByLink(visit).post("waitlist/", {"instead_of": visit.pk}) for _time in range(2)]
        assert {answer.status_code for answer in answers} == {201}
        entry = WaitlistEntry.objects.get()
        assert (entry.instead_of, entry.doctor, entry.patient) == (visit, visit.doctor, visit.patient)
        for program in (Program(), Program(UserFactory()), ByLink(book())):
            refused(program.post("waitlist/", {"instead_of": visit.pk}), 404, "not_found")

    def test_a_key_opens_nothing_to_who_has_not_the_secret(self) -> None:
        visit = book(SlotFactory(starts_at=in_hours(24 * 9)))
        body = {"instead_of": visit.pk}
        made = ByLink(visit).post("waitlist/", body, key="of-the-first")
        assert ByLink(visit).post("waitlist/", body, key="of-the-first").json()["secret"] == made.json()["secret"]
        for program in (Program(), ByLink(book())):
            refused(program.post("waitlist/", body, key="of-the-first"), 409, "key_reused")

    def test_a_key_opens_nothing_to_a_desk_that_has_moved_away(self) -> None:
        slot = SlotFactory()
        program, body = program_of(Role.RECEPTION, slot.location), wish(slot)
        made = program.post("waitlist/", body, key="of-the-first")
        assert program.post("waitlist/", body, key="of-the-first").json() == made.json()
        StaffAssignment.objects.get().locations.set([LocationFactory()])
        refused(program.post("waitlist/", body, key="of-the-first"), 409, "key_reused")

    def test_not_instead_of_what_is_over(self) -> None:
        visit = book()
        Appointment.objects.update(status=AppointmentStatus.CANCELLED)
        answer = ByLink(visit).post("waitlist/", {"instead_of": visit.pk})
        refused(answer, 409, "wrong_state")
        assert answer.json()["status_now"] == "cancelled"

    def test_the_desk_joins_for_its_patients_at_its_places(self) -> None:
        slot, there = SlotFactory(), SlotFactory()
        program = program_of(Role.RECEPTION, slot.location)
        assert program.post("waitlist/", wish(slot)).status_code == 201
        assert program.post("waitlist/", wish(there)).json()["code"] == "slot_closed"
        refused(program_of(Role.DOCTOR, slot.location).post("waitlist/", wish(slot)), 403, "not_permitted")

    @pytest.mark.django_db(transaction=True)
    def test_asked_twenty_times_at_once_there_is_one_place(self) -> None:
        body = wish(SlotFactory())
        outcomes = run_together([lambda: Program().post("waitlist/", body, key="of-the-first")] * 20)
        assert [outcome.error for outcome in outcomes if outcome.error] == []
        assert {outcome.answer.status_code for outcome in outcomes if outcome.answer is not None} == {201}
        assert (WaitlistEntry.objects.count(), Patient.objects.count()) == (1, 1)
        refused(Program().post("waitlist/", body | {"latest_date": day(9)}, key="of-the-first"), 409, "key_reused")


class TestLooking:
    def test_each_finds_those_that_are_theirs_to_see(self) -> None:
        user, here, there = UserFactory(), SlotFactory(), SlotFactory()
        own, other = waiting(here, user), waiting(there)
        assert names(Program(user).get("waitlist/")) == [own.pk]
        assert names(program_of(Role.RECEPTION, here.location).get("waitlist/")) == [own.pk]
        assert names(program_of(Role.MANAGER).get("waitlist/")) == [other.pk, own.pk]
        assert names(program_of(Role.MANAGER).get("waitlist/", doctor=there.doctor_id)) == [other.pk]
        assert names(program_of(Role.MANAGER).get("waitlist/", status="booked")) == []
        refused(Program().get("waitlist/"), 401, "not_authenticated")
        refused(Program(user).get("waitlist/", status="gone"), 400, "invalid_choice", "status")

    def test_a_doctor_finds_who_waits_for_them(self) -> None:
        program = program_of(Role.DOCTOR)
        mine = DoctorFactory(user=program.user)
        here = LocationFactory()
        mine.locations.add(here)
        own, other = waiting(SlotFactory(doctor=mine, location=here)), SlotFactory(location=here)
        waiting(other)
        assert names(program.get("waitlist/")) == [own.pk]

    def test_one_place_says_how_many_are_before_it(self) -> None:
        slot = SlotFactory()
        first, second = waiting(slot), waiting(slot)
        assert ByLink(first).get(path(first)).json()["ahead"] == 0
        answer = ByLink(second).get(path(second))
        assert answer.json()["ahead"] == 1
        Program().post("waitlist/", wish(slot))
        assert ByLink(second).get(path(second))["ETag"] == answer["ETag"]

    def test_the_secret_is_for_the_patients_side(self) -> None:
        user, slot = UserFactory(), SlotFactory()
        entry = waiting(slot, user)
        assert Program(user).get(path(entry)).json()["secret"] == entry.secret
        said = program_of(Role.RECEPTION, slot.location).get(path(entry)).json()
        assert not {"secret", "manage_url"} & said.keys()

    def test_others_find_nothing_and_can_do_nothing(self) -> None:
        slot = SlotFactory()
        entry = offered(slot)
        before = WaitlistEntry.objects.values().get()
        strangers = [
            Program(),
            Program(UserFactory()),
            program_of(Role.RECEPTION, LocationFactory()),
            ByLink(book()),
        ]
        for program in strangers:
            for answer in (
                program.get(path(entry)),
                program.delete(path(entry)),
                program.post(path(entry, "accept/")),
                program.post(path(entry, "decline/")),
            ):
                refused(answer, 404, "not_found")
        assert WaitlistEntry.objects.values().get() == before

    @pytest.mark.parametrize("who", ["patient", "desk", "manager"])
    def test_a_long_list_costs_what_a_short_one_costs(self, who: str) -> None:
        user, slot = UserFactory(), SlotFactory()
        program = {
            "patient": lambda: Program(user),
            "desk": lambda: program_of(Role.RECEPTION, slot.location),
            "manager": lambda: program_of(Role.MANAGER),
        }[who]()
        costs = []
        for _round in range(2):
            for _one in range(1 if not costs else 99):
                waiting(slot, user)
            program.get("waitlist/")
            with CaptureQueriesContext(connection) as queries:
                found = program.get("waitlist/", page_size=100)
            costs.append(len(queries))
        assert len(names(found)) == 100
        assert costs[0] == costs[1]


class TestAnswering:
    @pytest.fixture(params=["link", "account"])
    def one(self, request: pytest.FixtureRequest) -> tuple[WaitlistEntry, Program]:
        """An offer, and the program of whoever has it."""
        user = UserFactory()
        entry = offered(SlotFactory(), user)
        return entry, Program(user) if request.param == "account" else ByLink(entry)

    def test_the_offer_is_shown_while_it_is_one(self, one: tuple[WaitlistEntry, Program]) -> None:
        entry, program = one
        said = program.get(path(entry)).json()
        assert (said["status"], said["offered_slot"]["id"]) == ("offered", entry.offered_slot_id)
        program.post(path(entry, "decline/"))
        assert program.get(path(entry)).json()["offered_slot"] is None

    def test_it_is_accepted_once(self, one: tuple[WaitlistEntry, Program]) -> None:
        entry, program = one
        answers = [program.post(path(entry, "accept/")) for _time in range(2)]
        made = Appointment.objects.get()
        assert [(answer.status_code, answer.json()["id"]) for answer in answers] == [(201, made.pk)] * 2
        assert answers[0].json()["secret"] == made.secret
        assert answers[0]["Location"] == f"/api/v1/appointments/{made.pk}/"
        assert (made.source, made.slot_id) == (Source.WAITLIST, entry.offered_slot_id)
        assert program.get(path(entry)).json()["status"] == "booked"

    def test_it_is_declined(self, one: tuple[WaitlistEntry, Program]) -> None:
        entry, program = one
        answer = program.post(path(entry, "decline/"))
        assert answer.json()["status"] == "waiting"
        assert program.get(path(entry))["ETag"] == answer["ETag"]
        refused(program.post(path(entry, "decline/")), 409, "offer_expired")
        refused(program.post(path(entry, "accept/")), 409, "offer_expired")

    def test_somebody_leaves_for_good(self, one: tuple[WaitlistEntry, Program]) -> None:
        entry, program = one
        for _time in range(2):
            answer = program.delete(path(entry))
            assert (answer.status_code, answer.content) == (204, b"")
        entry.refresh_from_db()
        assert entry.status == WaitlistStatus.CANCELLED
        assert not Hold.objects.exists()

    def test_what_changed_since_it_was_read_is_not_changed(self, one: tuple[WaitlistEntry, Program]) -> None:
        entry, program = one
        before = WaitlistEntry.objects.values().get()
        secret = program.client.defaults
        for method, action in (("delete", ""), ("post", "accept/"), ("post", "decline/")):
            ask = getattr(program.client, method)
            answer = ask(
                f"/api/v1/{path(entry, action)}",
                **({"data": {}} if method == "post" else {}),
                content_type="application/json",
                headers={"If-Match": '"what-was"'},
                **secret,
            )
            refused(answer, 412, "stale")
        assert WaitlistEntry.objects.values().get() == before
        assert not Appointment.objects.exists()
        seen = program.get(path(entry))["ETag"]
        assert program.delete(path(entry), seen=seen).status_code == 204

    def test_the_desk_answers_for_patients_and_doctors_do_not(self) -> None:
        program = program_of(Role.DOCTOR)
        slot = SlotFactory(doctor=DoctorFactory(user=program.user))
        entry = offered(slot)
        for answer in (program.post(path(entry, "accept/")), program.delete(path(entry))):
            refused(answer, 403, "not_permitted")
        answer = program_of(Role.RECEPTION, slot.location).post(path(entry, "accept/"))
        assert answer.status_code == 201, answer.content
        assert "secret" not in answer.json()
