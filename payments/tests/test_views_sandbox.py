"""The sandbox's page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import SandboxSession
from payments.providers.contract import Lapsed
from payments.providers.registry import KEYS
from payments.providers.sandbox_cards import CARDS
from payments.states import ProviderName
from payments.tests.test_providers_sandbox import SANDBOX, an_order, begun

pytestmark = [pytest.mark.django_db, pytest.mark.once("pages of one row")]


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.PAYMENTS_SANDBOX = True


def page_of(session: SandboxSession) -> str:
    return reverse("payments:sandbox", args=[session.reference])


def test_no_field_for_a_card_has_a_name(client: Client) -> None:
    """A browser sends what has a name."""
    session, _known = begun()
    said = client.get(page_of(session)).content.decode()
    assert "Sandbox: no real money" in said
    inputs = re.findall(r"<input[^>]*>", said)
    assert sum('id="card-number"' in one or 'id="card-expiry"' in one or 'id="card-cvc"' in one for one in inputs) == 3
    assert {name for one in inputs for name in re.findall(r' name="(\w+)"', one)} == {"csrfmiddlewaretoken", "outcome"}


def test_looking_changes_nothing(client: Client) -> None:
    session, known = begun()
    client.get(page_of(session))
    assert SANDBOX.fetch(known) == ()


def test_whoever_has_paid_goes_back_to_the_clinic(client: Client, settings: Any) -> None:
    session, _known = begun(an_order(return_url=f"{settings.BASE_URL}/a/x/pay/1/"))
    answer = client.post(page_of(session), {"step": "pay", "outcome": "visa"})
    assert (answer.status_code, answer["Location"]) == (302, "/a/x/pay/1/")
    again = client.post(page_of(session), {"step": "pay", "outcome": "poor"})
    assert again["Location"] == "/a/x/pay/1/"
    assert "This payment is made" in client.get(page_of(session)).content.decode()


def test_a_refused_card_is_said_with_the_form(client: Client) -> None:
    session, _known = begun()
    answer = client.post(page_of(session), {"step": "pay", "outcome": "poor"}, follow=True)
    said = answer.content.decode()
    assert "<title>Error: Pay with a test card" in said
    assert "not enough money" in said


def test_the_bank_asks_on_a_page_of_its_own(client: Client) -> None:
    session, _known = begun()
    answer = client.post(page_of(session), {"step": "pay", "outcome": "asked"}, follow=True)
    assert "is it you who pays?" in answer.content.decode()
    answer = client.post(page_of(session), {"step": "refuse"}, follow=True)
    assert "could not make sure that it was you" in answer.content.decode()


def test_a_card_that_is_none_is_refused(client: Client) -> None:
    session, known = begun()
    for outcome in ("", "4242424242424242", "x" * 5000):
        assert client.post(page_of(session), {"step": "pay", "outcome": outcome}).status_code == 400
    assert SANDBOX.fetch(known) == ()


def test_a_page_that_has_closed_says_so(client: Client) -> None:
    session, known = begun()
    answer = client.post(page_of(session), {"step": "pay", "outcome": CARDS["lapsed"].name}, follow=True)
    assert "This page has closed" in answer.content.decode()
    assert SANDBOX.fetch(known) == (Lapsed(),)


def test_nobody_pays_in_a_sandbox_that_is_off(client: Client, settings: Any) -> None:
    session, known = begun()
    for changed in ({"PAYMENTS_SANDBOX": False}, dict.fromkeys(KEYS[ProviderName.STRIPE], "a key")):
        for name, value in changed.items():
            setattr(settings, name, value)
        assert client.post(page_of(session), {"step": "pay", "outcome": "visa"}).status_code == 404
        settings.PAYMENTS_SANDBOX = True
    assert SANDBOX.fetch(known) == ()


def test_a_page_that_nobody_opened(client: Client) -> None:
    for reference in ("sb_unknown", "x" * 500):
        assert client.get(f"/sandbox/{reference}/").status_code == 404
