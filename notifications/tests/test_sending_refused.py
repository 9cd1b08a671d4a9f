"""What the sweep does with a message that a gateway does not take."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.channels import PermanentRefusal, TryLater
from notifications.models import Message, Suppression
from notifications.services import lanes
from notifications.services.outbox import send_due
from notifications.services.outcomes import LONGEST_PAUSE, MOST_ATTEMPTS, pause_after
from notifications.states import ChannelName, Kind, NotSent
from notifications.tests.factories import message
from notifications.tests.gateways import Gateway
from notifications.tests.sending import alone, is_due, now, send, several
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db

EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS


def test_a_gateway_that_is_busy_is_tried_again_later():
    due, gateway = alone(), Gateway(replies=deque([TryLater("429")]))
    assert str(send(gateway)) == "1 to be tried later"
    due = now(due)
    assert (due.status, due.error, due.claim, due.attempts) == ("pending", "429", "", 1)
    assert due.try_at > timezone.now() + timedelta(seconds=10)
    assert not send(gateway)
    is_due()
    assert str(send(gateway)) == "1 sent"
    assert (now(due).attempts, due.error) == (2, "")
    assert gateway.asked == []


def test_pauses_grow_differ_and_are_no_shorter_than_the_gateway_wants():
    for attempts in range(1, MOST_ATTEMPTS):
        pauses = {pause_after(attempts) for _ in range(20)}
        assert len(pauses) > 1
        whole = min(timedelta(seconds=30) * 3 ** (attempts - 1), LONGEST_PAUSE)
        assert all(whole / 2 <= pause <= whole for pause in pauses)
    assert pause_after(1, asked_for=600) == timedelta(minutes=10)
    assert pause_after(1, asked_for=10**9) == LONGEST_PAUSE
    assert pause_after(1, asked_for=-5) <= timedelta(seconds=30)


def test_a_gateway_that_never_takes_it_is_given_up():
    due, gateway = alone(), Gateway(replies=deque([TryLater("503")] * 99))
    for _attempt in range(MOST_ATTEMPTS + 2):
        send(gateway)
        is_due()
    due = now(due)
    assert (due.status, due.why_not, due.error, due.attempts) == ("failed", NotSent.GAVE_UP, "503", MOST_ATTEMPTS)
    assert len(gateway.sent) == MOST_ATTEMPTS


def test_what_is_refused_for_good_is_not_tried_again():
    due, gateway = alone(), Gateway(replies=deque([PermanentRefusal("550", why=NotSent.BAD_ADDRESS)]))
    assert str(send(gateway)) == "1 failed"
    is_due()
    assert not send(gateway)
    due = now(due)
    assert (due.status, due.why_not, due.error, due.claim) == ("failed", NotSent.BAD_ADDRESS, "550", "")
    assert not Suppression.objects.exists()


def test_an_address_that_is_no_good_is_stopped():
    due = alone()
    send(Gateway(replies=deque([PermanentRefusal("550 5.1.1", stop=True)])))
    stopped = Suppression.objects.get()
    assert (stopped.channel, stopped.address, stopped.reason) == (EMAIL, due.patient.email.lower(), "bounced")
    again = message(Kind.RESCHEDULED, appointment=due.appointment)
    send(gateway := Gateway())
    assert gateway.sent == []
    assert (now(again).status, again.why_not) == ("suppressed", NotSent.STOPPED)


def test_a_gateway_that_is_away_is_left_alone_for_the_rest_of_the_run():
    several(20)
    gateway = Gateway(replies=deque([TryLater("not reached")] * 99))
    send(gateway)
    assert len(gateway.sent) == lanes.MOST_REFUSALS
    assert Message.objects.filter(attempts=0, status="pending", claim="").count() == 20 - lanes.MOST_REFUSALS


def test_a_gateway_that_asks_for_rest_gets_it():
    several(5)
    gateway = Gateway(replies=deque([TryLater("429", after=30)] * 9))
    send(gateway)
    assert len(gateway.sent) == 1


def test_one_gateway_that_is_away_holds_up_no_other():
    sms = several(2, SMS)
    message(Kind.RESCHEDULED, appointment=sms[0].appointment)
    email = Gateway(replies=deque([TryLater("not reached")]))
    other = Gateway()
    send_due(actor=CLINIC, channel_of=lambda name: email if name == EMAIL else other)
    assert len(other.sent) == 2
