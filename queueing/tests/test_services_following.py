"""What the back office does to a visit, its token follows; and what the queue would refuse, is refused there too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queueing import invariants
from queueing.errors import AlreadyWaiting, DoctorBusy, QueueClosed
from queueing.models import Token, TokenStep
from queueing.services import steps
from queueing.services.queues import set_doctor_status
from queueing.services.undoing import undo_step
from queueing.states import DoctorStatus, Step, TokenStatus
from queueing.tests.conftest import MORNING
from queueing.tests.factories import a_doctor, arrived, walk_in
from queueing.tests.refusals import refused
from scheduling.models import Appointment
from scheduling.services import lifecycle
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def take(visit: Appointment | int, to: str) -> None:
    """What the back office and the API do."""
    pk = visit if isinstance(visit, int) else visit.pk
    lifecycle.take_step(appointment_id=pk, to=AppointmentStatus(to), actor=CLINIC)


def now(token: Token) -> Token:
    return Token.objects.get(pk=token.pk)


def sound() -> None:
    assert [str(drift) for drift in invariants.check()] == []


def test_whoever_is_checked_in_gets_a_place():
    appointment = book(SlotFactory(starts_at=in_hours(0.5)))
    take(appointment, "checked_in")
    token = Token.objects.get()
    assert (token.status, token.appointment_id, token.code) == (TokenStatus.WAITING, appointment.pk, "A001")
    sound()


def test_whoever_is_let_in_there_begins_the_doctors_day_and_is_in_the_room():
    token = walk_in(*a_doctor(room="Room 7"))
    take(token.appointment_id, "in_progress")
    token = now(token)
    assert (token.status, token.room) == (TokenStatus.IN_CONSULTATION, "Room 7")
    assert (token.queue.status, token.queue.status_at) == (DoctorStatus.ON_TIME, MORNING)


def test_a_whole_visit_of_the_back_office_is_a_whole_visit_of_the_queue(morning: Any):
    appointment = book(SlotFactory(starts_at=in_hours(0.5)))
    for to in ("checked_in", "in_progress", "completed"):
        take(appointment, to)
        sound()
        morning.shift(60)
    token = Token.objects.get()
    assert token.status == TokenStatus.COMPLETED
    assert (token.called_at, token.started_at) == (MORNING + timedelta(minutes=1),) * 2
    assert token.ended_at == MORNING + timedelta(minutes=2)
    told = list(TokenStep.objects.order_by("pk").values_list("what", flat=True))
    assert told == [Step.JOINED, Step.STARTED, Step.FINISHED]


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize(("to", "status"), [("cancelled", "cancelled"), ("no_show", "no_show")])
def test_whoever_is_cancelled_or_marked_as_missing_has_no_place_any_more(
    to: str, status: str, called: bool, morning: Any
):
    token = arrived(*a_doctor())
    if called:
        steps.call_token(token_id=token.pk, actor=CLINIC)
    morning.shift(timedelta(minutes=15))
    take(token.appointment_id, to)
    assert (now(token).status, now(token).ended_at) == (status, MORNING + timedelta(minutes=15))
    sound()


@pytest.mark.parametrize("to", ["in_progress", "cancelled", "no_show"])
def test_times_never_go_backwards_when_the_clock_does(to: str, morning: Any):
    token = arrived(*a_doctor())
    Appointment.objects.filter(pk=token.appointment_id).update(starts_at=MORNING - timedelta(hours=2))
    morning.shift(timedelta(minutes=-7))
    take(token.appointment_id, to)
    token = now(token)
    times = [moment for moment in (token.called_at, token.started_at, token.ended_at) if moment is not None]
    assert times
    assert set(times) == {token.checked_in_at}


def test_a_step_of_the_back_office_can_be_taken_back_at_the_desk():
    token = walk_in(*a_doctor())
    take(token.appointment_id, "in_progress")
    undo_step(step_id=TokenStep.objects.latest("pk").pk, actor=CLINIC)
    assert (now(token).status, Appointment.objects.get().status) == ("waiting", "checked_in")
    sound()


def test_the_doctor_sees_one_at_a_time_there_too():
    doctor, location = a_doctor()
    first, second = walk_in(doctor, location), walk_in(doctor, location)
    steps.start_token(token_id=first.pk, actor=CLINIC)
    with refused(DoctorBusy):
        take(second.appointment_id, "in_progress")


def test_nobody_gets_two_places_there_either():
    doctor, location = a_doctor()
    token = walk_in(doctor, location)
    appointment = book(
        SlotFactory(doctor=a_doctor(location)[0], location=location, starts_at=in_hours(0.5)), patient=token.patient
    )
    with refused(AlreadyWaiting, says="another doctor"):
        take(appointment, "checked_in")


def test_nor_a_place_with_a_doctor_who_has_finished():
    doctor, location = a_doctor()
    set_doctor_status(queue_id=walk_in(doctor, location).queue_id, status="finished", actor=CLINIC)
    appointment = book(SlotFactory(doctor=doctor, location=location, starts_at=in_hours(0.5)))
    with refused(QueueClosed):
        take(appointment, "checked_in")


def test_what_is_entered_of_a_day_that_is_over_leads_to_no_queue(morning: Any):
    appointment = book(SlotFactory(starts_at=in_hours(0.5)))
    morning.shift(timedelta(days=1))
    for to in ("checked_in", "in_progress", "completed"):
        take(appointment, to)
    assert not Token.objects.exists()
    sound()


def test_a_visit_without_a_place_goes_its_way():
    appointment = book(SlotFactory(starts_at=in_hours(0.5)))
    Appointment.objects.filter(pk=appointment.pk).update(status="checked_in")
    take(appointment, "in_progress")
    assert not Token.objects.exists()
