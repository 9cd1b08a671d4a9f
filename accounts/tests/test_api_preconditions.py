"""ETag and If-Match on the ground of the API: nobody overwrites what they have not seen."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AttemptCounter
from testing.threads import run_together

pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.tests.ground")]


@pytest.fixture
def address() -> str:
    counter = AttemptCounter.objects.create(subject="x", window_start=timezone.now())
    return f"/api/v1/try/counters/{counter.pk}/"


def attempts() -> int:
    return AttemptCounter.objects.get().attempts


def test_what_was_read_can_be_changed_once(client: Client, address: str) -> None:
    tag = client.get(address).headers["ETag"]
    changed = client.patch(address, headers={"If-Match": tag})
    assert (changed.status_code, attempts()) == (200, 1)
    refused = client.patch(address, headers={"If-Match": tag})
    assert (refused.status_code, refused.json()["type"]) == (412, "precondition_failed")
    assert refused.json()["code"] == "stale"
    assert attempts() == 1
    assert client.patch(address, headers={"If-Match": changed.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("match", ["", '"x"', "x", ",", '""', "W/", "é", '"' * 500])
def test_a_tag_of_somebody_elses_changes_nothing(client: Client, address: str, match: str) -> None:
    assert client.patch(address, headers={"If-Match": match}).status_code == 412
    assert attempts() == 0


def test_any_tag_and_none_do(client: Client, address: str) -> None:
    tag = client.get(address).headers["ETag"]
    for headers in ({}, {"If-Match": "*"}):
        assert client.patch(address, headers=headers).status_code == 200
    tag = client.get(address).headers["ETag"]
    assert client.patch(address, headers={"If-Match": f'"old", W/{tag}'}).status_code == 200
    assert attempts() == 3


def test_what_has_not_changed_is_not_sent_again(client: Client, address: str) -> None:
    tag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    client.patch(address)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_read_the_same_and_change_it_at_once_one_does(address: str) -> None:
    tag = Client().get(address).headers["ETag"]
    calls = [partial(Client().patch, address, headers={"If-Match": tag}) for _person in range(10)]
    statuses = sorted(outcome.answer.status_code for outcome in run_together(calls))
    assert statuses == [200] + [412] * 9
    assert attempts() == 1
