"""No token is doubled, skipped or called twice, however many press at once: real threads, each with its connection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from queueing.errors import DoctorBusy, NothingToUndo, QueueEmpty, WrongStep
from queueing.models import EmergencyRequest, Queue, Token, TokenStep
from queueing.selectors.queues import with_places
from queueing.services import issuing, steps
from queueing.services.check_in import check_in
from queueing.services.emergencies import raise_emergency
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import EmergencySource, TokenStatus
from queueing.tests.concurrency import CLERK, ROUNDS, joining, refusals, sound
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.factories import (
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    book,
    in_hours,
)
from testing.threads import run_together

pytestmark = pytest.mark.django_db(transaction=True)


def fifty_requests() -> list[Callable[[], Token]]:
    """Half of them walk in, half of them booked; the queue is not open yet."""
    doctor, location = a_doctor()
    start = in_hours(0.5)  # check-in is open, even when midnight lies between
    calls = [joining(doctor, location, patient) for patient in PatientFactory.create_batch(25)]
    for number in range(25):
        slot = SlotFactory(
            doctor=doctor,
            location=location,
            starts_at=start + timedelta(minutes=number),
            ends_at=start + timedelta(minutes=number + 1),
        )
        visit = book(slot)
        calls.append(lambda pk=visit.pk: check_in(appointment_id=pk, actor=CLERK))
    return calls


def test_fifty_requests_at_once_get_fifty_numbers_without_gaps() -> None:
    outcomes = run_together(fifty_requests())
    assert refusals(outcomes) == []
    assert sorted(outcome.answer.number for outcome in outcomes if outcome.answer) == list(range(1, 51))
    assert len(set(Token.objects.values_list("code", flat=True))) == 50
    assert Queue.objects.get().last_number == 50
    sound()


@pytest.mark.postgres
def test_without_the_lock_of_the_queue_they_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "lock_queue", lambda pk: with_places(Queue.objects.filter(pk=pk)).get())
    outcomes = run_together(fifty_requests())
    assert [outcome for outcome in outcomes if outcome.error and "one_token_per_number" in str(outcome.error)]


def test_the_same_walk_in_sent_ten_times_is_one() -> None:
    doctor, location = a_doctor()
    patient = PatientFactory()
    outcomes = run_together([joining(doctor, location, patient, "one")] * 10)
    assert refusals(outcomes) == []
    assert len({outcome.answer.pk for outcome in outcomes if outcome.answer}) == Token.objects.count() == 1


def test_a_patient_who_joins_everywhere_at_once_is_in_one_queue() -> None:
    location = LocationFactory()
    patient = PatientFactory()
    outcomes = run_together([joining(a_doctor(location)[0], location, patient) for _ in range(8)])
    assert {type(error).__name__ for error in refusals(outcomes)} == {"AlreadyWaiting"}
    assert Token.objects.count() == 1
    sound()


# --- Pressing next, start and undo ------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [2, 10])
def test_people_who_press_next_at_once_call_different_patients(people: int) -> None:
    doctor, location = a_doctor()
    tokens = [walk_in(doctor, location) for _ in range(people)]
    outcomes = run_together([lambda: steps.call_next(queue_id=tokens[0].queue_id, actor=CLERK)] * people)
    assert refusals(outcomes) == []
    assert {outcome.answer.pk for outcome in outcomes if outcome.answer} == {token.pk for token in tokens}
    assert set(Token.objects.values_list("calls", flat=True)) == {1}
    sound()


def test_whoever_finds_nobody_left_is_told_so() -> None:
    doctor, location = a_doctor()
    queue_id = {walk_in(doctor, location).queue_id for _ in range(3)}.pop()
    outcomes = run_together([lambda: steps.call_next(queue_id=queue_id, actor=CLERK)] * 8)
    assert [type(error) for error in refusals(outcomes)] == [QueueEmpty] * 5


def test_one_press_that_is_sent_ten_times_calls_one() -> None:
    doctor, location = a_doctor()
    queue_id = {walk_in(doctor, location).queue_id for _ in range(3)}.pop()
    outcomes = run_together([lambda: steps.call_next(queue_id=queue_id, actor=CLERK, operation="press")] * 10)
    assert refusals(outcomes) == []
    assert Token.objects.filter(status=TokenStatus.CALLED).count() == 1


def test_next_is_not_put_off_by_somebody_who_leaves_at_that_moment() -> None:
    doctor, location = a_doctor()
    for _round in range(ROUNDS[connection.vendor]):
        first, second = walk_in(doctor, location), walk_in(doctor, location)
        pressed, _left = run_together(
            [
                lambda queue_id=first.queue_id: steps.call_next(queue_id=queue_id, actor=CLERK),
                lambda pk=first.pk: steps.leave_queue(token_id=pk, actor=CLERK),
            ]
        )
        assert pressed.answer is not None, pressed.error
        assert pressed.answer.pk in (first.pk, second.pk)
        for token in (first, second):
            if Token.objects.get(pk=token.pk).status in (TokenStatus.WAITING, TokenStatus.CALLED):
                steps.leave_queue(token_id=token.pk, actor=CLERK)
    sound()


@pytest.mark.parametrize("people", [2, 10])
def test_people_who_press_start_at_once_let_in_one(people: int) -> None:
    doctor, location = a_doctor()
    same = walk_in(doctor, location)
    outcomes = run_together([lambda: steps.start_token(token_id=same.pk, actor=CLERK)] * people)
    assert [type(error) for error in refusals(outcomes)] == [WrongStep] * (people - 1)
    steps.finish_token(token_id=same.pk, actor=CLERK)
    others = [walk_in(doctor, location) for _ in range(people)]
    outcomes = run_together([lambda pk=one.pk: steps.start_token(token_id=pk, actor=CLERK) for one in others])
    assert [type(error) for error in refusals(outcomes)] == [DoctorBusy] * (people - 1)
    sound()


def test_a_doctor_of_two_places_lets_in_one() -> None:
    here, there = LocationFactory(), LocationFactory()
    doctor = DoctorFactory(locations=[here, there])
    for _round in range(ROUNDS[connection.vendor]):
        tokens = [walk_in(doctor, here), walk_in(doctor, there)]
        outcomes = run_together([lambda pk=one.pk: steps.start_token(token_id=pk, actor=CLERK) for one in tokens])
        assert [type(error) for error in refusals(outcomes)] == [DoctorBusy]
        for token in Token.objects.filter(status=TokenStatus.IN_CONSULTATION):
            steps.finish_token(token_id=token.pk, actor=CLERK)
    sound()


def test_a_step_is_taken_back_once() -> None:
    token = walk_in(*a_doctor())
    steps.call_token(token_id=token.pk, actor=CLERK)
    step_id = TokenStep.objects.latest("pk").pk
    outcomes = run_together([lambda: undo_step(step_id=step_id, actor=CLERK)] * 6)
    assert [type(error) for error in refusals(outcomes)] == [NothingToUndo] * 5
    sound()


def test_two_who_send_patients_to_each_other_do_not_wait_for_each_other() -> None:
    location = LocationFactory()
    left, right = a_doctor(location)[0], a_doctor(location)[0]
    for _round in range(ROUNDS[connection.vendor]):
        one, two = walk_in(left, location), walk_in(right, location)
        outcomes = run_together(
            [
                lambda pk=one.pk: transfer_token(token_id=pk, doctor_id=right.pk, actor=CLERK),
                lambda pk=two.pk: transfer_token(token_id=pk, doctor_id=left.pk, actor=CLERK),
            ]
        )
        assert refusals(outcomes) == []
    sound()


def test_whoever_calls_for_help_while_they_are_sent_on_is_found_where_they_went() -> None:
    for _round in range(ROUNDS[connection.vendor]):
        doctor, location = a_doctor()
        token, other = walk_in(doctor, location), a_doctor(location)[0]
        said = {"location": location, "source": EmergencySource.PATIENT, "actor": CLERK, "token": token}
        calls = [lambda said=said: raise_emergency(**said) for _press in range(2)]
        move = partial(transfer_token, token_id=token.pk, doctor_id=other.pk, actor=CLERK)
        assert refusals(run_together([*calls, move, *calls])) == []
        assert EmergencyRequest.objects.get(location=location).token == Token.objects.get(predecessor=token)
    sound()
