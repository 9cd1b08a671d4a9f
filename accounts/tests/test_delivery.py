"""Text messages leave through Twilio's real client, here to a server of our own on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from django.test import override_settings

from accounts import delivery
from accounts.delivery import DeliveryFailed, send_text


class _Twilio(BaseHTTPRequestHandler):
    received: list[tuple[str, dict[str, list[str]]]] = []
    status = 201

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.received.append((self.path, parse_qs(body)))
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"sid": "SM1", "code": 20500, "message": "away", "status": 500}')

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def twilio() -> Iterator[type[_Twilio]]:
    _Twilio.received, _Twilio.status = [], 201
    server = HTTPServer(("127.0.0.1", 0), _Twilio)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    keys = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE_NUMBER": "+15005550006"}
    with override_settings(**keys, TWILIO_API_BASE=f"http://127.0.0.1:{server.server_port}"):
        yield _Twilio
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_text_is_handed_to_twilio(twilio: type[_Twilio]) -> None:
    send_text(to="+447700900123", body="Your code is 123456.")
    ((path, fields),) = twilio.received
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert fields == {"To": ["+447700900123"], "From": ["+15005550006"], "Body": ["Your code is 123456."]}


def test_a_gateway_that_fails_is_a_sentence_not_a_crash(twilio: type[_Twilio], caplog) -> None:
    twilio.status = 500
    with pytest.raises(DeliveryFailed):
        send_text(to="+447700900123", body="Your code is 123456.")
    assert "123456" not in caplog.text
    assert "900123" not in caplog.text


def test_a_gateway_that_is_not_there_is_a_sentence_too() -> None:
    keys = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE_NUMBER": "+15005550006"}
    with override_settings(**keys, TWILIO_API_BASE="http://127.0.0.1:9"), pytest.raises(DeliveryFailed):
        send_text(to="+447700900123", body="Hello")


def test_without_keys_the_text_goes_to_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    send_text(to="+447700900123", body="Hello")
    assert "Text message to +447700900123:\nHello" in capsys.readouterr().out
    assert delivery.TIMEOUT_SECONDS <= 10
