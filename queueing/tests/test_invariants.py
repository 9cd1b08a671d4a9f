"""Every drift is found: each is made by breaking a row by hand, past the rules and the guards of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from accounts.models import AuditEntry
from queueing import invariants
from queueing.models import Queue, Token
from queueing.services import steps
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import TokenStatus
from queueing.tests.factories import a_doctor, arrived, walk_in
from scheduling.models import Appointment
from scheduling.tests.factories import CLINIC, LocationFactory
from testing.flushing import drop_triggers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def codes() -> list[str]:
    return sorted({drift.code for drift in invariants.check()})


@contextmanager
def without(guard: str) -> Iterator[None]:
    """A unique index of the tokens is away; the test's transaction brings it back."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX "{guard}"')
    yield


def change(token: Token, **changes: Any) -> None:
    Token.objects.filter(pk=token.pk).update(**changes)


def test_a_whole_day_is_sound():
    doctor, location = a_doctor()
    tokens = [walk_in(doctor, location) for _ in range(4)]
    for step in (steps.call_token, steps.start_token, steps.finish_token):
        step(token_id=tokens[0].pk, actor=CLINIC)
    steps.mark_token_no_show(token_id=tokens[1].pk, actor=CLINIC)
    undo_step(step_id=tokens[1].steps.latest("pk").pk, actor=CLINIC)
    transfer_token(token_id=tokens[2].pk, doctor_id=a_doctor(location)[0].pk, actor=CLINIC)
    steps.leave_queue(token_id=tokens[3].pk, actor=CLINIC)
    assert codes() == []


@pytest.mark.parametrize(
    "break_it",
    [
        lambda token: change(token, number=7),
        lambda token: Queue.objects.update(last_number=F("last_number") + 1),
        lambda token: Queue.objects.update(last_number=0),
    ],
)
def test_numbers_with_gaps(break_it: Any):
    break_it(walk_in(*a_doctor()))
    assert codes() == ["queue_misnumbered"]


@pytest.mark.postgres  # on SQLite the constraint is part of the table and cannot be taken away
def test_two_tokens_with_one_number():
    doctor, location = a_doctor()
    first, second = walk_in(doctor, location), walk_in(doctor, location)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE queueing_token DROP CONSTRAINT one_token_per_number")
    change(second, number=first.number)
    assert codes() == ["queue_misnumbered"]


@pytest.mark.parametrize("what", ["day", "location"])
def test_a_token_of_another_day_or_place_than_its_queue(what: str):
    token = walk_in(*a_doctor())
    change(token, **({"day": token.day + timedelta(days=1)} if what == "day" else {"location": LocationFactory()}))
    assert codes() == ["token_elsewhere"]


def test_a_token_that_was_transferred_and_is_here():
    doctor, location = a_doctor()
    token = walk_in(doctor, location)
    moved = transfer_token(token_id=token.pk, doctor_id=a_doctor(location)[0].pk, actor=CLINIC)
    with without("one_queue_per_patient_and_place"), without("one_live_token_per_visit"):
        change(token, status=TokenStatus.WAITING, ended_at=None)
    assert moved.pk != token.pk
    assert codes() == ["patient_in_two_queues", "token_twice", "trail_at_odds"]


def test_a_patient_in_two_queues():
    doctor, location = a_doctor()
    first, second = walk_in(doctor, location), walk_in(doctor, location)
    with without("one_queue_per_patient_and_place"):
        change(second, patient=first.patient)
    assert codes() == ["patient_in_two_queues"]


def test_a_doctor_with_two_patients_at_once():
    doctor, location = a_doctor()
    for token in [walk_in(doctor, location) for _ in range(2)]:
        Queue.objects.update(consultations_at_once=2)
        steps.start_token(token_id=token.pk, actor=CLINIC)
    assert codes() == []
    Queue.objects.update(consultations_at_once=1)
    assert codes() == ["doctor_overrun"]


@pytest.mark.parametrize(
    ("taken", "changes"),
    [
        ([], {"called_at": "earlier"}),
        ([steps.call_token], {"called_at": None}),
        ([steps.start_token, steps.finish_token], {"ended_at": None}),
        ([steps.leave_queue], {"ended_at": None}),
        ([], {"ended_at": "earlier"}),
    ],
)
def test_times_that_say_otherwise_than_the_state(taken: list[Any], changes: dict[str, Any], morning: Any):
    token = walk_in(*a_doctor())
    for step in taken:
        step(token_id=token.pk, actor=CLINIC)
    change(token, **{name: token.checked_in_at if value == "earlier" else value for name, value in changes.items()})
    assert codes() == ["token_times_at_odds"]


def test_times_that_run_backwards(morning: Any):
    token = walk_in(*a_doctor())
    morning.shift(60)
    for step in (steps.start_token, steps.finish_token):
        step(token_id=token.pk, actor=CLINIC)
    earlier = token.checked_in_at - timedelta(minutes=1)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE queueing_token DROP CONSTRAINT token_called_after_check_in")
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
    try:
        change(token, called_at=earlier)
        assert codes() == ["token_times_backwards"]
    finally:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize("taken", [[], [steps.call_token], [steps.mark_token_no_show]])
def test_a_visit_that_says_otherwise_than_its_token(taken: list[Any]):
    token = walk_in(*a_doctor())
    for step in taken:
        step(token_id=token.pk, actor=CLINIC)
    Appointment.objects.update(status="completed")
    assert codes() == ["token_at_odds_with_visit"]


def test_a_visit_that_lost_its_place():
    token = arrived(*a_doctor())
    steps.leave_queue(token_id=token.pk, actor=CLINIC)
    Appointment.objects.update(status="checked_in")
    assert codes() == ["visit_without_place"]


def test_a_step_that_the_table_does_not_know():
    token = walk_in(*a_doctor())
    for step in (steps.start_token, steps.finish_token):
        step(token_id=token.pk, actor=CLINIC)
    change(token, status=TokenStatus.CALLED, started_at=None, ended_at=None)
    assert "trail_at_odds" in codes()


def test_a_change_without_an_entry_in_the_trail():
    token = walk_in(*a_doctor())
    steps.call_token(token_id=token.pk, actor=CLINIC)
    drop_triggers()
    change(token, status=TokenStatus.WAITING, called_at=None)
    assert codes() == ["trail_at_odds"]
    AuditEntry.objects.filter(object_type="queueing_token").delete()
    assert codes() == ["trail_missing"]


def test_the_command_asks_the_queues_too():
    walk_in(*a_doctor())
    Queue.objects.update(last_number=5)
    output = StringIO()
    with pytest.raises(CommandError, match="1 finding"):
        call_command("check_invariants", stdout=output)
    assert "queueing: queue_misnumbered queue" in output.getvalue()
