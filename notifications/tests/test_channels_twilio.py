"""Text messages and calls leave through Twilio's own client, here to a Twilio of our own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import override_settings
from django.utils import timezone

from notifications.channels import Channel, Parcel, PermanentRefusal, TryLater, Unclear, twilio
from notifications.channels.registry import channel_of, let_go
from notifications.states import ChannelName, DeliveryStatus, NotSent
from testing.twilio_server import AWAY, BROKEN, CLOSE, HANG, LOSE, TOO_MANY, Fault, TwilioServer

NUMBER = "+447700900123"
TEXT = "Harbour Clinic: your visit is on Monday at 10:00. http://testserver/m/abcdefghijkl/"
BOTH = pytest.mark.parametrize("name", [ChannelName.SMS, ChannelName.CALL])


@pytest.fixture
def gateway() -> Iterator[TwilioServer]:
    with TwilioServer() as running, override_settings(**running.settings):
        yield running
    let_go()


@pytest.fixture
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for an answer gives up at once."""
    monkeypatch.setattr("accounts.twilio_client.TIMEOUT_SECONDS", 0.3)
    let_go()


def parcel(**changes: Any) -> Parcel:
    values: dict[str, Any] = {"message_id": 12, "address": NUMBER, "subject": "", "text": TEXT, "language": "en"}
    return Parcel(**{**values, **changes})


def created(gateway: TwilioServer, name: str) -> list[dict[str, Any]]:
    return gateway.messages if name == ChannelName.SMS else gateway.calls


def test_a_text_is_handed_over_and_says_whom_to_tell(gateway: TwilioServer) -> None:
    receipt = channel_of(ChannelName.SMS).send(parcel())
    (form,) = gateway.forms.values()
    assert form == {
        "To": NUMBER,
        "From": gateway.number,
        "Body": TEXT,
        "StatusCallback": "http://testserver/webhooks/twilio/status/?message=12",
    }
    (message,) = gateway.messages
    assert (receipt.provider, receipt.provider_id) == ("twilio", message["sid"])
    assert receipt.delivery_status == DeliveryStatus.QUEUED


@pytest.mark.parametrize(("left", "told"), [(600, 600), (-5, 10), (100_000, 36_000)])
def test_a_text_that_would_come_too_late_is_dropped_by_twilio(gateway: TwilioServer, left: int, told: int) -> None:
    channel_of(ChannelName.SMS).send(parcel(expires_at=timezone.now() + timedelta(seconds=left)))
    (form,) = gateway.forms.values()
    assert told - 5 <= int(form["ValidityPeriod"]) <= told


@pytest.mark.parametrize(
    ("language", "spoken"), [("en", "en-GB"), ("hi", "hi-IN"), ("es", "es-ES"), ("ar", "arb"), ("fr", "en-GB")]
)
def test_a_call_speaks_twice_in_the_language_of_the_patient(gateway: TwilioServer, language: str, spoken: str) -> None:
    words = "Sie & <er>: सोमवार"
    receipt = channel_of(ChannelName.CALL).send(parcel(language=language, text=words))
    (form,) = gateway.forms.values()
    said = ElementTree.fromstring(form["Twiml"])
    assert [(part.text, part.get("language")) for part in said.findall("Say")] == [(words, spoken)] * 2
    assert all(part.get("voice") for part in said.findall("Say"))
    assert form["StatusCallback"] == "http://testserver/webhooks/twilio/status/?message=12"
    assert receipt.provider_id == gateway.calls[0]["sid"]


@BOTH
@pytest.mark.parametrize(
    ("number", "why", "stops"),
    [
        ("+15005550001", NotSent.BAD_ADDRESS, True),
        ("no number", NotSent.BAD_ADDRESS, True),
        ("+15005550003", NotSent.REFUSED, False),
    ],
)
def test_a_refusal_is_final_and_stops_only_what_is_no_number(
    gateway: TwilioServer, name: str, number: str, why: NotSent, stops: bool
) -> None:
    with pytest.raises(PermanentRefusal) as refused:
        channel_of(name).send(parcel(address=number))
    assert (refused.value.why, refused.value.stop) == (why, stops)
    assert number not in refused.value.detail
    assert created(gateway, name) == []


@pytest.mark.parametrize(
    ("name", "number", "why", "stops"),
    [
        (ChannelName.SMS, "+15005550004", NotSent.STOPPED, True),
        (ChannelName.SMS, "+15005550009", NotSent.BAD_ADDRESS, True),
        (ChannelName.SMS, "+15005550002", NotSent.REFUSED, False),
        (ChannelName.CALL, "+15005550002", NotSent.BAD_ADDRESS, False),
        (ChannelName.CALL, "+15005550004", NotSent.REFUSED, False),
    ],
)
def test_what_twilio_says_of_a_number(gateway: TwilioServer, name: str, number: str, why: NotSent, stops: bool) -> None:
    with pytest.raises(PermanentRefusal) as refused:
        channel_of(name).send(parcel(address=number))
    assert (refused.value.why, refused.value.stop) == (why, stops)


@BOTH
@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (TOO_MANY, None),
        (Fault(429, 20429, retry_after="7"), 7.0),
        (Fault(503, 20503, retry_after="120"), 120.0),
        (Fault(429, 20429, retry_after="999999999"), 3600.0),
        (Fault(429, 20429, retry_after="Sat, 28 Nov 2026 10:00:00 GMT"), None),
        (BROKEN, None),
        (AWAY, None),
        (Fault(302), None),
    ],
)
def test_a_gateway_that_is_busy_is_tried_later(gateway: TwilioServer, name: str, fault: Fault, after: Any) -> None:
    gateway.faults.append(fault)
    with pytest.raises(TryLater) as refused:
        channel_of(name).send(parcel())
    assert refused.value.after == after
    assert created(gateway, name) == []
    channel_of(name).send(parcel())
    assert len(created(gateway, name)) == 1


@BOTH
@pytest.mark.parametrize(("fault", "is_kept"), [(HANG, True), (CLOSE, True), (LOSE, False)])
def test_a_line_that_breaks_leaves_it_unclear_and_twilio_is_asked(
    gateway: TwilioServer, in_haste: None, name: str, fault: Fault, is_kept: bool
) -> None:
    gateway.faults.append(fault)
    begun, channel = timezone.now(), channel_of(name)
    with pytest.raises(Unclear):
        channel.send(parcel(first_tried_at=begun))
    found = channel.ask(parcel(first_tried_at=begun))
    if is_kept:
        assert found is not None
        assert (found.provider_id, found.provider) == (created(gateway, name)[0]["sid"], "twilio")
    else:
        assert found is None
    assert len(created(gateway, name)) == int(is_kept)


@BOTH
@pytest.mark.parametrize("status", [502, 504])
def test_what_stands_before_twilio_may_have_passed_it_on(gateway: TwilioServer, name: str, status: int) -> None:
    gateway.faults.append(Fault(status))
    with pytest.raises(Unclear):
        channel_of(name).send(parcel())


@BOTH
def test_a_gateway_that_is_not_there_is_tried_later(gateway: TwilioServer, name: str) -> None:
    gateway.stop()
    with pytest.raises(TryLater):
        channel_of(name).send(parcel())
    with pytest.raises(TryLater):
        channel_of(name).ask(parcel())
    gateway.start()
    channel_of(name).send(parcel())
    assert len(created(gateway, name)) == 1


@BOTH
@pytest.mark.parametrize("base", ["nowhere", "http://", "ftp://127.0.0.1/"])
def test_an_address_of_the_gateway_that_is_none_crashes_nothing(gateway: TwilioServer, name: str, base: str) -> None:
    with override_settings(TWILIO_API_BASE=base):
        for step in (channel_of(name).send, channel_of(name).ask):
            with pytest.raises(TryLater):
                step(parcel())


@BOTH
@pytest.mark.parametrize("changed", [{"TWILIO_AUTH_TOKEN": "hush"}, {"TWILIO_PHONE_NUMBER": "+447700900999"}])
def test_wrong_keys_are_said_loudly_and_messages_wait(gateway: TwilioServer, name: str, changed, caplog) -> None:
    with override_settings(**changed), caplog.at_level(logging.DEBUG), pytest.raises(TryLater):
        channel_of(name).send(parcel())
    assert "Twilio refuses us" in caplog.text
    assert "TWILIO_" in caplog.text
    for secret in (NUMBER, NUMBER[1:], gateway.token, "hush", "Monday"):
        assert secret not in caplog.text


@BOTH
@pytest.mark.parametrize("fault", [AWAY, TOO_MANY, HANG, CLOSE, Fault(401, 20003)])
def test_a_gateway_that_cannot_be_asked_is_asked_later(
    gateway: TwilioServer, in_haste: None, name: str, fault: Fault
) -> None:
    gateway.faults.append(fault)
    with pytest.raises(TryLater):
        channel_of(name).ask(parcel())


def test_only_the_same_words_to_the_same_number_since_are_the_same_text(gateway: TwilioServer) -> None:
    channel, now = channel_of(ChannelName.SMS), timezone.now()
    channel.send(parcel())
    assert channel.ask(parcel(first_tried_at=now)) is not None
    assert channel.ask(parcel(first_tried_at=now, text="Other words")) is None
    assert channel.ask(parcel(first_tried_at=now, address="+447700900124")) is None
    assert channel.ask(parcel(first_tried_at=now + timedelta(minutes=5))) is None, "that was another message"


def test_a_call_about_something_else_is_not_the_one_that_is_looked_for(gateway: TwilioServer) -> None:
    channel, now = channel_of(ChannelName.CALL), timezone.now()
    channel.send(parcel())
    other = channel.send(parcel(message_id=13)).provider_id
    found = channel.ask(parcel(first_tried_at=now, others=frozenset({other})))
    assert found is not None
    assert found.provider_id == gateway.calls[0]["sid"]
    assert channel.ask(parcel(first_tried_at=now, others=frozenset({other, found.provider_id}))) is None


def test_a_trial_account_puts_words_of_its_own_before(gateway: TwilioServer) -> None:
    channel_of(ChannelName.SMS).send(parcel())
    gateway.messages[0]["body"] = f"Sent from your Twilio trial account - {TEXT}"
    assert channel_of(ChannelName.SMS).ask(parcel(first_tried_at=timezone.now())) is not None


def test_a_text_is_found_behind_many_others(gateway: TwilioServer) -> None:
    channel, now = channel_of(ChannelName.SMS), timezone.now()
    for number in range(10):
        channel.send(parcel(text=f"Number {number}"))
    found = channel.ask(parcel(first_tried_at=now, text="Number 0"))
    assert found is not None
    assert found.provider_id == gateway.messages[0]["sid"]


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("delivered", DeliveryStatus.DELIVERED),
        ("undelivered", DeliveryStatus.UNDELIVERED),
        ("failed", DeliveryStatus.FAILED),
        ("sent", DeliveryStatus.SENT),
        ("something new", DeliveryStatus.UNKNOWN),
    ],
)
def test_a_text_that_is_found_says_how_it_fared(gateway: TwilioServer, status: str, meaning: DeliveryStatus) -> None:
    channel_of(ChannelName.SMS).send(parcel())
    gateway.messages[0]["status"] = status
    found = channel_of(ChannelName.SMS).ask(parcel(first_tried_at=timezone.now()))
    assert found is not None
    assert found.delivery_status == meaning


@BOTH
@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]", "http://10.1.2.3"]
)
def test_twilio_is_not_told_of_an_address_that_it_cannot_reach(gateway: TwilioServer, name: str, base_url: str) -> None:
    with override_settings(BASE_URL=base_url):
        channel_of(name).send(parcel())
    (form,) = gateway.forms.values()
    assert "StatusCallback" not in form


@BOTH
def test_where_twilio_finds_that_out_itself_the_message_goes_all_the_same(
    gateway: TwilioServer, name: str, caplog
) -> None:
    gateway.faults.append(Fault(400, twilio.NOT_TOLD))
    with caplog.at_level(logging.ERROR):
        channel_of(name).send(parcel())
    (form,) = gateway.forms.values()
    assert "StatusCallback" not in form
    assert "BASE_URL" in caplog.text


@BOTH
@pytest.mark.parametrize("fault", [Fault(200), Fault(200, page="<h1>Please sign in to our network</h1>")])
def test_an_answer_that_is_none_leaves_it_unclear(gateway: TwilioServer, name: str, fault: Fault) -> None:
    gateway.faults += [fault, fault]
    with pytest.raises(Unclear):
        channel_of(name).send(parcel())
    if fault.page:
        with pytest.raises(TryLater):
            channel_of(name).ask(parcel())


def test_without_keys_there_is_no_gateway() -> None:
    channels: list[Channel] = [channel_of(name) for name in (ChannelName.SMS, ChannelName.CALL)]
    assert not any(channel.is_configured() for channel in channels)


def test_with_keys_there_is_one(gateway: TwilioServer) -> None:
    assert all(channel_of(name).is_configured() for name in (ChannelName.SMS, ChannelName.CALL))
