"""Calling, letting in and out: every step of a token, its visit with it, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEntry
from queueing import invariants
from queueing.errors import (
    AlreadyWaiting,
    DayOver,
    DoctorBusy,
    OperationReused,
    QueueClosed,
    QueueEmpty,
    QueuePaused,
    QueueUnknown,
    ScreenStale,
    TokenUnknown,
    WrongStep,
)
from queueing.models import Queue, Token, TokenStep
from queueing.services import steps
from queueing.services.queues import set_doctor_status, set_room
from queueing.services.steps import take_step
from queueing.signals import queue_changed
from queueing.states import TOKEN_TRANSITIONS, DoctorStatus, Step, TokenStatus
from queueing.tests.factories import a_doctor, arrived, queue_of, walk_in
from queueing.tests.refusals import refused
from scheduling.models import Appointment, Slot
from scheduling.tests.factories import CLINIC, LocationFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

BY_STATUS: dict[str, list[Callable[..., Token]]] = {
    TokenStatus.WAITING: [],
    TokenStatus.CALLED: [steps.call_token],
    TokenStatus.IN_CONSULTATION: [steps.call_token, steps.start_token],
    TokenStatus.COMPLETED: [steps.start_token, steps.finish_token],
    TokenStatus.NO_SHOW: [steps.call_token, steps.mark_token_no_show],
    TokenStatus.CANCELLED: [steps.leave_queue],
}
"""How a token gets into each state."""


def token_that_is(status: str, **said: str) -> Token:
    token = walk_in(*a_doctor(), **said)
    for step in BY_STATUS[status]:
        token = step(token_id=token.pk, actor=CLINIC)
    return now(token)


def now(token: Token) -> Token:
    return Token.objects.select_related("appointment", "queue__doctor", "queue__location", "patient").get(pk=token.pk)


def visit_of(token: Token) -> str:
    return Appointment.objects.values_list("status", flat=True).get(pk=token.appointment_id)


def sound() -> None:
    assert [str(drift) for drift in invariants.check()] == []


class TestTheStepsOfTheTable:
    @pytest.mark.parametrize("to", TokenStatus.values)
    @pytest.mark.parametrize("status", TokenStatus.values)
    def test_only_they_are_taken_and_the_visit_follows(self, status: str, to: str):
        token = token_that_is(status)
        if to in TOKEN_TRANSITIONS[TokenStatus(status)]:
            after = take_step(token_id=token.pk, to=to, actor=CLINIC, version=token.version)
            assert (after.status, after.version) == (to, token.version + 1)
            assert now(after).status == to
            sound()
        else:
            with refused(WrongStep):
                take_step(token_id=token.pk, to=to, actor=CLINIC, version=token.version)

    def test_a_state_that_does_not_exist(self):
        token = token_that_is("waiting")
        with refused(WrongStep):
            take_step(token_id=token.pk, to="asleep", actor=CLINIC)

    def test_the_refusal_names_the_state_for_programs(self):
        token = token_that_is("completed")
        with pytest.raises(WrongStep) as refusal:
            steps.start_token(token_id=token.pk, actor=CLINIC)
        assert refusal.value.members == {"status_now": "completed"}


ALL_STEPS = [
    steps.call_token,
    steps.recall_token,
    steps.start_token,
    steps.finish_token,
    steps.mark_token_no_show,
    steps.put_back,
    steps.leave_queue,
]


@pytest.mark.parametrize("step", ALL_STEPS)
class TestEveryStep:
    def test_a_screen_that_shows_an_old_state_does_nothing(self, step: Any):
        for status in (TokenStatus.WAITING, TokenStatus.CALLED, TokenStatus.IN_CONSULTATION):
            token = token_that_is(status)
            with refused(ScreenStale):
                step(token_id=token.pk, actor=CLINIC, version=token.version - 1)

    def test_a_double_click_does_it_once(self, step: Any):
        statuses = [status for status in TokenStatus if _possible(step, status)]
        for status in statuses:
            token = token_that_is(status)
            step(token_id=token.pk, actor=CLINIC, version=token.version)
            with refused(ScreenStale):
                step(token_id=token.pk, actor=CLINIC, version=token.version)

    def test_a_token_that_nobody_knows(self, step: Any):
        with refused(TokenUnknown):
            step(token_id=4711, actor=CLINIC)

    def test_a_token_of_another_day(self, step: Any, morning: Any):
        tokens = [token_that_is(status) for status in TokenStatus]
        morning.shift(timedelta(days=1))
        for token in tokens:
            with refused(DayOver):
                step(token_id=token.pk, actor=CLINIC)


def _possible(step: Any, status: TokenStatus) -> bool:
    if step is steps.recall_token:
        return status == TokenStatus.CALLED
    reached = {
        steps.call_token: TokenStatus.CALLED,
        steps.start_token: TokenStatus.IN_CONSULTATION,
        steps.finish_token: TokenStatus.COMPLETED,
        steps.mark_token_no_show: TokenStatus.NO_SHOW,
        steps.put_back: TokenStatus.WAITING,
        steps.leave_queue: TokenStatus.CANCELLED,
    }
    return reached[step] in TOKEN_TRANSITIONS[status]


class TestCallingTheNext:
    def test_is_in_the_order_of_the_line(self):
        doctor, location = a_doctor()
        low, high = walk_in(doctor, location), walk_in(doctor, location, urgency="high")
        called = [steps.call_next(queue_id=low.queue_id, actor=CLINIC).pk for _ in range(2)]
        assert called == [high.pk, low.pk]

    def test_names_the_room_and_the_time_and_begins_the_day(self, morning: Any):
        token = walk_in(*a_doctor(room="Room 7"))
        assert queue_of(token).status == DoctorStatus.NOT_STARTED
        morning.shift(60)
        called = steps.call_next(queue_id=token.queue_id, actor=CLINIC)
        assert (called.room, called.calls) == ("Room 7", 1)
        assert called.called_at == token.checked_in_at + timedelta(minutes=1)
        assert queue_of(token).status == called.queue.status == DoctorStatus.ON_TIME

    def test_the_room_of_the_day_comes_before_the_doctors_own(self):
        token = walk_in(*a_doctor())
        set_room(queue_id=token.queue_id, room="Room 12", actor=CLINIC)
        assert steps.call_next(queue_id=token.queue_id, actor=CLINIC).room == "Room 12"

    def test_the_same_operation_calls_one(self):
        doctor, location = a_doctor()
        queue_id = {walk_in(doctor, location).queue_id for _ in range(2)}.pop()
        first = steps.call_next(queue_id=queue_id, actor=CLINIC, operation="press")
        steps.start_token(token_id=first.pk, actor=CLINIC)
        again = steps.call_next(queue_id=queue_id, actor=CLINIC, operation="press")
        assert (again.pk, again.status) == (first.pk, TokenStatus.IN_CONSULTATION)
        assert steps.call_next(queue_id=queue_id, actor=CLINIC, operation="another press").pk != first.pk

    def test_from_an_empty_queue(self):
        token = walk_in(*a_doctor())
        steps.call_next(queue_id=token.queue_id, actor=CLINIC)
        for operation in ("", "press"):
            with refused(QueueEmpty):
                steps.call_next(queue_id=token.queue_id, actor=CLINIC, operation=operation)

    def test_what_was_refused_may_be_pressed_again(self):
        token = walk_in(*a_doctor())
        set_doctor_status(queue_id=token.queue_id, status="on_break", actor=CLINIC)
        with refused(QueuePaused):
            steps.call_next(queue_id=token.queue_id, actor=CLINIC, operation="press")
        set_doctor_status(queue_id=token.queue_id, status="on_time", actor=CLINIC)
        assert steps.call_next(queue_id=token.queue_id, actor=CLINIC, operation="press").pk == token.pk

    @pytest.mark.parametrize(("status", "error"), [("on_break", QueuePaused), ("finished", QueueClosed)])
    def test_while_nobody_is_called(self, status: str, error: Any):
        doctor, location = a_doctor()
        called = steps.call_next(queue_id=walk_in(doctor, location).queue_id, actor=CLINIC)
        token = walk_in(doctor, location)
        set_doctor_status(queue_id=token.queue_id, status=status, actor=CLINIC)
        with refused(error):
            steps.call_next(queue_id=token.queue_id, actor=CLINIC)
        with refused(error):
            steps.call_token(token_id=token.pk, actor=CLINIC)
        with refused(error):
            steps.recall_token(token_id=called.pk, actor=CLINIC)
        with refused(error):
            steps.start_token(token_id=called.pk, actor=CLINIC)

    def test_of_a_queue_that_nobody_knows(self):
        with refused(QueueUnknown):
            steps.call_next(queue_id=4711, actor=CLINIC)

    def test_of_another_day(self, morning: Any):
        token = walk_in(*a_doctor())
        morning.shift(timedelta(days=1))
        with refused(DayOver):
            steps.call_next(queue_id=token.queue_id, actor=CLINIC)

    def test_a_night_goes_on_after_midnight_until_four(self, morning: Any):
        doctor, location = a_doctor()
        tokens = [walk_in(doctor, location) for _ in range(2)]
        morning.shift(timedelta(hours=17, minutes=59, seconds=59))  # 03:59:59
        assert steps.call_next(queue_id=tokens[0].queue_id, actor=CLINIC).pk == tokens[0].pk
        morning.shift(1)
        with refused(DayOver):
            steps.call_next(queue_id=tokens[0].queue_id, actor=CLINIC)


class TestCallingAgain:
    def test_counts_the_calls_and_keeps_the_first_time(self, morning: Any):
        token = token_that_is("called")
        morning.shift(90)
        again = steps.recall_token(token_id=token.pk, actor=CLINIC)
        assert (again.calls, again.called_at, again.status) == (2, token.called_at, TokenStatus.CALLED)
        assert list(TokenStep.objects.order_by("pk").values_list("what", flat=True)) == [
            Step.JOINED,
            Step.CALLED,
            Step.RECALLED,
        ]

    def test_the_same_operation_calls_once(self):
        token = token_that_is("called")
        for _press in range(2):
            steps.recall_token(token_id=token.pk, actor=CLINIC, version=token.version, operation="press")
        assert now(token).calls == 2
        with refused(OperationReused):
            steps.recall_token(token_id=token.pk, actor=CLINIC, version=token.version + 1, operation="press")

    def test_leads_to_where_the_doctor_is_now(self):
        token = token_that_is("called")
        set_room(queue_id=token.queue_id, room="Room 2", actor=CLINIC)
        assert steps.recall_token(token_id=token.pk, actor=CLINIC).room == "Room 2"

    def test_is_for_those_who_were_called(self):
        token = token_that_is("waiting")
        with refused(WrongStep, says="was called"):
            steps.recall_token(token_id=token.pk, actor=CLINIC)


class TestInAndOut:
    def test_times_are_kept(self, morning: Any):
        token = token_that_is("called")
        morning.shift(30)
        steps.start_token(token_id=token.pk, actor=CLINIC)
        morning.shift(600)
        after = now(steps.finish_token(token_id=token.pk, actor=CLINIC))
        assert after.started_at - after.called_at == timedelta(seconds=30)
        assert after.ended_at - after.started_at == timedelta(minutes=10)

    def test_somebody_may_go_in_without_being_called(self):
        token = token_that_is("waiting")
        after = steps.start_token(token_id=token.pk, actor=CLINIC)
        assert (after.called_at, after.room) == (after.started_at, "Room 1")
        assert queue_of(after).status == DoctorStatus.ON_TIME

    def test_one_at_a_time(self):
        doctor, location = a_doctor()
        first, second = walk_in(doctor, location), walk_in(doctor, location)
        steps.start_token(token_id=first.pk, actor=CLINIC)
        with refused(DoctorBusy):
            steps.start_token(token_id=second.pk, actor=CLINIC)
        steps.finish_token(token_id=first.pk, actor=CLINIC)
        assert steps.start_token(token_id=second.pk, actor=CLINIC).status == TokenStatus.IN_CONSULTATION

    def test_as_many_as_the_queue_says(self):
        doctor, location = a_doctor()
        tokens = [walk_in(doctor, location) for _ in range(3)]
        Queue.objects.update(consultations_at_once=2)
        for token in tokens[:2]:
            steps.start_token(token_id=token.pk, actor=CLINIC)
        with refused(DoctorBusy):
            steps.start_token(token_id=tokens[2].pk, actor=CLINIC)
        sound()

    def test_a_doctor_is_in_one_place(self):
        here, there = LocationFactory(), LocationFactory()
        doctor, _ = a_doctor(here)
        doctor.locations.add(there)
        first, second = walk_in(doctor, here), walk_in(doctor, there)
        steps.start_token(token_id=first.pk, actor=CLINIC)
        with refused(DoctorBusy):
            steps.start_token(token_id=second.pk, actor=CLINIC)

    def test_during_a_break_a_consultation_can_end(self):
        token = token_that_is("in_consultation")
        set_doctor_status(queue_id=token.queue_id, status="on_break", actor=CLINIC)
        assert steps.finish_token(token_id=token.pk, actor=CLINIC).status == TokenStatus.COMPLETED

    def test_the_steps_say_who_took_them(self):
        from accounts.actors import Actor

        clerk = UserFactory(is_staff=True)
        token = token_that_is("waiting")
        steps.start_token(token_id=token.pk, actor=Actor(label=f"user:{clerk.pk}", user=clerk))
        assert TokenStep.objects.latest("pk").by == clerk
        assert {entry.actor for entry in AuditEntry.objects.filter(verb="token.start")} == {f"user:{clerk.pk}"}


class TestGoingAndComingBack:
    def test_whoever_comes_after_all_has_not_lost_the_time_waited(self, morning: Any):
        token = token_that_is("no_show")
        morning.shift(600)
        back = now(steps.put_back(token_id=token.pk, actor=CLINIC))
        assert (back.checked_in_at, back.called_at, back.ended_at, back.room) == (token.checked_in_at, None, None, "")
        assert visit_of(back) == "checked_in"

    def test_unless_they_wait_for_somebody_else_by_now(self):
        doctor, location = a_doctor()
        token = walk_in(doctor, location)
        steps.mark_token_no_show(token_id=token.pk, actor=CLINIC)
        elsewhere, _ = a_doctor(location)
        walk_in(elsewhere, location, first_name="Walker1", email="walker1@example.org")
        with refused(AlreadyWaiting, says="another doctor"):
            steps.put_back(token_id=token.pk, actor=CLINIC)

    def test_whoever_leaves_gives_the_seat_back(self):
        token = arrived(*a_doctor())
        steps.leave_queue(token_id=token.pk, actor=CLINIC, message="Feels better")
        visit = now(token).appointment
        assert (visit.status, visit.cancellation_message) == ("cancelled", "Feels better")
        assert Slot.objects.get().taken == 0
        sound()


def test_every_step_is_told_with_what_happened():
    heard = []

    def hear(sender: object, **said: Any) -> None:
        heard.append((said["what"], said["token"].status))

    queue_changed.connect(hear)
    try:
        token_that_is("completed")
    finally:
        queue_changed.disconnect(hear)
    assert heard == [(Step.JOINED, "waiting"), (Step.STARTED, "in_consultation"), (Step.FINISHED, "completed")]


def test_clocks_that_differ_do_not_turn_times_around(morning: Any):
    token = token_that_is("waiting")
    morning.shift(-5)  # the machine that answers now is five seconds behind
    for step in (steps.call_token, steps.start_token, steps.finish_token):
        token = step(token_id=token.pk, actor=CLINIC)
    sound()
