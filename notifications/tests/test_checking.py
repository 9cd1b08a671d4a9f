"""Just before a message is sent, the world is asked whether it still makes sense."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from notifications.models import Message, MessagePolicy, MessageRule, MessageText, PushSubscription
from notifications.selectors.checking import objection_to
from notifications.selectors.due import with_everything
from notifications.selectors.rules import setup_of
from notifications.services import preparing
from notifications.services.outbox import send_due
from notifications.services.suppressions import stop_address
from notifications.states import ChannelName, Kind, MessageStatus, NotSent, StopReason
from notifications.tests.factories import message
from notifications.tests.gateways import Gateway
from queueing.models import Feedback, Token
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment, Slot, WaitlistEntry
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db

EMAIL, SMS, PUSH = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH


def alone(kind=Kind.RESCHEDULED, channel=EMAIL, **fields):
    """A message that is the only one, at a location that has no quiet hours."""
    made = message(kind, channel, **fields)
    MessagePolicy.objects.create(location=made.location, quiet_from=time(0), quiet_until=time(0))
    Message.objects.exclude(pk=made.pk).delete()
    return made


def becomes(one):
    """What becomes of a message when it is its turn: its state, and why it was not sent."""
    gateway = Gateway()
    send_due(actor=CLINIC, channel_of=gateway)
    one.refresh_from_db()
    assert (one.pk in [parcel.message_id for parcel in gateway.sent]) == (one.status == MessageStatus.SENT)
    return one.status, one.why_not


SENT = ("sent", "")


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


# --- Rules, wishes, addresses ---------------------------------------------------------------------------------------


def test_what_would_mislead_by_now_is_dropped_and_says_so():
    assert becomes(alone(not_after=timezone.now() - timedelta(seconds=1))) == ("suppressed", NotSent.TOO_OLD)


def test_what_a_rule_allows_no_more_is_not_sent():
    due = alone()
    MessageRule.objects.create(kind=Kind.RESCHEDULED, channel=EMAIL, is_active=False)
    assert becomes(due) == ("suppressed", NotSent.RULE_OFF)


def test_what_the_patient_does_not_want_is_not_sent():
    due = alone()
    due.patient.wants_email = False
    due.patient.save()
    assert becomes(due) == ("suppressed", NotSent.NOT_WANTED)


def test_who_said_stop_gets_nothing():
    due = alone(channel=SMS)
    stop_address(channel=SMS, address=str(due.patient.phone), reason=StopReason.STOP, actor=CLINIC)
    assert becomes(due) == ("suppressed", NotSent.STOPPED)


def test_who_has_no_address_is_shown_to_staff():
    due = alone(channel=SMS)
    due.patient.phone = ""
    due.patient.save()
    assert becomes(due) == ("suppressed", NotSent.NO_ADDRESS)


def test_address_and_language_are_what_they_are_when_it_is_sent(settings):
    settings.LANGUAGES = [("en", "English"), ("es", "Spanish")]
    due = alone()
    due.patient.email, due.patient.language = "new@example.org", "es"
    due.patient.save()
    assert becomes(due) == SENT
    assert (due.address, due.language) == ("new@example.org", "es")


def test_a_language_that_the_clinic_does_not_speak_becomes_english():
    due = alone()
    due.patient.language = "tlh"
    due.patient.save()
    becomes(due)
    assert due.language == "en"


# --- How many, and at what hour ------------------------------------------------------------------------------------


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


# --- Several browsers, broken texts ---------------------------------------------------------------------------------


def browser(patient=None, user=None, digest="a"):
    return PushSubscription.objects.create(
        patient=patient, user=user, endpoint="https://push.example/1", endpoint_digest=digest
    )


def test_every_browser_that_asked_is_woken_once():
    user = UserFactory()
    patient = PatientFactory(user=user)
    own, everybodys, twice = browser(patient), browser(user=user, digest="b"), browser(user=user, digest="a")
    due = alone(Kind.REMINDER, PUSH, appointment=book(patient=patient))
    MessageRule.objects.create(kind=Kind.REMINDER, channel=PUSH, offset_minutes=due.offset_minutes)
    gateway = Gateway()
    for _run in range(3):
        send_due(actor=CLINIC, channel_of=gateway)
    woken = [parcel.address for parcel in gateway.sent]
    assert len(woken) == 2
    assert set(woken) in ({str(own.pk), str(everybodys.pk)}, {str(twice.pk), str(everybodys.pk)})
    assert Message.objects.filter(status="sent").count() == 2


def test_a_browser_that_is_gone_is_not_woken():
    patient = PatientFactory()
    due = alone(Kind.REMINDER, PUSH, appointment=book(patient=patient), address="4711")
    browser(patient)
    MessageRule.objects.create(kind=Kind.REMINDER, channel=PUSH, offset_minutes=due.offset_minutes)
    assert becomes(due) == ("suppressed", NotSent.NO_ADDRESS)


def test_a_text_that_cannot_be_put_together_fails_and_the_others_go_out():
    due = alone()
    MessageText.objects.create(kind=Kind.RESCHEDULED, channel=EMAIL, language="en", subject="x", body="{nonsense}")
    fine = message(Kind.RESCHEDULED, SMS, appointment=due.appointment)
    assert becomes(due) == ("failed", NotSent.NO_TEXT)
    assert due.error
    fine.refresh_from_db()
    assert fine.status == "sent"


def test_a_fault_of_ours_fails_one_message_and_the_others_go_out(monkeypatch):
    due = alone()
    fine = message(Kind.RESCHEDULED, SMS, appointment=due.appointment)
    compose = preparing.compose

    def stumble(one, **how):
        if one.pk == due.pk:
            raise KeyError("ada@example.org")
        return compose(one, **how)

    monkeypatch.setattr(preparing, "compose", stumble)
    send_due(actor=CLINIC, channel_of=Gateway())
    due.refresh_from_db()
    fine.refresh_from_db()
    assert (due.status, due.why_not, fine.status) == ("failed", NotSent.NO_TEXT, "sent")
    assert "ada" not in due.error


# --- For real -------------------------------------------------------------------------------------------------------


def test_a_visit_that_is_cancelled_after_all_is_not_reminded_of():
    due = alone(Kind.REMINDER)
    cancel_appointment(appointment_id=due.appointment_id, actor=CLINIC)
    Message.objects.exclude(pk=due.pk).delete()
    send_due(actor=CLINIC)
    due.refresh_from_db()
    assert (due.status, due.why_not) == ("cancelled", NotSent.VISIT_CANCELLED)
    assert mail.outbox == []
