"""Whoever left by mistake, at the desk: brought back by name, and not by the undo of the queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from queueing.models import TokenStep
from queueing.services import steps
from queueing.states import UNDO_WITHIN, TokenStatus
from queueing.tests.desks import Desk, status_of
from queueing.tests.factories import arrived, walk_in
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, book

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_booked", [True, False])
def test_whoever_left_by_mistake_is_taken_back_as_long_as_steps_are(desk: Desk, is_booked: bool) -> None:
    token = arrived(desk.doctor, desk.place) if is_booked else walk_in(desk.doctor, desk.place)
    with time_machine.travel(timezone.now()) as clock:
        steps.leave_queue(token_id=token.pk, actor=CLINIC)
        clock.shift(UNDO_WITHIN - timedelta(minutes=1))
        left = token.steps.latest("pk")
        assert button_of(left) in desk.page()
        clock.shift(timedelta(minutes=2))
        assert "Came after all" not in desk.page()
        assert desk.press(f"undo.{left.pk}").status_code == 409
        clock.shift(timedelta(minutes=-2))
        assert desk.press(f"undo.{left.pk}").status_code == 302
    assert status_of(token) == TokenStatus.WAITING
    visit = Appointment.objects.get(pk=token.appointment_id)
    assert visit.status == AppointmentStatus.CHECKED_IN
    assert "Came after all" not in desk.page()
    if visit.slot is not None:
        assert visit.slot.taken == 1
        steps.leave_queue(token_id=token.pk, actor=CLINIC)
        book(visit.slot)
        assert (
            "Please book or register the patient again."
            in desk.press(f"undo.{token.steps.latest('pk').pk}").content.decode()
        )


def button_of(left: TokenStep) -> str:
    """What the desk shows beside somebody who left."""
    return f'value="undo.{left.pk}" id="token-{left.token_id}-undo">Came after all<'


@pytest.mark.parametrize("is_booked", [True, False])
def test_the_undo_of_a_queue_takes_back_what_the_desk_did_and_not_that_a_patient_left(
    desk: Desk, is_booked: bool
) -> None:
    left, other = (arrived if is_booked else walk_in)(desk.doctor, desk.place), walk_in(desk.doctor, desk.place)
    steps.leave_queue(token_id=left.pk, actor=CLINIC)
    page = desk.page()
    assert f"Undo: {left.code}" not in page
    assert f"Undo: {other.code} checked in" in page
    by_mistake = walk_in(desk.doctor, desk.place)
    said = {"do": "leave", "version": by_mistake.version, "operation": "l"}
    desk.client.post(desk.address("person", token_id=by_mistake.pk), said)
    assert f"Undo: {by_mistake.code} left" in desk.page()
