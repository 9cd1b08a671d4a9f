"""Who listens to the events of the queue, and what the queue listens to. Whoever adds a receiver says so here."""

from __future__ import annotations

import pytest
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from queueing.models import EmergencyRequest, Queue, QueuePolicy, Token, TokenStep
from queueing.signals import emergency_changed, queue_changed
from scheduling.models import Appointment, Doctor, Location
from scheduling.signals import appointment_changed


def receivers_of(signal, sender=None):
    """Our functions that hear of an event."""
    heard, heard_asynchronously = signal._live_receivers(sender)
    assert heard_asynchronously == []
    return {one.__name__ for one in heard if one.__module__ == "queueing.receivers"}


def test_events_and_who_hears_of_them():
    assert receivers_of(queue_changed) == {"tell_of_queue"}
    assert receivers_of(emergency_changed) == {"tell_of_emergency"}
    assert receivers_of(appointment_changed) == {"follow"}


@pytest.mark.parametrize("signal", [pre_save, post_save, pre_delete, post_delete])
@pytest.mark.parametrize("model", [Queue, Token, TokenStep, EmergencyRequest, Appointment])
def test_nothing_of_the_domain_happens_behind_a_save(signal, model):
    assert receivers_of(signal, model) == set()


def test_what_screens_name_makes_them_look_again_when_it_is_saved():
    assert receivers_of(post_save, Doctor) == {"tell_of_doctor"}
    assert receivers_of(post_save, Location) == {"tell_of_location"}
    assert receivers_of(post_save, QueuePolicy) == {"tell_of_policy"}
