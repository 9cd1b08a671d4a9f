"""Monitoring learns within two minutes that messages do not go out, and which gateway it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Message
from notifications.selectors.standing import count_overdue, failing_channels
from notifications.states import ChannelName, MessageStatus, NotSent
from notifications.tests.factories import message
from scheduling.tests.factories import SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db

EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS


@pytest.fixture
def visit(db):
    """A visit about which booking has written nothing."""
    booked = book(SlotFactory(starts_at=in_hours(48)))
    Message.objects.all().delete()
    return booked


def ago(**time):
    return timezone.now() - timedelta(**time)


def test_what_is_due_for_two_minutes_is_overdue_and_what_is_due_for_one_is_not(visit):
    message(appointment=visit, due_at=ago(seconds=60))
    assert count_overdue() == 0
    message(appointment=visit, due_at=ago(seconds=120))
    message(appointment=visit, due_at=ago(seconds=120), status=MessageStatus.SENT)
    assert count_overdue() == 1


def test_what_somebody_is_sending_is_not_overdue_until_their_lease_is_over(visit):
    sending = message(
        appointment=visit,
        due_at=ago(minutes=10),
        status=MessageStatus.SENDING,
        claimed_until=timezone.now() + timedelta(seconds=60),
    )
    assert count_overdue() == 0
    Message.objects.filter(pk=sending.pk).update(claimed_until=ago(seconds=120))
    assert count_overdue() == 1


def refused(visit, channel=SMS, attempts=1):
    return message(
        channel=channel,
        appointment=visit,
        attempts=attempts,
        try_at=timezone.now() + timedelta(seconds=20),
        error="503",
    )


def test_a_gateway_that_refuses_two_messages_or_one_three_times_is_failing(visit):
    refused(visit, SMS)
    assert failing_channels() == []
    refused(visit, SMS)
    refused(visit, EMAIL, attempts=3)
    assert failing_channels() == [EMAIL, SMS]


def test_a_gateway_of_which_nobody_knows_what_it_did_is_failing(visit):
    for _turn in range(2):
        message(channel=SMS, appointment=visit, status=MessageStatus.SENDING, attempts=1, error="time-out")
    assert failing_channels() == [SMS]


def test_a_gateway_that_lets_others_through_is_well(visit):
    refused(visit)
    refused(visit)
    sent = message(channel=SMS, appointment=visit, status=MessageStatus.SENT, sent_at=ago(seconds=100))
    assert failing_channels() == []
    Message.objects.filter(pk=sent.pk).update(sent_at=ago(seconds=130))
    assert failing_channels() == [SMS]


def test_what_failed_for_good_counts_for_a_while_unless_it_was_its_address(visit):
    def failed(why):
        for _turn in range(2):
            message(
                channel=SMS,
                appointment=visit,
                status=MessageStatus.FAILED,
                why_not=why,
                attempts=1,
                attempted_at=ago(minutes=1),
            )

    failed(NotSent.BAD_ADDRESS)
    assert failing_channels() == []
    failed(NotSent.REFUSED)
    assert failing_channels() == [SMS]
    Message.objects.update(attempted_at=ago(minutes=20))
    assert failing_channels() == []


def test_what_is_merely_due_or_planned_says_nothing_about_a_gateway(visit):
    message(channel=SMS, appointment=visit, due_at=ago(hours=1))
    message(channel=SMS, appointment=visit, due_at=timezone.now() + timedelta(hours=1))
    assert failing_channels() == []
