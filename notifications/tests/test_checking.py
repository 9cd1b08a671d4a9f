"""Just before a message is sent, the world is asked whether it still makes sense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from notifications.models import Message, MessageRule
from notifications.services.outbox import send_due
from notifications.states import ChannelName, Kind, NotSent
from notifications.tests.sending import SENT, alone, becomes
from queueing.models import Feedback, Token
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment, Slot, WaitlistEntry
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db

EMAIL = ChannelName.EMAIL


# --- The visit ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "why"),
    [
        (Kind.REMINDER, "confirmed", ""),
        (Kind.REMINDER, "cancelled", NotSent.VISIT_CANCELLED),
        (Kind.REMINDER, "rescheduled", NotSent.VISIT_MOVED),
        (Kind.REMINDER, "checked_in", NotSent.VISIT_PAST),
        (Kind.CONFIRMATION, "confirmed", ""),
        (Kind.CONFIRMATION, "expired", NotSent.VISIT_CHANGED),
        (Kind.TO_CONFIRM, "confirmed", NotSent.VISIT_CHANGED),
        (Kind.RESCHEDULED, "confirmed", ""),
        (Kind.RESCHEDULED, "no_show", NotSent.VISIT_PAST),
        (Kind.CANCELLED, "cancelled", ""),
        (Kind.CANCELLED, "checked_in", NotSent.VISIT_PAST),
        (Kind.EXPIRED, "expired", ""),
        (Kind.EXPIRED, "cancelled", NotSent.VISIT_CANCELLED),
    ],
)
def test_a_message_holds_only_in_some_states_of_the_visit(kind, status, why):
    due = alone(kind)
    Appointment.objects.filter(pk=due.appointment_id).update(status=status)
    assert becomes(due) == (("cancelled", why) if why else SENT)


def test_a_visit_that_starts_at_another_time_has_moved():
    due = alone(Kind.REMINDER)
    Appointment.objects.update(starts_at=due.starts_at + timedelta(hours=1), ends_at=due.starts_at + timedelta(hours=2))
    assert becomes(due) == ("cancelled", NotSent.VISIT_MOVED)


def test_nobody_is_reminded_of_a_visit_that_has_begun():
    due = alone(Kind.REMINDER, appointment=book(SlotFactory(starts_at=in_hours(0.5))))
    past = timezone.now() - timedelta(minutes=1)
    Appointment.objects.update(starts_at=past, ends_at=past + timedelta(minutes=20))
    Message.objects.update(starts_at=past)
    assert becomes(due) == ("cancelled", NotSent.VISIT_PAST)


def test_what_was_cancelled_because_the_world_changed_may_be_wanted_again():
    due = alone(Kind.REMINDER)
    key = due.dedupe_key
    Appointment.objects.update(status="cancelled")
    becomes(due)
    assert due.dedupe_key != key


def test_nobody_is_asked_how_it_was_who_has_said_so():
    due = alone(Kind.FEEDBACK)
    MessageRule.objects.create(kind=Kind.FEEDBACK, channel=EMAIL)
    Appointment.objects.update(status="completed")
    Feedback.objects.create(appointment=due.appointment, score=5, given_at=timezone.now())
    assert becomes(due) == ("cancelled", NotSent.VISIT_CHANGED)


def test_a_visit_that_is_cancelled_after_all_is_not_reminded_of():
    due = alone(Kind.REMINDER)
    cancel_appointment(appointment_id=due.appointment_id, actor=CLINIC)
    Message.objects.exclude(pk=due.pk).delete()
    send_due(actor=CLINIC)
    due.refresh_from_db()
    assert (due.status, due.why_not) == ("cancelled", NotSent.VISIT_CANCELLED)
    assert mail.outbox == []


# --- Offers and queues ----------------------------------------------------------------------------------------------


def an_offer(**fields):
    slot = SlotFactory()
    entry = WaitlistEntry.objects.create(
        patient=PatientFactory(),
        doctor=slot.doctor,
        location=slot.location,
        earliest_date=slot.starts_at.date(),
        latest_date=slot.starts_at.date(),
        **{
            "status": "offered",
            "offered_slot": slot,
            "offer_expires_at": timezone.now() + timedelta(hours=1),
            **fields,
        },
    )
    return alone(Kind.WAITLIST_OFFER, waitlist_entry=entry, starts_at=slot.starts_at)


def test_an_offer_that_stands_is_told():
    assert becomes(an_offer()) == SENT


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "waiting"},
        {"status": "booked"},
        {"status": "lapsed"},
        {"offer_expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"offered_slot": None},
    ],
)
def test_an_offer_that_is_over_is_not_told(fields):
    assert becomes(an_offer(**fields)) == ("cancelled", NotSent.OFFER_OVER)


def test_an_offer_of_another_time_is_another_offer():
    due = an_offer()
    start = due.starts_at + timedelta(days=1)
    Slot.objects.update(starts_at=start, ends_at=start + timedelta(minutes=20))
    assert becomes(due) == ("cancelled", NotSent.OFFER_OVER)


def in_the_queue(kind, **state):
    token = walk_in(*a_doctor())
    due = alone(kind, EMAIL, token=token)
    MessageRule.objects.create(kind=kind, channel=EMAIL)
    Token.objects.filter(pk=token.pk).update(**state)
    return due


@pytest.mark.parametrize(
    ("kind", "status", "is_told"),
    [
        (Kind.TURN_NEAR, "waiting", True),
        (Kind.TURN_NEAR, "called", False),
        (Kind.TURN_NEAR, "cancelled", False),
        (Kind.YOUR_TURN, "called", True),
        (Kind.YOUR_TURN, "waiting", False),
        (Kind.YOUR_TURN, "no_show", False),
    ],
)
def test_a_turn_is_told_to_who_still_waits_for_it(kind, status, is_told):
    ended = timezone.now() + timedelta(seconds=1)
    state = {"status": status, "called_at": ended} if status == "called" else {"status": status, "ended_at": ended}
    due = in_the_queue(kind, **({} if status == "waiting" else state))
    assert becomes(due) == (SENT if is_told else ("cancelled", NotSent.NOT_WAITING))
