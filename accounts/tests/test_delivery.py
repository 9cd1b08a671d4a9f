"""Text messages leave through Twilio's real client, here to a server of our own on loopback."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.test import override_settings

from accounts.delivery import DeliveryFailed, send_text
from accounts.twilio_client import twilio_client
from testing.twilio_server import AWAY, BROKEN, TwilioServer


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as server, override_settings(**server.settings):
        yield server


def test_a_text_is_handed_to_twilio(twilio: TwilioServer) -> None:
    send_text(to="+447700900123", body="Your code is 123456.")
    assert twilio.requests == [("POST", f"/2010-04-01/Accounts/{twilio.account}/Messages.json")]
    (form,) = twilio.forms.values()
    assert form == {"To": "+447700900123", "From": twilio.number, "Body": "Your code is 123456."}


@pytest.mark.parametrize("fault", [BROKEN, AWAY])
def test_a_gateway_that_fails_is_a_sentence_not_a_crash(twilio: TwilioServer, fault, caplog) -> None:
    twilio.faults.append(fault)
    with pytest.raises(DeliveryFailed):
        send_text(to="+447700900123", body="Your code is 123456.")
    assert "123456" not in caplog.text
    assert "900123" not in caplog.text


def test_the_log_of_a_text_says_nothing_personal_at_any_level(twilio: TwilioServer, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        send_text(to="+447700900123", body="Your code is 123456.")
        list(twilio_client().messages.list(to="+447700900123", limit=1))
    assert "900123" not in caplog.text
    assert "123456" not in caplog.text


def test_what_a_connection_was_used_for_last_does_not_matter(twilio: TwilioServer, monkeypatch) -> None:
    first = twilio_client()
    assert twilio_client() is first
    monkeypatch.setattr("accounts.twilio_client.IDLE_SECONDS", -1)
    assert twilio_client() is not first, "what has been idle may be dead"
    send_text(to="+447700900123", body="Hello")
    with override_settings(TWILIO_AUTH_TOKEN="another"), pytest.raises(DeliveryFailed):
        send_text(to="+447700900123", body="with other keys")
    assert twilio.sent_to("+447700900123") == ["Hello"]


def test_a_gateway_that_does_not_know_us_is_a_sentence_too(twilio: TwilioServer) -> None:
    with override_settings(TWILIO_AUTH_TOKEN="another"), pytest.raises(DeliveryFailed):
        send_text(to="+447700900123", body="Hello")
    assert twilio.messages == []


def test_a_gateway_that_is_not_there_is_a_sentence_too() -> None:
    keys = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE_NUMBER": "+15005550006"}
    with override_settings(**keys, TWILIO_API_BASE="http://127.0.0.1:9"), pytest.raises(DeliveryFailed):
        send_text(to="+447700900123", body="Hello")


def test_without_keys_the_text_goes_to_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    send_text(to="+447700900123", body="Hello")
    assert "Text message to +447700900123:\nHello" in capsys.readouterr().out
