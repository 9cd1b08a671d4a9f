"""Just before a message is sent, it is asked whether the patient wants it, and where, and in which words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Message, MessageRule, MessageText, PushSubscription
from notifications.services import preparing
from notifications.services.outbox import send_due
from notifications.services.suppressions import stop_address
from notifications.states import ChannelName, Kind, NotSent, StopReason
from notifications.tests.factories import message
from notifications.tests.gateways import Gateway
from notifications.tests.sending import SENT, alone, becomes
from scheduling.tests.factories import CLINIC, PatientFactory, UserFactory, book

pytestmark = pytest.mark.django_db

EMAIL, SMS, PUSH = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH


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


# --- Several browsers, broken texts ----------------------------------------------------------------------------------


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
