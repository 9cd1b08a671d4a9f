"""What Twilio tells of messages and calls: told twice, late, in any order, or about nothing we know."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from notifications.channels import Parcel
from notifications.channels.registry import channel_of, let_go
from notifications.channels.twilio import delivery_of
from notifications.models import Message, Suppression
from notifications.states import ChannelName, DeliveryStatus, MessageStatus, StopReason
from notifications.tests.factories import message
from notifications.tests.webhook_calls import STATUS, post
from testing.threads import run_together
from testing.twilio_server import TwilioServer

NUMBER = "+447700900123"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as server, override_settings(**server.settings):
        yield server
    let_go()


def sent(channel: ChannelName = ChannelName.SMS) -> Message:
    """A message that was handed to Twilio by its real client, and whose row says so."""
    row = message(channel=channel)
    receipt = channel_of(channel).send(Parcel(row.pk, NUMBER, "", "Hello", "en"))
    Message.objects.filter(pk=row.pk).update(
        status=MessageStatus.SENT,
        attempts=1,
        attempted_at=timezone.now(),
        address=NUMBER,
        provider=receipt.provider,
        provider_id=receipt.provider_id,
        delivery_status=receipt.delivery_status,
    )
    row.refresh_from_db()
    return row


def told(twilio: TwilioServer, row: Message, status: str, **more: str) -> Message:
    assert twilio.tell(row.provider_id, status, post=post, **more).status_code == 204
    row.refresh_from_db()
    return row


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("channel", "status", "meaning"),
    [
        (ChannelName.SMS, "sent", DeliveryStatus.SENT),
        (ChannelName.SMS, "delivered", DeliveryStatus.DELIVERED),
        (ChannelName.SMS, "undelivered", DeliveryStatus.UNDELIVERED),
        (ChannelName.SMS, "failed", DeliveryStatus.FAILED),
        (ChannelName.CALL, "completed", DeliveryStatus.DELIVERED),
        (ChannelName.CALL, "no-answer", DeliveryStatus.UNDELIVERED),
        (ChannelName.CALL, "busy", DeliveryStatus.UNDELIVERED),
    ],
)
def test_what_became_of_it_is_written_down(
    twilio: TwilioServer, channel: ChannelName, status: str, meaning: DeliveryStatus
) -> None:
    row = told(twilio, sent(channel), status)
    assert row.delivery_status == meaning
    assert row.status == MessageStatus.SENT
    assert (row.delivered_at is not None) == (meaning == DeliveryStatus.DELIVERED)


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(itertools.permutations(["queued", "sent", "delivered"])))
def test_in_any_order_and_more_than_once_it_ends_the_same(twilio: TwilioServer, order: tuple[str, ...]) -> None:
    row = sent()
    for status in (*order, *order):
        told(twilio, row, status)
    assert row.delivery_status == DeliveryStatus.DELIVERED
    first = row.delivered_at
    assert told(twilio, row, "delivered").delivered_at == first


@pytest.mark.django_db
def test_a_number_that_nobody_has_is_written_to_no_more(twilio: TwilioServer) -> None:
    row = told(twilio, sent(), "undelivered", error_code="30005")
    assert row.delivery_status == DeliveryStatus.UNDELIVERED
    assert "30005" in row.error
    stop = Suppression.objects.get()
    assert (stop.channel, stop.address, stop.reason) == (ChannelName.SMS, NUMBER, StopReason.BOUNCED)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["30003", "30006", "30007", "x", "9" * 50, "٣"])
def test_trouble_that_may_pass_stops_nothing(twilio: TwilioServer, code: str) -> None:
    assert told(twilio, sent(), "undelivered", error_code=code).delivery_status == DeliveryStatus.UNDELIVERED
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_what_speaks_of_nothing_we_know_is_answered_and_changes_nothing(twilio: TwilioServer) -> None:
    row = sent()
    before = Message.objects.values().get(pk=row.pk)
    fields = {"MessageSid": row.provider_id, "MessageStatus": "delivered", "To": NUMBER, "ErrorCode": "30005"}
    for number in ("999999", "0", "-1", "x", "", "9" * 18, "9" * 40, "٣", f"{row.pk} "):
        assert twilio.post_signed(STATUS + quote(number), fields, post=post).status_code == 204, number
    own = STATUS + str(row.pk)
    assert twilio.post_signed(own, {**fields, "MessageStatus": "something new"}, post=post).status_code == 204
    assert twilio.post_signed(own, {**fields, "MessageSid": "SM" + "0" * 32}, post=post).status_code == 204
    assert Message.objects.values().get(pk=row.pk) == before
    assert not Suppression.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{}, {"MessageStatus": "sent"}, {"MessageSid": "S" * 1000, "MessageStatus": "sent"}])
def test_what_names_no_message_of_twilios_is_refused(twilio: TwilioServer, fields: dict[str, str]) -> None:
    assert twilio.post_signed(f"{STATUS}{sent().pk}", fields, post=post).status_code == 400


@pytest.mark.django_db
def test_who_cannot_sign_is_refused_and_changes_nothing(twilio: TwilioServer, caplog) -> None:
    row = sent()
    before = Message.objects.values().get(pk=row.pk)
    address, other = f"{STATUS}{row.pk}", f"{STATUS}{row.pk + 1}"
    fields = {"MessageSid": row.provider_id, "MessageStatus": "delivered", "To": NUMBER}
    good = twilio.signature(address, fields)
    refused: list[Any] = [
        post(address, fields, {}),
        post(address, fields, {"X-Twilio-Signature": "x" * len(good)}),
        post(address, {**fields, "MessageStatus": "failed"}, {"X-Twilio-Signature": good}),
        post(other, fields, {"X-Twilio-Signature": good}),
    ]
    with caplog.at_level(logging.DEBUG), override_settings(TWILIO_AUTH_TOKEN=""):
        refused.append(post(address, fields, {"X-Twilio-Signature": good}))
    assert [response.status_code for response in refused] == [403] * 5
    assert Message.objects.values().get(pk=row.pk) == before
    assert NUMBER[1:] not in caplog.text
    assert Client().get("/webhooks/twilio/status/").status_code == 405


@pytest.mark.django_db
def test_it_may_come_before_whoever_sent_it_has_written_down_that_it_did(twilio: TwilioServer) -> None:
    row = sent()
    Message.objects.filter(pk=row.pk).update(status=MessageStatus.SENDING, provider="", provider_id="")
    told(twilio, row, "delivered")
    assert (row.status, row.delivery_status) == (MessageStatus.SENT, DeliveryStatus.DELIVERED)


@pytest.mark.django_db(transaction=True)
def test_the_same_news_ten_times_at_once_is_one(twilio: TwilioServer) -> None:
    row = sent()
    calls = [lambda: twilio.tell(row.provider_id, "undelivered", error_code="30005", post=post).status_code] * 10
    outcomes = run_together(calls)
    assert [outcome.answer for outcome in outcomes] == [204] * 10
    row.refresh_from_db()
    assert row.delivery_status == DeliveryStatus.UNDELIVERED
    assert Suppression.objects.count() == 1


def test_every_status_of_twilios_means_something() -> None:
    from twilio.rest.api.v2010.account.call import CallInstance
    from twilio.rest.api.v2010.account.message import MessageInstance

    for kind in (MessageInstance.Status, CallInstance.Status):
        names = {value for name, value in vars(kind).items() if name.isupper()}
        unknown = {name for name in names if delivery_of(name) == DeliveryStatus.UNKNOWN}
        assert unknown <= {"receiving", "received", "partially_delivered"}, "these speak of what comes in"
