"""Which events from below lead to messages. Whoever adds a receiver says so here."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from notifications.models import Message, MessageRule
from queueing.models import Token
from queueing.signals import emergency_changed, queue_changed
from scheduling.models import Appointment, Slot, WaitlistEntry
from scheduling.signals import appointment_changed, slot_changed, waitlist_offered
from scheduling.tests.factories import PatientFactory, SlotFactory, book


def receivers_of(signal, sender=None):
    """Our functions that hear of an event."""
    heard, heard_asynchronously = signal._live_receivers(sender)
    assert heard_asynchronously == []
    return {one.__name__ for one in heard if one.__module__ == "notifications.receivers"}


def test_events_and_who_hears_of_them():
    assert receivers_of(appointment_changed) == {"tell_of_visit"}
    assert receivers_of(waitlist_offered) == {"tell_of_offer"}
    assert receivers_of(queue_changed) == {"tell_of_call"}
    assert receivers_of(slot_changed) == receivers_of(emergency_changed) == set()


@pytest.mark.parametrize("signal", [pre_save, post_save, pre_delete, post_delete])
@pytest.mark.parametrize("model", [Appointment, WaitlistEntry, Token, Message, MessageRule])
def test_nothing_is_told_behind_a_save(signal, model):
    assert receivers_of(signal, model) == set()


@pytest.mark.django_db(transaction=True)
def test_where_a_message_cannot_be_written_nothing_is_booked():
    """A booking without its messages would be one that nobody hears of."""
    slot, patient = SlotFactory(), PatientFactory()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_message RENAME TO notifications_message_away")
    try:
        with pytest.raises(DatabaseError):
            book(slot, patient=patient)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE notifications_message_away RENAME TO notifications_message")
    assert not Appointment.objects.exists()
    assert Slot.objects.get(pk=slot.pk).taken == 0
