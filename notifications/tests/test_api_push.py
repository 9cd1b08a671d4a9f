"""Browsers of somebody who has signed in, by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.actors import Actor
from accounts.models import User
from accounts.services.sign_ins import sign_in
from notifications.models import PushSubscription
from notifications.push_addresses import LONGEST_ENDPOINT
from notifications.services.subscriptions import MOST_BROWSERS
from notifications.tests.pushing import KEYS, PAIR, browser, json_of

pytestmark = pytest.mark.django_db
LIST = "/api/v1/push/subscriptions/"


@pytest.fixture(autouse=True)
def _keys() -> Any:
    with override_settings(**KEYS):
        yield


class Program:
    """Asks as somebody."""

    def __init__(self, name: str) -> None:
        self.user = User.objects.create_user(f"{name}@clinic.example")
        made = sign_in(user=self.user, actor=Actor("visitor"))
        self.headers = {"Authorization": f"Bearer {made.access}"}

    def post(self, body: Any, **headers: str) -> Any:
        """Let a browser hear."""
        return Client().post(LIST, body, content_type="application/json", headers=self.headers | headers)

    def get(self, address: str = LIST) -> Any:
        """Read."""
        return Client().get(address, headers=self.headers)

    def delete(self, address: str) -> Any:
        """Let it hear no more."""
        return Client().delete(address, headers=self.headers)


def test_the_key_is_everybodys_to_read() -> None:
    answer = Client().get("/api/v1/push/key/")
    assert (answer.status_code, answer.json()) == (200, {"public_key": PAIR.public})
    with override_settings(VAPID_PUBLIC_KEY=""):
        answer = Client().get("/api/v1/push/key/")
    assert (answer.status_code, answer.json()["code"]) == (409, "push_not_configured")


def test_a_browser_is_taken_as_it_writes_itself_and_its_address_never_told_again() -> None:
    program, said = Program("ann"), browser()
    answer = program.post(json_of(said) | {"expirationTime": None})
    row = PushSubscription.objects.get()
    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "id": row.pk,
        "service": "push.example",
        "created_at": answer.json()["created_at"],
        "used_at": None,
    }
    assert answer["Location"] == f"{LIST}{row.pk}/"
    assert (row.user, row.patient, row.endpoint) == (program.user, None, said.endpoint)
    assert program.get().json()["results"] == [answer.json()]
    assert said.endpoint not in program.get().content.decode()


def test_whoever_asks_again_has_the_same() -> None:
    program = Program("ann")
    first, second = (program.post(json_of(browser())) for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]


def test_a_browser_stops_hearing_and_only_ones_own() -> None:
    ann, ben = Program("ann"), Program("ben")
    address = ann.post(json_of(browser()))["Location"]
    assert ben.get().json()["results"] == []
    assert ben.delete(address).status_code == 404
    assert ben.delete(f"{LIST}{'9' * 19}/").status_code == 404
    assert Client().delete(address).status_code == 401
    assert ann.delete(address).status_code == 204
    assert ann.delete(address).status_code == 404
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"endpoint": "http://push.example/abc"}, "endpoint", "invalid_subscription"),
        ({"endpoint": "https://10.0.0.1/abc"}, "endpoint", "invalid_subscription"),
        ({"endpoint": ""}, "endpoint", None),
        ({"endpoint": "https://push.example/" + "x" * LONGEST_ENDPOINT}, "endpoint", "max_length"),
        ({"endpoint": 5}, "endpoint", "invalid"),
        ({"keys": {"p256dh": "x", "auth": browser().auth_secret}}, "p256dh", "invalid_subscription"),
        ({"keys": {"p256dh": browser().public_key, "auth": "x"}}, "auth", "invalid_subscription"),
        ({"keys": {"p256dh": browser().public_key}}, None, None),
        ({"keys": None}, "keys", "null"),
        ({"user": 1}, "user", "unknown_field"),
        ({"expirationTime": "soon"}, "expirationTime", "invalid"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changes: dict[str, Any], field: str | None, code: str | None) -> None:
    answer = Program("ann").post(json_of(browser()) | changes)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert field in (None, error["field"])
    assert code in (None, error["code"])
    assert not PushSubscription.objects.exists()


@override_settings(VAPID_PRIVATE_KEY="")
def test_a_clinic_without_keys_says_so() -> None:
    answer = Program("ann").post(json_of(browser()))
    assert (answer.status_code, answer.json()["code"]) == (409, "push_not_configured")


def test_nobody_fills_the_table_and_a_list_costs_the_same_however_long(django_assert_max_num_queries: Any) -> None:
    program = Program("ann")
    for number in range(MOST_BROWSERS + 1):
        program.post(json_of(browser(f"https://push.example/{number}")))
    with django_assert_max_num_queries(3):
        assert len(program.get().json()["results"]) == MOST_BROWSERS
