"""Sending somebody who waits to another doctor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queueing import invariants
from queueing.errors import DayOver, QueueClosed, ScreenStale, TokenUnknown, TransferRefused, WrongStep
from queueing.models import Token
from queueing.selectors.queues import token_by_secret
from queueing.services import steps
from queueing.services.priorities import Priority, prioritise_token
from queueing.services.queues import set_doctor_status
from queueing.services.transferring import transfer_token
from queueing.states import TokenStatus
from queueing.tests.factories import a_doctor, arrived, walk_in
from queueing.tests.refusals import refused
from scheduling.models import Appointment, Doctor
from scheduling.signals import appointment_changed
from scheduling.tests.factories import CLINIC

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def two_doctors() -> tuple[Token, Doctor]:
    """Somebody who waits for one, and the other one."""
    doctor, location = a_doctor()
    return arrived(doctor, location), a_doctor(location, room="Room 2")[0]


def move(token: Token, doctor: Doctor, version: int | None = None) -> Token:
    return transfer_token(token_id=token.pk, doctor_id=doctor.pk, actor=CLINIC, version=version)


class TestATransfer:
    def test_keeps_the_time_waited_and_the_priority_and_takes_a_number_of_the_other_queue(self, morning: Any):
        token, doctor = two_doctors()
        priority = Priority(urgency="high", has_special_requirements=True, extra_points=20, reason="Faints")
        prioritise_token(token_id=token.pk, priority=priority, actor=CLINIC)
        morning.shift(600)
        moved = move(token, doctor)
        moved.refresh_from_db()
        assert (moved.code, moved.status, moved.queue.doctor) == ("B001", TokenStatus.WAITING, doctor)
        kept = ("checked_in_at", "booked_for", "arrival", "patient_id", "appointment_id")
        assert [getattr(moved, name) for name in kept] == [getattr(token, name) for name in kept]
        assert (moved.urgency, moved.has_special_requirements) == ("high", True)
        assert (moved.extra_points, moved.extra_reason) == (20, "Faints")
        assert [str(drift) for drift in invariants.check()] == []

    def test_the_visit_is_the_other_doctors_and_those_who_follow_it_hear(self):
        token, doctor = two_doctors()
        heard = []

        def hear(sender: object, *, appointment: Appointment, previous: str, **said: Any) -> None:
            heard.append((appointment.doctor_id, previous, appointment.status))

        appointment_changed.connect(hear)
        try:
            move(token, doctor)
        finally:
            appointment_changed.disconnect(hear)
        visit = Appointment.objects.get()
        assert (visit.doctor, visit.status) == (doctor, "checked_in")
        assert heard == [(doctor.pk, "checked_in", "checked_in")]
        assert Token.objects.count() == 2

    def test_the_old_link_leads_to_the_new_place_as_often_as_one_is_sent_on(self):
        token, doctor = two_doctors()
        third = a_doctor(token.location)[0]
        last = move(move(token, doctor), third)
        assert token_by_secret(token.secret) == last
        steps.start_token(token_id=last.pk, actor=CLINIC)
        steps.finish_token(token_id=last.pk, actor=CLINIC)
        assert token_by_secret(token.secret) == last

    def test_somebody_who_was_called_waits_again(self):
        token, doctor = two_doctors()
        steps.call_token(token_id=token.pk, actor=CLINIC)
        moved = move(token, doctor)
        assert (moved.status, moved.called_at) == (TokenStatus.WAITING, None)

    def test_back_to_the_first_doctor_is_a_transfer_like_any_other(self):
        token, doctor = two_doctors()
        back = move(move(token, doctor), token.queue.doctor)
        assert (back.code, Appointment.objects.get().doctor) == ("A002", token.queue.doctor)


class TestRefused:
    def test_to_the_same_doctor(self):
        token, _doctor = two_doctors()
        with refused(TransferRefused):
            move(token, token.queue.doctor)

    def test_to_a_doctor_of_another_place_or_who_is_not_there_any_more(self):
        token, doctor = two_doctors()
        elsewhere = a_doctor()[0]
        Doctor.objects.filter(pk=doctor.pk).update(is_active=False)
        for other in (elsewhere, doctor):
            with refused(TransferRefused):
                move(token, other)
        with refused(TransferRefused):
            transfer_token(token_id=token.pk, doctor_id=4711, actor=CLINIC)

    @pytest.mark.parametrize(
        "before",
        [
            [steps.start_token],
            [steps.start_token, steps.finish_token],
            [steps.mark_token_no_show],
            [steps.leave_queue],
        ],
    )
    def test_whoever_does_not_wait(self, before: list[Any]):
        token, doctor = two_doctors()
        for step in before:
            step(token_id=token.pk, actor=CLINIC)
        with refused(WrongStep):
            move(token, doctor)

    def test_to_a_doctor_who_has_finished(self):
        token, doctor = two_doctors()
        other = walk_in(doctor, token.location)
        set_doctor_status(queue_id=other.queue_id, status="finished", actor=CLINIC)
        with refused(QueueClosed):
            move(token, doctor)

    def test_a_screen_that_shows_an_old_state_and_a_double_click(self):
        token, doctor = two_doctors()
        with refused(ScreenStale):
            move(token, doctor, version=token.version + 1)
        version = Token.objects.get(pk=token.pk).version
        move(token, doctor, version=version)
        with refused(ScreenStale):
            move(token, doctor, version=version)

    def test_of_another_day_or_that_nobody_knows(self, morning: Any):
        token, doctor = two_doctors()
        morning.shift(timedelta(days=1))
        with refused(DayOver):
            move(token, doctor)
        with refused(TokenUnknown):
            transfer_token(token_id=4711, doctor_id=doctor.pk, actor=CLINIC)
