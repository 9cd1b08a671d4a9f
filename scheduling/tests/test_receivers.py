"""Who listens to the events of the ground floor. Whoever adds a receiver says so here."""

from __future__ import annotations

import pytest
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from scheduling.models import Appointment, Doctor, Hold, Location, Slot
from scheduling.signals import appointment_changed, slot_changed, waitlist_offered


def receivers_of(signal, sender=None):
    """The functions that hear of an event, without those of libraries."""
    heard, heard_asynchronously = signal._live_receivers(sender)
    assert heard_asynchronously == []
    return {f"{one.__module__}.{one.__name__}" for one in heard if one.__module__.split(".")[0] == "scheduling"}


@pytest.mark.parametrize(
    ("signal", "receivers"),
    [
        (slot_changed, {"tell_of_slots", "tell_programs_of_slots"}),
        (appointment_changed, {"tell_programs_of_visit"}),
        (waitlist_offered, set()),
    ],
)
def test_events_and_who_hears_of_them(signal, receivers):
    assert receivers_of(signal) == {f"scheduling.receivers.{name}" for name in receivers}


@pytest.mark.parametrize("signal", [pre_save, post_save, pre_delete, post_delete])
@pytest.mark.parametrize("model", [Slot, Hold, Appointment])
def test_nothing_of_the_domain_happens_behind_a_save(signal, model):
    assert receivers_of(signal, model) == set()


def test_a_doctor_or_location_that_is_saved_makes_pages_look_again():
    assert receivers_of(post_save, Doctor) == {"scheduling.receivers.tell_of_doctor"}
    assert receivers_of(post_save, Location) == {"scheduling.receivers.tell_of_location"}
