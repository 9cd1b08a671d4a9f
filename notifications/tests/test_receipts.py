"""What gateways tell of messages later, more than once and in any order."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from notifications.channels import Receipt, Unclear
from notifications.models import Message
from notifications.services.outbox import note_delivery, send_due
from notifications.services.outcomes import note_answer
from notifications.states import ChannelName, DeliveryStatus, Kind
from notifications.tests.factories import message
from notifications.tests.gateways import Gateway
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db

QUEUED, SENT, DELIVERED = DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED


def tell(status, *, message_id=None, sid="SM1", **more):
    return note_delivery(
        provider="twilio", provider_id=sid, delivery_status=status, actor=CLINIC, message_id=message_id, **more
    )


def handed_over(**fields):
    state = {"status": "sent", "attempts": 1, "attempted_at": timezone.now(), "provider_id": "SM1", **fields}
    return message(Kind.RESCHEDULED, ChannelName.SMS, **state)


def now(one):
    one.refresh_from_db()
    return one


@pytest.mark.parametrize("order", list(permutations([QUEUED, SENT, DELIVERED])), ids=str)
def test_in_whatever_order_it_comes_the_end_is_the_same(order):
    sent = handed_over()
    for status in order:
        tell(status, message_id=sent.pk)
        tell(status, message_id=sent.pk)
    assert now(sent).delivery_status == DELIVERED
    assert sent.delivered_at is not None


def test_only_what_is_new_counts():
    sent = handed_over()
    assert tell(SENT, message_id=sent.pk)
    assert not tell(SENT, message_id=sent.pk)
    assert not tell(QUEUED, message_id=sent.pk)


@pytest.mark.parametrize("end", [DeliveryStatus.UNDELIVERED, DeliveryStatus.FAILED])
def test_what_did_not_arrive_says_why_and_stays_so(end):
    sent = handed_over()
    tell(end, message_id=sent.pk, error="30005")
    tell(DELIVERED, message_id=sent.pk)
    assert (now(sent).delivery_status, sent.error, sent.delivered_at) == (end, "30005", None)


def test_a_message_is_found_by_the_number_that_the_gateway_gave_it():
    sent, other = handed_over(), handed_over(provider_id="")
    assert tell(DELIVERED)
    assert (now(sent).delivery_status, now(other).delivery_status) == (DELIVERED, "")


@pytest.mark.parametrize("asked", [{"message_id": 4711}, {"sid": "SM404"}, {"sid": ""}])
def test_nobody_is_told_of_a_message_that_is_not_ours(asked):
    sent = handed_over(provider_id="" if asked.get("sid") == "" else "SM1")
    assert not tell(DELIVERED, **asked)
    assert now(sent).delivery_status == ""


def test_news_of_another_copy_is_not_news_of_this_one():
    sent = handed_over()
    assert not tell(DeliveryStatus.FAILED, message_id=sent.pk, sid="SM2")
    assert now(sent).delivery_status == ""


def test_nothing_arrives_that_nobody_has_sent():
    due = message(Kind.RESCHEDULED, ChannelName.SMS)
    assert not tell(DELIVERED, message_id=due.pk)
    assert (now(due).status, due.delivery_status) == ("pending", "")


@pytest.mark.parametrize("status", ["sending", "pending"])
def test_news_of_a_message_whose_fate_was_unclear_is_its_receipt(status):
    lost = handed_over(status=status, provider_id="", claim="dead", claimed_until=timezone.now() + timedelta(minutes=1))
    assert tell(DELIVERED, message_id=lost.pk)
    assert (now(lost).status, lost.delivery_status, lost.provider_id) == ("sent", DELIVERED, "SM1")
    assert (lost.claim, lost.claimed_until) == ("", None)
    assert lost.sent_at is not None


def test_news_that_overtakes_the_receipt_is_not_undone_by_it():
    sending = handed_over(status="sending", provider_id="", claim="ours")
    tell(DELIVERED, message_id=sending.pk)
    note_answer(sending, Receipt("twilio", "SM1", QUEUED), address="+44", asked=False, actor=CLINIC)
    assert (now(sending).status, sending.delivery_status, sending.provider_id) == ("sent", DELIVERED, "SM1")


def test_what_was_unclear_and_has_a_receipt_by_now_is_neither_asked_for_nor_sent_again():
    due = message(Kind.RESCHEDULED, ChannelName.SMS)
    Message.objects.exclude(pk=due.pk).delete()
    send_due(actor=CLINIC, channel_of=Gateway(replies=deque([Unclear("timed out")])))
    tell(SENT, message_id=due.pk)
    Message.objects.filter(claimed_until__isnull=False).update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert not send_due(actor=CLINIC, channel_of=(gateway := Gateway()))
    assert (gateway.asked, gateway.sent) == ([], [])
