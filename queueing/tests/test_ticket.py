"""The printed ticket: behind its secret, without a name, and true when somebody is called or sent on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import segno
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queueing.models import Queue, Token
from queueing.services.steps import call_token
from queueing.services.transferring import transfer_token
from queueing.tests.factories import a_doctor, walk_in
from scheduling.qr import svg_of
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> Token:
    doctor, location = a_doctor(name="Dr Amara Okonkwo", room="Room 7")
    return walk_in(doctor, location, first_name="Wilhelmina", last_name="Zq")


def opened(client: Client, token: Token, query: str = "") -> Any:
    return client.get(reverse("queueing:ticket", args=[token.secret]) + query)


def test_it_says_where_and_whom_and_nothing_of_the_patient(client: Client, token: Token) -> None:
    answer = opened(client, token)
    said = answer.content.decode()
    for word in (token.code, "Dr Amara Okonkwo", "Room 7", token.queue.location.name, f"We will call {token.code}"):
        assert word in said
    for word in ("Wilhelmina", "Zq", token.patient.email, token.appointment.secret):
        assert word not in said
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_its_code_leads_to_the_live_place(client: Client, token: Token, settings: Any) -> None:
    settings.BASE_URL = "https://clinic.example"
    said = opened(client, token).content.decode()
    assert svg_of(f"https://clinic.example/t/{token.secret}/") in said
    assert client.get(reverse("queueing:token", args=[token.secret])).status_code == 200


def test_a_code_has_the_modules_of_its_address() -> None:
    address = "https://clinic.example/t/abc/"
    drawn = svg_of(address)
    wanted = sum(sum(bool(module) for module in row) for row in segno.make_qr(address, error="m").matrix)
    assert sum(int(run) for run in re.findall(r"h(\d+)", drawn.split("stroke", 1)[1])) == wanted
    assert "style=" not in drawn  # our policy lets none in


@pytest.mark.parametrize(
    ("query", "narrow"), [("", False), ("?paper=58", True), ("?paper=80", False), ("?paper=x", False)]
)
def test_there_are_two_widths(client: Client, token: Token, query: str, narrow: bool) -> None:
    said = opened(client, token, query).content.decode()
    assert ("ticket58.css" in said) == narrow
    assert ('class="ticket ticket--58"' in said) == narrow


def test_an_unknown_secret_is_told_in_words_and_an_old_one_too(client: Client, token: Token) -> None:
    answer = client.get(reverse("queueing:ticket", args=[token.secret.swapcase()]))
    assert answer.status_code == 404
    assert "<h1" in answer.content.decode()
    long_ago = timezone.now() - timedelta(days=3)
    Token.objects.update(day=long_ago.date(), checked_in_at=long_ago)
    Queue.objects.update(day=long_ago.date(), closed_at=timezone.now(), status="finished")
    answer = opened(client, token)
    assert answer.status_code == 410
    assert token.code not in answer.content.decode()


def test_whoever_was_sent_to_another_doctor_prints_the_new_place(client: Client, token: Token) -> None:
    other, _location = a_doctor(token.location, name="Dr Other", room="Room 9")
    made = transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC, version=token.version)
    said = opened(client, token).content.decode()
    assert made.code in said
    assert "Room 9" in said
    assert token.code != made.code
    assert f">{token.code}<" not in said


def test_opening_it_changes_nothing_and_posting_is_refused(client: Client, token: Token) -> None:
    before = Token.objects.values().get()
    opened(client, token)
    assert client.post(reverse("queueing:ticket", args=[token.secret])).status_code == 405
    assert Token.objects.values().get() == before


def test_whoever_is_called_meanwhile_is_told_so_at_the_kiosk(token: Token) -> None:
    from queueing.selectors.queues import token_by_secret
    from queueing.views.ticket import ticket_of

    call_token(token_id=token.pk, actor=CLINIC, version=token.version)
    called = token_by_secret(token.secret)
    assert called is not None
    assert ticket_of(called).wait == "You are called now: please go to Room 7."
