"""Guarantee 5 on the ground of the API: whoever asks again under one key gets what the first asking made."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.actors import system
from accounts.models import AttemptCounter, IdempotentRequest
from accounts.services.housekeeping import clear_expired
from accounts.services.idempotency import KEPT
from accounts.tests.factories import make_user
from testing.threads import run_together

pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.tests.ground")]

BACKEND = settings.AUTHENTICATION_BACKENDS[1]
KEY = "a key of my own 1".replace(" ", "-")


def send(client: Client, body: Any, key: str | None = KEY, address: str = "/api/v1/try/counters/") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(address, text, content_type="application/json", headers=headers)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def test_asking_again_makes_nothing_twice_and_says_so(client: Client) -> None:
    first, again = send(client, {"subject": "x"}), send(client, {"subject": "x"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert AttemptCounter.objects.count() == 1


def test_the_same_words_in_another_order_are_the_same_request(client: Client) -> None:
    send(client, '{"subject": "x", "attempts": 3}')
    assert send(client, '{"attempts": 3,\n "subject": "\\u0078"}').headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("other", [{"subject": "y"}, {"subject": "x", "attempts": 1}, {}, [], {"subject": ["x"]}])
def test_the_same_key_with_another_body_is_refused(client: Client, other: Any) -> None:
    send(client, {"subject": "x"})
    refused = send(client, other)
    assert (refused.status_code, refused.json()["type"], refused.json()["code"]) == (409, "refused", "key_reused")
    assert AttemptCounter.objects.count() == 1


def test_what_failed_leaves_the_key_free(client: Client) -> None:
    assert send(client, {"subject": ""}).status_code == 400
    assert send(client, {"subject": "x", "attempts": 999}).status_code == 409
    assert send(client, {"subject": "x", "attempts": 998}).status_code == 500
    assert not IdempotentRequest.objects.exists()
    assert send(client, {"subject": "x"}).status_code == 201


def test_each_person_has_keys_of_their_own() -> None:
    made = []
    for _person in range(2):
        client = Client()
        client.force_login(make_user(), BACKEND)
        AttemptCounter.objects.update(window_start=timezone.now() - timedelta(hours=len(made) + 1))
        made.append(send(client, {"subject": "x"}).json()["id"])
    assert len(set(made)) == 2


def test_what_was_made_and_is_gone_is_not_made_again(client: Client) -> None:
    send(client, {"subject": "x"})
    AttemptCounter.objects.all().delete()
    refused = send(client, {"subject": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "key_reused")
    assert not AttemptCounter.objects.exists()


def test_a_key_is_forgotten_after_two_days(client: Client) -> None:
    send(client, {"subject": "x"})
    IdempotentRequest.objects.update(created_at=timezone.now() - KEPT - timedelta(seconds=1))
    assert clear_expired(actor=system("test")) == 1
    AttemptCounter.objects.all().delete()
    assert send(client, {"subject": "x"}).status_code == 201


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "with a space", "ümlaut-key", "tab\tbed-key", "x" * 100_000])
def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    refused = send(client, {"subject": "x"}, key=key)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_key")
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not AttemptCounter.objects.exists()


def test_without_a_key_each_request_makes_one(client: Client) -> None:
    assert [send(client, {"subject": name}, key=None).status_code for name in "ab"] == [201, 201]
    assert AttemptCounter.objects.count() == 2


def test_no_word_of_the_request_is_kept_with_its_key(client: Client) -> None:
    send(client, {"subject": "Annafirst"})
    kept = str(list(IdempotentRequest.objects.values_list()))
    assert "Annafirst" not in kept
    assert KEY not in kept


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_with_one_key_one_makes_it_and_all_are_told() -> None:
    answers = [
        outcome.answer for outcome in run_together([partial(send, Client(), {"subject": "x"}) for _ask in range(20)])
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert (AttemptCounter.objects.count(), IdempotentRequest.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_whose_first_fails_none_is_told_that_it_worked() -> None:
    wanted = {"subject": "x", "attempts": 999}
    outcomes = run_together([partial(send, Client(), wanted) for _ask in range(20)])
    assert {outcome.answer.status_code for outcome in outcomes} == {409}
    assert {outcome.answer.json()["code"] for outcome in outcomes} == {"too_odd"}
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_without_keys_twenty_at_once_are_twenty() -> None:
    """The twin: it is the key that makes one of twenty."""
    run_together([partial(send, Client(), {"subject": f"x{ask}"}, None) for ask in range(20)])
    assert AttemptCounter.objects.count() == 20
