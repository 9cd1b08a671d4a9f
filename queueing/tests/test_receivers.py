"""Who listens to the events of the queue, and what the queue hears. Whoever adds a receiver says so here."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from queueing import receivers
from queueing.models import EmergencyRequest, Feedback, Queue, QueuePolicy, Token, TokenStep
from queueing.services import steps
from queueing.signals import emergency_changed, queue_changed
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment, Doctor, Location
from scheduling.signals import appointment_changed
from scheduling.tests.factories import CLINIC


def receivers_of(signal: Any, sender: Any = None) -> set[str]:
    """The functions of this wing that hear of an event."""
    heard, heard_asynchronously = signal._live_receivers(sender)
    assert heard_asynchronously == []
    return {one.__name__ for one in heard if one.__module__ == receivers.__name__}


@pytest.mark.parametrize(
    ("signal", "names"),
    [
        (appointment_changed, {"follow"}),
        (queue_changed, {"tell_of_queue"}),
        (emergency_changed, {"tell_of_emergency"}),
    ],
)
def test_events_and_who_hears_of_them(signal: Any, names: set[str]):
    assert receivers_of(signal) == names


@pytest.mark.parametrize("signal", [pre_save, post_save, pre_delete, post_delete])
@pytest.mark.parametrize("model", [Queue, Token, TokenStep, EmergencyRequest, Feedback, Appointment])
def test_nothing_of_the_domain_happens_behind_a_save(signal: Any, model: Any):
    assert receivers_of(signal, model) == set()


def test_what_the_clinic_is_called_and_its_rules_make_screens_look_again():
    assert receivers_of(post_save, Doctor) == {"tell_of_doctor"}
    assert receivers_of(post_save, Location) == {"tell_of_location"}
    assert receivers_of(post_save, QueuePolicy) == {"tell_of_policy"}


@pytest.mark.django_db
def test_a_receiver_that_fails_takes_the_step_with_it():
    token = walk_in(*a_doctor())

    def fail(sender: object, **said: Any) -> None:
        raise RuntimeError("no")

    queue_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            steps.start_token(token_id=token.pk, actor=CLINIC)
    finally:
        queue_changed.disconnect(fail)
    token.refresh_from_db()
    assert (token.status, token.appointment.status) == ("waiting", "checked_in")
