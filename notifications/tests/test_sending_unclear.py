"""What the sweep does with a message of which nobody knows whether the gateway has it."""

from __future__ import annotations

import logging
from collections import deque
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.channels import Receipt, TryLater, Unclear
from notifications.models import Message
from notifications.services.outcomes import ASKED_FOR, MOST_ATTEMPTS
from notifications.states import ChannelName, DeliveryStatus, NotSent
from notifications.tests.factories import message
from notifications.tests.gateways import Gateway
from notifications.tests.sending import alone, is_dead, is_due, now, send, unclear_and_lapsed
from scheduling.models import Appointment

pytestmark = pytest.mark.django_db

EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS


def test_what_is_unclear_stays_so_until_the_lease_is_over_and_then_the_gateway_is_asked():
    due = unclear_and_lapsed()
    assert (due.status, due.error) == ("sending", "timed out")
    gateway = Gateway(answers=deque([Receipt("stand-in", "id-9", DeliveryStatus.SENT)]))
    assert str(send(gateway)) == "1 sent"
    (parcel,) = gateway.asked
    assert (parcel.address, parcel.text, parcel.first_tried_at) == (due.address, due.body, due.attempted_at)
    assert gateway.sent == []
    due = now(due)
    assert (due.status, due.provider_id, due.delivery_status, due.error) == ("sent", "id-9", "sent", "")


def test_who_is_asked_about_a_call_hears_which_calls_to_that_number_were_others():
    tried = {"status": "sending", "attempts": 1, "attempted_at": timezone.now(), "address": "+447700900123"}
    due = alone(channel=ChannelName.CALL, **tried)
    gone = {"channel": ChannelName.CALL, "status": "sent", "appointment": due.appointment}
    message(address=due.address, provider_id="id-7", **gone)
    message(address="+447700900999", provider_id="id-8", **gone)
    message(address=due.address, **gone)
    send(gateway := Gateway())
    assert [parcel.others for parcel in gateway.asked] == [{"id-7"}]


def test_what_the_gateway_never_heard_of_is_sent_again_at_once():
    due = unclear_and_lapsed()
    first_tried_at = due.attempted_at
    assert str(send(gateway := Gateway())) == "1 not known to the gateway, 1 sent"
    assert (len(gateway.asked), len(gateway.sent)) == (1, 1)
    assert (now(due).status, due.attempts, due.attempted_at) == ("sent", 2, first_tried_at)


def test_what_the_gateway_never_heard_of_is_checked_before_it_is_sent_again():
    due = unclear_and_lapsed()
    due.appointment.status = "cancelled"
    due.appointment.save()
    send(gateway := Gateway())
    assert gateway.sent == []
    assert (now(due).status, due.why_not) == ("cancelled", NotSent.VISIT_CANCELLED)


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_the_gateway_is_asked_is_seen():
    due = unclear_and_lapsed()

    def look_for_it(parcel):
        Appointment.objects.update(status="cancelled")

    send(gateway := Gateway(answers=deque([look_for_it])))
    assert (len(gateway.asked), gateway.sent) == (1, [])
    assert (now(due).status, due.why_not) == ("cancelled", NotSent.VISIT_CANCELLED)


def test_a_gateway_that_cannot_be_asked_is_asked_again_later():
    due = unclear_and_lapsed()
    gateway = Gateway(answers=deque([TryLater("503")]))
    assert str(send(gateway)) == "1 unclear"
    assert gateway.sent == []
    due = now(due)
    assert (due.status, due.claim) == ("sending", "")
    assert due.try_at > timezone.now()
    is_due()
    assert "1 sent" in str(send(Gateway()))


def test_a_gateway_that_can_never_be_asked_is_given_up():
    due = unclear_and_lapsed()
    Message.objects.update(attempted_at=timezone.now() - ASKED_FOR - timedelta(minutes=1))
    send(Gateway(answers=deque([TryLater("503")])))
    assert (now(due).status, due.why_not) == ("failed", NotSent.GAVE_UP)


def test_what_is_unclear_again_and_again_is_given_up():
    due = alone(channel=SMS)
    gateway = Gateway(replies=deque([Unclear("line broke")] * 99))
    for _attempt in range(MOST_ATTEMPTS + 2):
        send(gateway)
        is_dead()
    assert (now(due).status, due.why_not) == ("failed", NotSent.GAVE_UP)
    assert len(gateway.sent) == MOST_ATTEMPTS


@pytest.mark.parametrize("channel", [EMAIL, SMS])
def test_a_fault_of_ours_counts_as_unclear_and_is_told_without_what_it_was_about(channel, caplog):
    due = alone(channel=channel)
    with caplog.at_level(logging.ERROR):
        send(Gateway(replies=deque([RuntimeError("ada@example.org")])))
    assert (now(due).status, due.error.partition(" ")[0]) == ("sending", "RuntimeError")
    assert "ada@example.org" not in caplog.text + due.error
