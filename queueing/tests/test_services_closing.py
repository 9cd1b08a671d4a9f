"""The end of the day: what is left open is closed, once, and one queue that cannot be closed stops no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queueing import invariants
from queueing.models import Queue, Token, TokenStep
from queueing.services import steps
from queueing.services.closing import close_queues
from queueing.states import DoctorStatus
from queueing.tests.conftest import MORNING
from queueing.tests.factories import a_doctor, arrived, walk_in
from queueing.tests.refusals import everything
from scheduling.models import Appointment
from scheduling.services import lifecycle
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, book, in_hours

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
OVER = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)
"""Four in the morning of the day after `MORNING`, in London."""


def statuses(token: Token) -> tuple[str, str]:
    fresh = Token.objects.select_related("appointment").get(pk=token.pk)
    return fresh.status, fresh.appointment.status


def close() -> int:
    closed = close_queues(actor=CLINIC)
    assert [str(drift) for drift in invariants.check()] == []
    return closed


def test_everybody_who_is_left_ends_as_is_most_likely(morning: Any):
    doctor, location = a_doctor()
    inside, called, waits, seen = (walk_in(doctor, location) for _ in range(4))
    for step in (steps.start_token, steps.finish_token):
        step(token_id=seen.pk, actor=CLINIC)
    steps.start_token(token_id=inside.pk, actor=CLINIC)
    steps.call_token(token_id=called.pk, actor=CLINIC)
    booked = arrived(doctor, location)
    morning.move_to(OVER)
    assert close() == 1
    assert statuses(inside) == ("completed", "completed")
    assert statuses(called) == ("no_show", "no_show")
    assert statuses(waits) == statuses(booked) == ("cancelled", "cancelled")
    assert statuses(seen) == ("completed", "completed")
    queue = Queue.objects.get()
    assert (queue.status, queue.closed_at) == (DoctorStatus.FINISHED, OVER)


def test_visits_that_were_booked_and_never_came_did_not_come(morning: Any):
    doctor, location = a_doctor()
    walk_in(doctor, location)

    def at(hours: float, **where: Any) -> Appointment:
        return book(SlotFactory(starts_at=in_hours(hours), **{"doctor": doctor, "location": location, **where}))

    missed, last = at(1), at(13.5)
    other_doctor, tomorrow = at(1, doctor=a_doctor(location)[0]), at(14)
    cancelled = lifecycle.cancel_appointment(appointment_id=at(2).pk, actor=CLINIC)
    morning.move_to(OVER)
    close()
    found = dict(Appointment.objects.values_list("pk", "status"))
    assert [found[visit.pk] for visit in (missed, last)] == ["no_show", "no_show"]
    assert [found[visit.pk] for visit in (other_doctor, tomorrow)] == ["confirmed", "confirmed"]
    assert found[cancelled.pk] == "cancelled"


def test_a_visit_of_tomorrow_that_was_checked_in_the_evening_before_is_still_to_come(morning: Any):
    appointment = book(SlotFactory(starts_at=datetime(2026, 11, 19, 8, 0, tzinfo=UTC)))
    morning.move_to(datetime(2026, 11, 18, 21, 0, tzinfo=UTC))
    lifecycle.check_in_appointment(appointment_id=appointment.pk, actor=CLINIC)
    token = Token.objects.get()
    assert token.day == MORNING.date()
    morning.move_to(OVER)
    close()
    assert statuses(token) == ("cancelled", "confirmed")


def test_it_does_nothing_before_four_nor_twice(morning: Any):
    walk_in(*a_doctor())
    morning.move_to(OVER - timedelta(microseconds=1))
    before = everything()
    assert close() == 0
    assert everything() == before
    morning.move_to(OVER)
    assert close_queues(actor=CLINIC, dry_run=True) == 1
    assert everything() == before
    assert close() == 1
    before = everything()
    assert close() == 0
    assert everything() == before


def test_four_is_four_where_the_queue_is_held(morning: Any):
    walk_in(*a_doctor(LocationFactory(time_zone="Asia/Kolkata")))
    walk_in(*a_doctor(LocationFactory(time_zone="America/New_York")))
    morning.move_to(OVER)
    assert close() == 1
    morning.shift(timedelta(hours=5))
    assert close() == 1


def test_a_pause_of_a_week_does_no_harm(morning: Any):
    walk_in(*a_doctor())
    morning.shift(timedelta(days=7))
    assert close() == 1


def test_one_queue_that_cannot_be_closed_does_not_keep_the_others_from_it(morning: Any):
    first, second = walk_in(*a_doctor()), walk_in(*a_doctor())
    Appointment.objects.filter(pk=first.appointment_id).update(status="completed")  # at odds: nobody can leave it
    morning.move_to(OVER)
    with pytest.raises(ExceptionGroup) as faults:
        close_queues(actor=CLINIC)
    assert len(faults.value.exceptions) == 1
    assert statuses(second) == ("cancelled", "cancelled")
    assert set(Queue.objects.values_list("pk", "closed_at")) == {(first.queue_id, None), (second.queue_id, OVER)}


def test_one_place_that_cannot_be_ended_keeps_its_queue_open_and_no_other_place_from_it(morning: Any):
    doctor, location = a_doctor()
    odd, other = walk_in(doctor, location), walk_in(doctor, location)
    Appointment.objects.filter(pk=odd.appointment_id).update(status="completed")  # at odds: nobody can leave it
    missed = book(SlotFactory(starts_at=in_hours(1), doctor=doctor, location=location))
    morning.move_to(OVER)
    with pytest.raises(ExceptionGroup):
        close_queues(actor=CLINIC)
    assert statuses(other) == ("cancelled", "cancelled")
    assert Appointment.objects.get(pk=missed.pk).status == "no_show"
    assert Queue.objects.get().closed_at is None


def test_the_history_tells_it(morning: Any):
    walk_in(*a_doctor())
    morning.move_to(OVER)
    close()
    assert list(TokenStep.objects.order_by("pk").values_list("what", flat=True)) == ["joined", "left"]
