"""Just before a message is sent, it is asked how many there were today, and whether it is night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from notifications.models import Message, MessagePolicy
from notifications.selectors.checking import objection_to
from notifications.selectors.due import with_everything
from notifications.selectors.rules import setup_of
from notifications.states import ChannelName, Kind, NotSent
from notifications.tests.factories import message
from notifications.tests.sending import SENT, alone, becomes
from queueing.models import Token
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment
from scheduling.tests.factories import book

pytestmark = pytest.mark.django_db

EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS


def gone_out(appointment, **fields):
    state = {"status": "sent", "attempts": 1, "attempted_at": timezone.now(), **fields}
    return message(Kind.RESCHEDULED, SMS, appointment=appointment, **state)


def a_reminder_by_sms(**fields):
    return alone(Kind.REMINDER, SMS, offset_minutes=120, **fields)


def test_a_reminder_waits_for_no_second_text_of_the_day():
    due = a_reminder_by_sms()
    gone_out(due.appointment)
    assert becomes(due) == ("suppressed", NotSent.DAILY_LIMIT)


def test_a_clinic_may_allow_more():
    due = a_reminder_by_sms()
    MessagePolicy.objects.update(texts_a_day=2)
    gone_out(due.appointment)
    assert becomes(due) == SENT


def test_a_text_about_its_place_in_a_queue_counts():
    due = a_reminder_by_sms()
    token = Token.objects.get(pk=walk_in(*a_doctor()).pk)
    Token.objects.filter(pk=token.pk).update(appointment=due.appointment)
    gone = gone_out(due.appointment, token=token)
    Message.objects.filter(pk=gone.pk).update(appointment=None, kind=Kind.TURN_NEAR)
    assert becomes(due) == ("suppressed", NotSent.DAILY_LIMIT)


def test_news_goes_out_besides():
    due = alone(channel=SMS)
    gone_out(due.appointment)
    assert becomes(due) == SENT


@pytest.mark.parametrize(
    "fields",
    [
        {"attempted_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"status": "suppressed", "why_not": NotSent.RULE_OFF},
        {"status": "failed"},
    ],
)
def test_texts_of_other_days_and_those_that_never_went_out_do_not_count(fields):
    due = a_reminder_by_sms()
    gone_out(due.appointment, **fields)
    assert becomes(due) == SENT


def test_a_text_about_another_visit_does_not_count():
    due = a_reminder_by_sms()
    gone_out(book(patient=due.patient))
    assert becomes(due) == SENT


def test_a_visit_that_was_moved_is_the_same_visit():
    due = a_reminder_by_sms()
    before = book(patient=due.patient)
    Appointment.objects.filter(pk=before.pk).update(calendar_uid=due.appointment.calendar_uid, status="rescheduled")
    gone_out(before)
    assert becomes(due) == ("suppressed", NotSent.DAILY_LIMIT)


NOON, MIDNIGHT = datetime(2026, 1, 14, 12, tzinfo=UTC), datetime(2026, 1, 14, 23, 59, tzinfo=UTC)


def at_night(kind=Kind.REMINDER, channel=EMAIL, *, due_at=NOON, not_after=None, now=MIDNIGHT):
    """What is said against a message at that hour, in London, whose quiet hours are the usual ones."""
    made = message(kind, channel, due_at=due_at, not_after=not_after)
    Appointment.objects.update(starts_at=NOON + timedelta(days=3), ends_at=NOON + timedelta(days=3, minutes=20))
    Message.objects.filter(pk=made.pk).update(starts_at=NOON + timedelta(days=3))
    found = with_everything(Message.objects.filter(pk=made.pk)).get()
    return objection_to(found, setup=setup_of(made.location_id), now=now)


def test_what_comes_late_waits_until_the_quiet_hours_are_over():
    objection = at_night()
    assert (objection.why, objection.until) == (NotSent.QUIET_HOURS, datetime(2026, 1, 15, 8, tzinfo=UTC))


def test_what_was_due_in_the_quiet_hours_was_meant_for_them():
    assert at_night(due_at=MIDNIGHT - timedelta(seconds=30)) is None


def test_what_would_be_too_late_after_the_quiet_hours_is_dropped():
    objection = at_night(not_after=datetime(2026, 1, 15, 7, tzinfo=UTC))
    assert (objection.why, objection.until, objection.status) == (NotSent.QUIET_HOURS, None, "suppressed")


def test_news_by_mail_waits_for_nothing_because_it_rings_no_phone():
    soon = MIDNIGHT + timedelta(minutes=15)
    assert at_night(Kind.CONFIRMATION, EMAIL, not_after=soon) is None
    assert at_night(Kind.CONFIRMATION, EMAIL) is None


def test_who_would_come_for_nothing_is_told_at_night():
    early, by_nine = datetime(2026, 1, 15, 8, 30, tzinfo=UTC), datetime(2026, 1, 15, 9, 1, tzinfo=UTC)
    assert at_night(Kind.RESCHEDULED, SMS, not_after=early) is None
    assert at_night(Kind.RESCHEDULED, SMS, not_after=by_nine).until == datetime(2026, 1, 15, 8, tzinfo=UTC)


def test_by_day_nothing_waits():
    assert at_night(now=NOON + timedelta(hours=2)) is None


def test_what_waits_stays_to_be_sent():
    due = alone(channel=SMS)
    wall = timezone.now().astimezone(due.location.zone)
    begin, end = wall - timedelta(minutes=1), wall + timedelta(minutes=10)
    MessagePolicy.objects.update(quiet_from=begin.time(), quiet_until=end.time())
    Message.objects.update(due_at=wall - timedelta(minutes=5), try_at=wall - timedelta(minutes=5))
    assert becomes(due) == ("pending", "")
    assert abs(due.try_at - end) < timedelta(seconds=1)
    assert (due.claim, due.attempts) == ("", 0)
