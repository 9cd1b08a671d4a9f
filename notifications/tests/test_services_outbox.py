"""What is done with messages by hand, and when what they speak of changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.errors import MessageTooOld, MessageUnknown, WrongMessageState
from notifications.models import Message
from notifications.services.outbox import cancel_unsent, retry_message
from notifications.states import Kind, MessageStatus, NotSent
from notifications.tests.factories import message
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db


def test_what_was_still_to_be_sent_about_a_visit_is_cancelled_and_says_why():
    first = message(Kind.REMINDER)
    other = message(Kind.REMINDER)
    sent = message(Kind.CONFIRMATION, appointment=first.appointment, status=MessageStatus.SENT)
    under_way = message(Kind.REMINDER, appointment=first.appointment, status=MessageStatus.SENDING)
    cancelled = cancel_unsent(why=NotSent.VISIT_CANCELLED, actor=CLINIC, appointment_id=first.appointment_id)
    assert cancelled >= 1
    first.refresh_from_db()
    assert (first.status, first.why_not) == (MessageStatus.CANCELLED, NotSent.VISIT_CANCELLED)
    left = dict(Message.objects.filter(pk__in=[other.pk, sent.pk, under_way.pk]).values_list("pk", "status"))
    assert left == {other.pk: "pending", sent.pk: "sent", under_way.pk: "sending"}


def test_only_some_kinds_may_be_cancelled():
    reminder = message(Kind.REMINDER)
    told = message(Kind.RESCHEDULED, appointment=reminder.appointment)
    cancel_unsent(why=NotSent.VISIT_MOVED, actor=CLINIC, appointment_id=reminder.appointment_id, kinds=[Kind.REMINDER])
    reminder.refresh_from_db()
    told.refresh_from_db()
    assert (reminder.status, told.status) == ("cancelled", "pending")


def test_nobody_cancels_all_messages_by_saying_nothing():
    with pytest.raises(ValueError, match="about"):
        cancel_unsent(why=NotSent.VISIT_CANCELLED, actor=CLINIC)


def test_staff_have_a_failed_message_tried_again():
    failed = message(status=MessageStatus.FAILED, attempts=6, why_not=NotSent.GAVE_UP, error="503")
    again = retry_message(message_id=failed.pk, actor=CLINIC)
    assert (again.status, again.attempts, again.why_not, again.attempted_at) == ("pending", 0, "", None)
    assert again.try_at <= timezone.now()


@pytest.mark.parametrize("status", [status for status in MessageStatus if status != MessageStatus.FAILED])
def test_no_other_message_is_tried_again(status):
    found = message(status=status, why_not=NotSent.TOO_OLD)
    with pytest.raises(WrongMessageState) as refused:
        retry_message(message_id=found.pk, actor=CLINIC)
    assert refused.value.status_now == status


def test_a_message_that_would_mislead_by_now_is_not_tried_again():
    failed = message(status=MessageStatus.FAILED, not_after=timezone.now() - timedelta(minutes=1))
    with pytest.raises(MessageTooOld):
        retry_message(message_id=failed.pk, actor=CLINIC)


def test_a_message_that_is_not_there_is_not_tried_again():
    with pytest.raises(MessageUnknown):
        retry_message(message_id=4711, actor=CLINIC)
