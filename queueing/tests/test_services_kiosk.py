"""What a kiosk asks for is done once, and tells nobody about anybody else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import DomainError, TooManyAttempts
from accounts.models import AuditEntry
from queueing.errors import (
    CheckInTooLate,
    InvalidOperation,
    NoPlaceFromHere,
    OperationReused,
    QueueClosed,
    VisitNotFound,
    WalkInsRefused,
)
from queueing.models import EmergencyRequest, Queue, QueuePolicy, Token
from queueing.selectors.kiosk import doctors_of_today
from queueing.services import kiosk
from queueing.services.emergencies import acknowledge_emergency
from queueing.services.kiosk import Kind, Matter, apply_operation
from queueing.services.steps import call_token, finish_token, start_token
from queueing.tests.factories import a_doctor, walk_in
from queueing.tests.kiosks import (
    LOBBY,
    a_person,
    apply,
    at,
    by_phone,
    by_reference,
    expected,
    find,
    new_name,
    someone,
)
from scheduling.models import Appointment, Location, Patient, Slot
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, in_hours

pytestmark = pytest.mark.django_db


# --- Checking in --------------------------------------------------------------------------------------------------


def test_checking_in_gives_a_ticket_and_the_kiosk_is_who_did_it() -> None:
    visit = expected()
    token = apply(Kind.CHECK_IN, by_reference(visit), visit.location)
    visit.refresh_from_db()
    assert (token.appointment_id, token.status, visit.status) == (visit.pk, "waiting", "checked_in")
    entry = AuditEntry.objects.filter(object_type="queueing_token", object_id=str(token.pk), action="insert").get()
    assert (entry.actor, entry.address) == (f"kiosk:{visit.location.slug}", LOBBY)


def test_the_same_operation_twice_is_the_same_ticket() -> None:
    visit = expected()
    name = new_name()
    first = apply(Kind.CHECK_IN, by_reference(visit), visit.location, name)
    for step in (call_token, start_token, finish_token):
        first.refresh_from_db()
        step(token_id=first.pk, actor=CLINIC, version=first.version)
    assert apply(Kind.CHECK_IN, by_reference(visit), visit.location, name.upper()).pk == first.pk
    assert Token.objects.count() == 1


def test_the_same_name_for_something_else_is_refused() -> None:
    visit, name = expected(), new_name()
    apply(Kind.CHECK_IN, by_reference(visit), visit.location, name)
    other = expected(40, location=visit.location, phone="+442079460555", email="o@example.org")
    with pytest.raises(OperationReused):
        apply(Kind.CHECK_IN, by_phone("+442079460555"), other.location, name)
    assert Token.objects.count() == 1


def test_whoever_is_here_already_gets_the_same_ticket() -> None:
    visit = expected()
    first = apply(Kind.CHECK_IN, by_reference(visit), visit.location)
    assert apply(Kind.CHECK_IN, by_phone(), visit.location).pk == first.pk


def test_of_several_visits_the_chosen_one_is_checked_in_and_no_other() -> None:
    patient = someone()
    first = expected(15, patient=patient)
    second = expected(50, location=first.location, patient=patient)
    assert find(by_phone(), first.location) == [first, second]
    with pytest.raises(VisitNotFound):
        apply(Kind.CHECK_IN, by_phone(), first.location)
    token = apply(Kind.CHECK_IN, by_phone() | {"visit": str(second.pk)}, first.location)
    assert token.appointment_id == second.pk


def test_somebody_elses_visit_cannot_be_chosen() -> None:
    mine = expected()
    theirs = expected(30, location=mine.location, phone="+442079460999", email="t@example.org")
    for data in (by_reference(mine), by_phone(), {"link": f"/a/{mine.secret}/"}):
        with pytest.raises(VisitNotFound):
            apply(Kind.CHECK_IN, data | {"visit": str(theirs.pk)}, mine.location)
    assert not Token.objects.exists()


def test_too_late_is_said_and_sends_to_the_desk() -> None:
    with time_machine.travel("2026-11-10T08:00:00Z", tick=False):
        visit = expected(30)
    with time_machine.travel("2026-11-10T11:30:00Z", tick=False), pytest.raises(CheckInTooLate, match="desk"):
        apply(Kind.CHECK_IN, by_reference(visit), visit.location)


def test_a_doctor_who_has_finished_is_said() -> None:
    visit = expected()
    queue = walk_in(visit.doctor, visit.location).queue
    Queue.objects.filter(pk=queue.pk).update(status="finished")
    with pytest.raises(QueueClosed):
        apply(Kind.CHECK_IN, by_reference(visit), visit.location)


@pytest.mark.parametrize("operation", ["", "x", "1", "0" * 31, "' OR 1=1"])
def test_an_operation_needs_a_name(operation: str) -> None:
    visit = expected()
    with pytest.raises(InvalidOperation):
        apply_operation(
            kind=Kind.CHECK_IN,
            data=by_reference(visit),
            operation=operation,
            location=visit.location,
            actor=at(visit.location),
        )


def test_what_no_kiosk_asks_for_is_refused() -> None:
    place = LocationFactory()
    with pytest.raises(InvalidOperation):
        apply("leave_queue", {}, place)


# --- Without an appointment ---------------------------------------------------------------------------------------


@pytest.fixture
def working() -> tuple[Any, Location]:
    """A doctor who sees patients today."""
    doctor, location = a_doctor()
    Slot.objects.create(
        doctor=doctor, location=location, starts_at=timezone.now() - timedelta(minutes=1), ends_at=in_hours(0.4)
    )
    return doctor, location


def test_a_walk_in_gets_a_ticket_and_a_visit_of_the_kiosk(working: Any) -> None:
    doctor, location = working
    token = apply(Kind.WALK_IN, a_person(reason="Sore knee", urgency="medium"), location)
    visit = Appointment.objects.get(pk=token.appointment_id)
    assert (token.queue.doctor_id, token.urgency, token.arrival) == (doctor.pk, "medium", "walk_in")
    assert (visit.type, visit.source, visit.reason, visit.status) == ("kiosk", "kiosk", "Sore knee", "checked_in")


def test_joining_twice_with_one_name_is_one_ticket_even_when_the_doctor_has_finished_since(working: Any) -> None:
    _doctor, location = working
    name = new_name()
    first = apply(Kind.WALK_IN, a_person(), location, name)
    Queue.objects.update(status="finished")
    assert apply(Kind.WALK_IN, a_person(), location, name).pk == first.pk
    assert (Token.objects.count(), Patient.objects.count(), Appointment.objects.count()) == (1, 1, 1)
    with pytest.raises(OperationReused):
        apply(Kind.WALK_IN, a_person(last_name="Other"), location, name)


def test_whoever_is_known_is_found_and_stays_as_they_were(working: Any) -> None:
    _doctor, location = working
    known = someone(first_name="Nora", last_name="New", date_of_birth=date(1991, 2, 3), phone="+442079460777")
    token = apply(Kind.WALK_IN, a_person(first_name="NORA"), location)
    assert token.patient_id == known.pk
    known.refresh_from_db()
    assert known.first_name == "Nora"


def test_that_somebody_is_here_is_not_told(working: Any) -> None:
    _doctor, location = working
    apply(Kind.WALK_IN, a_person(), location)
    with pytest.raises(NoPlaceFromHere) as refused:
        apply(Kind.WALK_IN, a_person(), location)
    assert "waiting" not in str(refused.value)


@pytest.mark.parametrize("urgency", ["high", "emergency", "", "x"])
def test_nobody_jumps_the_queue_by_saying_so(working: Any, urgency: str) -> None:
    with pytest.raises(InvalidOperation):
        apply(Kind.WALK_IN, a_person(urgency=urgency), working[1])
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {"first_name": ""},
        {"first_name": "x" * 300},
        {"last_name": "a\x00b"},
        {"date_of_birth": "2999-01-01"},
        {"date_of_birth": "x"},
        {"phone": ""},
        {"phone": "12"},
        {"reason": "x" * 121},
        {"reason": "a\x00b"},
        {"doctor": "999999999999999999999"},
        {"doctor": "x"},
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(working: Any, said: dict[str, str]) -> None:
    with pytest.raises(DomainError):
        apply(Kind.WALK_IN, a_person(**said), working[1])
    assert (Token.objects.count(), Patient.objects.count(), Appointment.objects.count()) == (0, 0, 0)


def test_where_the_desk_registers_the_kiosk_does_not(working: Any) -> None:
    QueuePolicy.objects.create(location=working[1], takes_walk_ins=False)
    with pytest.raises(WalkInsRefused):
        apply(Kind.WALK_IN, a_person(), working[1])


def test_first_available_is_whose_queue_is_shortest(working: Any) -> None:
    busy, location = working
    free, _location = a_doctor(location, specialty=busy.specialty)
    SlotFactory(doctor=free, location=location, starts_at=in_hours(0.01))
    for _person in range(3):
        walk_in(busy, location)
    assert apply(Kind.WALK_IN, a_person(), location).queue.doctor_id == free.pk
    Queue.objects.filter(doctor=free).update(status="on_break", back_at=in_hours(3))
    other = a_person(first_name="Olga", phone="+442079460888")
    assert apply(Kind.WALK_IN, other, location).queue.doctor_id == busy.pk


def test_whoever_begins_this_evening_is_not_available_first() -> None:
    with time_machine.travel("2026-11-10T09:00:00Z", tick=False):
        later, location = a_doctor(name="Dr A Later")
        SlotFactory(doctor=later, location=location, starts_at=in_hours(9))
        now, _location = a_doctor(location, name="Dr B Now", specialty=later.specialty)
        SlotFactory(doctor=now, location=location, starts_at=in_hours(0))
        walk_in(now, location)
        here = {found.doctor: found for found in doctors_of_today(location, now=timezone.now())}
        assert here[later].wait.low >= 9 * 3600
        assert apply(Kind.WALK_IN, a_person(), location).queue.doctor_id == now.pk


def test_first_available_is_of_the_specialty_that_was_wished_for(working: Any) -> None:
    busy, location = working
    other, _location = a_doctor(location)  # free at once, and of something else
    SlotFactory(doctor=other, location=location, starts_at=in_hours(0.01))
    for _person in range(3):
        walk_in(busy, location)
    name, wish = new_name(), f"specialty.{busy.specialty_id}"
    token = apply(Kind.WALK_IN, a_person(doctor=wish), location, name)
    assert token.queue.doctor_id == busy.pk
    Queue.objects.filter(doctor=busy).update(status="finished")
    assert apply(Kind.WALK_IN, a_person(doctor=wish), location, name).pk == token.pk
    someone_else = {"first_name": "Olga", "phone": "+442079460888"}
    for unknown in (wish, "specialty.999999999", "specialty.", f"specialty.{other.pk}x"):
        with pytest.raises(QueueClosed, match="Please ask at the desk"):
            apply(Kind.WALK_IN, a_person(doctor=unknown, **someone_else), location)


def test_where_doctors_are_of_several_specialties_nobody_is_sent_to_just_any(working: Any) -> None:
    _doctor, location = working
    other, _location = a_doctor(location)
    SlotFactory(doctor=other, location=location, starts_at=in_hours(0.01))
    with pytest.raises(InvalidOperation, match="what kind of doctor") as refused:
        apply(Kind.WALK_IN, a_person(), location)
    assert refused.value.field == "doctor"
    assert not Token.objects.exists()


def test_what_a_newcomer_is_told_before_joining_is_what_the_ticket_says(working: Any) -> None:
    doctor, location = working
    with time_machine.travel(timezone.now(), tick=False):
        walk_in(doctor, location)
        walk_in(doctor, location)
        (told,) = doctors_of_today(location, now=timezone.now())
        token = apply(Kind.WALK_IN, a_person(), location)
    assert (token.told_low, token.told_high) == (round(told.wait.low), round(told.wait.high))


def test_who_was_called_waits_no_more_as_on_the_screen_beside_the_kiosk(working: Any) -> None:
    doctor, location = working
    called, _still_here = walk_in(doctor, location), walk_in(doctor, location)
    call_token(token_id=called.pk, actor=CLINIC)
    (told,) = doctors_of_today(location, now=timezone.now())
    assert (told.waiting, told.going_in) == (1, 1)


def test_a_break_lasts_as_long_as_the_rules_of_the_place_say_whoever_else_works_there(working: Any) -> None:
    _nobody_came_yet, location = working
    QueuePolicy.objects.create(location=location, break_minutes=120)
    resting, _location = a_doctor(location)
    walk_in(resting, location)
    Queue.objects.filter(doctor=resting).update(status="on_break", status_at=timezone.now())
    here = {found.doctor: found for found in doctors_of_today(location, now=timezone.now())}
    assert here[resting].wait.low >= 119 * 60


def test_only_doctors_who_see_patients_here_today_are_offered(working: Any) -> None:
    doctor, location = working
    with_nothing_today, _location = a_doctor(location)
    gone, _location = a_doctor(location)
    walk_in(gone, location)
    Queue.objects.filter(doctor=gone).update(status="finished")
    assert [found.doctor for found in doctors_of_today(location, now=timezone.now())] == [doctor]
    for absent in (with_nothing_today, gone):
        with pytest.raises(QueueClosed):
            apply(Kind.WALK_IN, a_person(doctor=str(absent.pk)), location)


def test_a_list_of_doctors_costs_the_same_for_one_and_for_many(working: Any) -> None:
    _doctor, location = working
    walk_in(working[0], location)
    doctors_of_today(location, now=timezone.now())  # what is learned once a day
    with CaptureQueriesContext(connection) as for_one:
        doctors_of_today(location, now=timezone.now())
    for _number in range(4):
        other, _location = a_doctor(location)
        walk_in(other, location)
    doctors_of_today(location, now=timezone.now())
    with CaptureQueriesContext(connection) as for_many:
        assert len(doctors_of_today(location, now=timezone.now())) == 5
    assert len(for_many) == len(for_one)


# --- Help ---------------------------------------------------------------------------------------------------------


def test_a_call_for_help_alerts_the_place_with_words_of_ours() -> None:
    place = LocationFactory()
    call = apply(Kind.HELP, {"matter": Matter.UNWELL}, place)
    assert (call.location, call.source, call.acknowledged_at) == (place, "kiosk", None)
    assert call.message == "Kiosk: somebody feels very unwell"
    for matter in ("", "x", "<script>"):
        with pytest.raises(InvalidOperation):
            apply(Kind.HELP, {"matter": matter}, place)


def test_pressing_again_and_again_is_one_call_until_somebody_sees_to_it() -> None:
    place = LocationFactory()
    calls = {apply(Kind.HELP, {"matter": Matter.SCREEN}, place).pk for _press in range(5)}
    assert len(calls) == 1
    assert apply(Kind.HELP, {"matter": Matter.UNWELL}, place).pk not in calls
    acknowledge_emergency(emergency_id=calls.pop(), actor=CLINIC)
    apply(Kind.HELP, {"matter": Matter.SCREEN}, place)
    assert EmergencyRequest.objects.count() == 3


def test_a_lost_answer_raises_no_second_call() -> None:
    place, name = LocationFactory(), new_name()
    first = apply(Kind.HELP, {"matter": Matter.OTHER}, place, name)
    acknowledge_emergency(emergency_id=first.pk, actor=CLINIC)
    assert apply(Kind.HELP, {"matter": Matter.OTHER}, place, name).pk == first.pk
    with pytest.raises(OperationReused):
        apply(Kind.HELP, {"matter": Matter.UNWELL}, place, name)


def test_nobody_floods_the_desk() -> None:
    place = LocationFactory()
    for _press in range(kiosk.CALLS_PER_ADDRESS):
        apply(Kind.HELP, {"matter": Matter.OTHER}, place)
    with pytest.raises(TooManyAttempts):
        apply(Kind.HELP, {"matter": Matter.OTHER}, place)
    assert apply(Kind.HELP, {"matter": Matter.UNWELL}, place, address="198.51.100.3")
