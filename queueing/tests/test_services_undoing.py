"""Taking back the last step: all is as it was, the visit too; and when it is too late for that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queueing import invariants
from queueing.errors import AlreadyWaiting, DayOver, DoctorBusy, NothingToUndo
from queueing.models import Token, TokenStep
from queueing.selectors.queues import token_by_secret
from queueing.services import steps
from queueing.services.check_in import check_in
from queueing.services.priorities import Priority, prioritise_token
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import TokenStatus
from queueing.tests.factories import a_doctor, arrived, walk_in
from queueing.tests.refusals import refused
from scheduling.errors import SeatGone
from scheduling.models import Appointment, Slot
from scheduling.tests.factories import CLINIC, book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

IGNORED = {"version", "_state"}


def as_it_is(token: Token) -> dict[str, Any]:
    fresh = Token.objects.get(pk=token.pk)
    return {name: value for name, value in vars(fresh).items() if name not in IGNORED}


def visit_of(token: Token) -> str:
    return Appointment.objects.values_list("status", flat=True).get(pk=token.appointment_id)


def undo(token: Token) -> Token:
    """Take back the last step of a token."""
    return undo_step(step_id=TokenStep.objects.filter(token=token, undone_at=None).latest("pk").pk, actor=CLINIC)


def sound() -> None:
    assert [str(drift) for drift in invariants.check()] == []


def recall(token_id: int, actor: Any) -> Token:
    return steps.recall_token(token_id=token_id, actor=actor)


def raise_priority(token_id: int, actor: Any) -> Token:
    priority = Priority(extra_points=30, reason="Faints", urgency="high", has_special_requirements=True)
    return prioritise_token(token_id=token_id, priority=priority, actor=actor)


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ([], steps.call_token),
        ([], steps.start_token),
        ([], steps.mark_token_no_show),
        ([], steps.leave_queue),
        ([], raise_priority),
        ([steps.call_token], recall),
        ([steps.call_token], steps.start_token),
        ([steps.call_token], steps.put_back),
        ([steps.call_token], steps.mark_token_no_show),
        ([steps.call_token], steps.leave_queue),
        ([steps.call_token, steps.mark_token_no_show], steps.put_back),
        ([steps.start_token], steps.finish_token),
    ],
)
@pytest.mark.parametrize("came", [walk_in, arrived])
def test_every_step_can_be_taken_back(came: Any, before: list[Any], step: Any, morning: Any):
    token = came(*a_doctor())
    for earlier in before:
        morning.shift(60)
        earlier(token_id=token.pk, actor=CLINIC)
    was, visit_was, seats = as_it_is(token), visit_of(token), list(Slot.objects.values_list("taken", flat=True))
    morning.shift(60)
    step(token_id=token.pk, actor=CLINIC)
    assert as_it_is(token) != was
    morning.shift(60)
    undo(token)
    assert (as_it_is(token), visit_of(token)) == (was, visit_was)
    assert list(Slot.objects.values_list("taken", flat=True)) == seats
    sound()


def test_steps_are_taken_back_one_after_the_other():
    token = walk_in(*a_doctor())
    was = as_it_is(token)
    for step in (steps.call_token, steps.start_token, steps.finish_token):
        step(token_id=token.pk, actor=CLINIC)
    for status in (TokenStatus.IN_CONSULTATION, TokenStatus.CALLED, TokenStatus.WAITING):
        assert undo(token).status == status
    assert as_it_is(token) == was
    sound()


class TestTakingBackACheckIn:
    def test_the_visit_is_still_to_come_and_may_be_checked_in_again(self):
        token = arrived(*a_doctor())
        assert undo(token).status == TokenStatus.CANCELLED
        assert visit_of(token) == "confirmed"
        again = check_in(appointment_id=token.appointment_id, actor=CLINIC)
        assert again.number == 2
        sound()

    def test_the_ticket_of_the_first_time_leads_to_the_place_of_now(self):
        token = arrived(*a_doctor())
        undo(token)
        assert token_by_secret(token.secret) == token
        again = check_in(appointment_id=token.appointment_id, actor=CLINIC)
        assert token_by_secret(token.secret) == again

    def test_a_walk_in_was_nothing_else(self):
        token = walk_in(*a_doctor())
        undo(token)
        assert visit_of(token) == "cancelled"
        sound()

    def test_whoever_was_called_must_be_put_back_first(self):
        token = arrived(*a_doctor())
        joined = TokenStep.objects.get().pk
        steps.call_token(token_id=token.pk, actor=CLINIC)
        with refused(NothingToUndo):
            undo_step(step_id=joined, actor=CLINIC)


class TestTakingBackATransfer:
    def test_all_is_as_before_and_both_links_lead_back(self):
        doctor, location = a_doctor()
        token = arrived(doctor, location)
        was = as_it_is(token)
        moved = transfer_token(token_id=token.pk, doctor_id=a_doctor(location)[0].pk, actor=CLINIC)
        undo(token)
        assert as_it_is(token) == was
        assert Appointment.objects.get().doctor == doctor
        assert {token_by_secret(secret).pk for secret in (token.secret, moved.secret)} == {token.pk}
        sound()

    def test_it_may_be_made_and_taken_back_again(self):
        doctor, location = a_doctor()
        other = a_doctor(location)[0]
        token = walk_in(doctor, location)
        for _time in range(2):
            moved = transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)
            undo(token)
        moved = transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)
        assert moved.number == 3
        sound()

    def test_not_once_the_other_doctor_has_called(self):
        doctor, location = a_doctor()
        token = walk_in(doctor, location)
        moved = transfer_token(token_id=token.pk, doctor_id=a_doctor(location)[0].pk, actor=CLINIC)
        steps.call_token(token_id=moved.pk, actor=CLINIC)
        with refused(NothingToUndo):
            undo(token)

    def test_the_other_doctors_half_is_not_taken_back_alone(self):
        doctor, location = a_doctor()
        token = walk_in(doctor, location)
        moved = transfer_token(token_id=token.pk, doctor_id=a_doctor(location)[0].pk, actor=CLINIC)
        with refused(NothingToUndo):
            undo(moved)


class TestTooLate:
    def test_a_double_click_takes_back_once(self):
        token = walk_in(*a_doctor())
        steps.call_token(token_id=token.pk, actor=CLINIC)
        step = TokenStep.objects.latest("pk").pk
        undo_step(step_id=step, actor=CLINIC)
        with refused(NothingToUndo):
            undo_step(step_id=step, actor=CLINIC)

    def test_only_the_last_step(self):
        token = walk_in(*a_doctor())
        steps.call_token(token_id=token.pk, actor=CLINIC)
        called = TokenStep.objects.latest("pk").pk
        steps.start_token(token_id=token.pk, actor=CLINIC)
        with refused(NothingToUndo):
            undo_step(step_id=called, actor=CLINIC)

    def test_half_an_hour_and_not_a_moment_more(self, morning: Any):
        token = walk_in(*a_doctor())
        steps.call_token(token_id=token.pk, actor=CLINIC)
        morning.shift(timedelta(minutes=30, microseconds=1))
        with refused(NothingToUndo):
            undo(token)
        morning.shift(timedelta(microseconds=-1))
        assert undo(token).status == TokenStatus.WAITING

    def test_another_day(self, morning: Any):
        token = walk_in(*a_doctor())
        morning.shift(timedelta(days=1))
        with refused(DayOver):
            undo(token)

    def test_a_step_that_nobody_knows(self):
        with refused(NothingToUndo):
            undo_step(step_id=4711, actor=CLINIC)

    def test_while_the_next_patient_is_with_the_doctor(self):
        doctor, location = a_doctor()
        first, second = walk_in(doctor, location), walk_in(doctor, location)
        steps.start_token(token_id=first.pk, actor=CLINIC)
        steps.finish_token(token_id=first.pk, actor=CLINIC)
        steps.start_token(token_id=second.pk, actor=CLINIC)
        with refused(DoctorBusy):
            undo(first)

    @pytest.mark.parametrize("away", [steps.leave_queue, steps.mark_token_no_show])
    def test_whoever_waits_elsewhere_by_now(self, away: Any):
        doctor, location = a_doctor()
        token = walk_in(doctor, location)
        away(token_id=token.pk, actor=CLINIC)
        walk_in(a_doctor(location)[0], location, first_name="Walker1", email="walker1@example.org")
        with refused(AlreadyWaiting):
            undo(token)

    def test_a_seat_that_is_somebody_elses_by_now(self):
        token = arrived(*a_doctor())
        steps.leave_queue(token_id=token.pk, actor=CLINIC)
        book(Slot.objects.get())
        with refused(SeatGone):
            undo(token)
