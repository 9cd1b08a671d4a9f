"""Guarantee 17, call by call: whatever is sent, the API answers with what is wrong, at once, and writes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client, override_settings

from config.tests.calls import JSON, Call, calls
from config.tests.test_api_nobody_sees_anothers_data import identities
from config.tests.world import World, differences, rows_now
from payments.models import Receipt
from scheduling.models import Availability, SlotBatch, TimeOff

pytestmark = pytest.mark.django_db

WRITING = [call for call in calls() if call.method != "GET"]
BROKEN: dict[str, tuple[bytes, set[int]]] = {
    "ten megabytes": (b'{"a": "' + b"x" * 10_000_000 + b'"}', {413}),
    "two megabytes": (b'{"a": "' + b"x" * 2_000_000 + b'"}', {413}),
    "ten thousand deep": (b"[" * 10_000 + b"]" * 10_000, {400}),
    "quotes that never end": (b'"' + b'\\"' * 400_000, {400}),
    "NUL": (b'{"a": "\\u0000"}', {400}),
    "half a character": (b'{"a": "\\ud800"}', {400}),
    "no UTF-8": (b'{"a": "\xff"}', {400}),
    "NaN": (b'{"a": NaN}', {400}),
    "a number beyond measure": (b'{"a": 1e999}', {400}),
    "a name twice": (b'{"a": 1, "a": 2}', {400}),
    "half of an object": (b'{"a": ', {400}),
    "a list": (b'[{"a": 1}]', {400}),
    "nothing at all": (b"null", {400}),
}
STRANGE: list[Any] = [
    None,
    "",
    {},
    [[]],
    True,
    -1,
    1.5,
    2**63,
    "x" * 100_000,
    "\u202e\r\n٣",
    [None],
    [2**70],
    [{"a": 1}],
]
STRANGE += ["9999-12-31T23:59:59-14:00"]
IN_ADDRESSES = ["", "-1", "9" * 5000, "9999-12-31", "0001-01-01", "\u202e\r\n٣", "[]", "x" * 3000]


@pytest.fixture(autouse=True)
def _nobody_counts() -> Iterator[None]:
    with override_settings(API_REQUESTS_PER_MINUTE=0, API_ANONYMOUS_REQUESTS_PER_MINUTE=0, HOLDS_PER_ADDRESS=0):
        yield


def real_keys(world: World) -> dict[str, Any]:
    """One thing of each kind that the manager may change."""
    return {
        "appointments": world.visits["here_confirmed"].pk,
        "patients": world.patients["anna"].pk,
        "waitlist": world.waits["here"].pk,
        "holds": world.holds["here"].token,
        "slots": world.free["here"].pk,
        "slots/batches": SlotBatch.objects.order_by("pk")[0].pk,
        "availability/rules": Availability.objects.order_by("pk")[0].pk,
        "time-off": TimeOff.objects.order_by("pk")[0].pk,
        "locations": world.here.pk,
        "specialties": world.doctors["here"].specialty_id,
        "doctors": world.doctors["here"].pk,
        "queues": world.today.queues["here"].pk,
        "tokens": world.today.tokens["here_waiting"].pk,
        "emergencies": world.today.emergencies["here_desk"].pk,
        "payments": world.money.payments["here_waiting"].pk,
        "receipts": Receipt.objects.order_by("pk")[0].pk,
        "push/subscriptions": world.today.browsers["manager"].pk,
    }


class Manager:
    """Asks as the manager, who may do everything, and notes how each call was answered."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = real_keys(world)
        self.problems: list[str] = []
        self.client: Client | None = None
        self.credentials: dict[str, str] = {}

    def ask(self, call: Call, body: bytes, *, query: str = "", content_type: str = JSON, **headers: str) -> Any:
        """One request, of at most a second of our own work; a fault is a problem."""
        if self.client is None:
            self.client, self.credentials = identities(self.world.people["manager"])[1]
        address = f"{call.address(self.keys.get(call.kind, 0))}{query}"
        began = time.thread_time()
        headers = self.credentials | headers
        answer = self.client.generic(call.method, address, body, content_type=content_type, headers=headers)
        if answer.status_code in {200, 204} and call.path.endswith(("/sign-out/", "/password/")):
            self.client = None  # that ended it
        anonymous = answer.status_code == 401 and not call.path.startswith("/api/v1/auth/")
        if answer.status_code >= 500 or time.thread_time() - began > 1 or anonymous:
            self.problems.append(f"{call} {query[:50]} {body[:200]!r} {str(headers)[:100]}: {answer.status_code}")
        return answer


def written(before: dict[str, Any]) -> list[str]:
    """What changed, but for the sign-ins of the test itself."""
    return [row for row in differences(before, rows_now()) if not row.startswith("accounts.SignIn")]


@pytest.mark.parametrize("name", BROKEN)
def test_no_call_takes_a_body_that_makes_no_sense(world: World, name: str) -> None:
    body, statuses = BROKEN[name]
    manager, before = Manager(world), rows_now()
    for call in WRITING:
        answer = manager.ask(call, body)
        if answer.status_code not in statuses or set(answer.json()) != {"type", "code", "detail", "errors"}:
            manager.problems.append(f"{call}: {answer.status_code} {answer.content[:200]!r}")
    assert manager.problems == []
    assert written(before) == []


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "x"])
def test_no_call_takes_a_body_of_another_kind(world: World, content_type: str) -> None:
    manager, before = Manager(world), rows_now()
    answers = [manager.ask(call, b'{"a": 1}', content_type=content_type) for call in WRITING]
    assert {answer.status_code for answer in answers} == {415}
    assert {answer.json()["code"] for answer in answers} == {"unsupported_media_type"}
    assert manager.problems == []
    assert written(before) == []


def test_no_value_of_any_field_is_a_fault_of_ours(world: World) -> None:
    """Each field of each example in turn, also those inside others: every strange value instead of the right one."""
    manager, sent = Manager(world), 0
    for call in WRITING:
        for body in call.bodies():
            for spoiled in spoilt(body):
                manager.ask(call, json.dumps(spoiled).encode())
                sent += 1
    assert manager.problems == []
    assert sent > 1000


def spoilt(body: Any) -> Iterator[Any]:
    """The body with one value spoilt, for each value and each way."""
    names: Any = body if isinstance(body, dict) else range(len(body))
    for name in names:
        copy = dict(body) if isinstance(body, dict) else list(body)
        for value in STRANGE:
            copy[name] = value
            yield copy.copy()
        if isinstance(body[name], dict | list):
            for inner in spoilt(body[name]):
                copy[name] = inner
                yield copy.copy()


def test_no_value_of_any_parameter_is_a_fault_of_ours(world: World) -> None:
    manager = Manager(world)
    for call in calls():
        for name in call.parameters():
            for value in IN_ADDRESSES:
                manager.ask(call, b"", query="?" + urlencode({name: value}))
    assert manager.problems == []


def test_a_parameter_that_comes_twice_is_refused_and_named(world: World) -> None:
    manager, asked = Manager(world), 0
    for call in calls():
        for name in call.parameters():
            answer = manager.ask(call, b"", query=f"?{name}=1&{name}=1")
            assert answer.status_code == 400, f"{call} {name}"
            assert name in {error["field"] for error in answer.json()["errors"]}
            asked += 1
    assert asked > 40


def test_what_is_too_long_for_an_address_or_a_header_is_no_fault_of_ours(world: World) -> None:
    manager, before, long = Manager(world), rows_now(), "x" * 100_000
    for call in calls():
        for header in sorted(call.headers()) or ["Accept"]:
            answer = manager.ask(call, b"{}", **{header: long})
            if answer.status_code < 400 and call.method != "GET":
                manager.problems.append(f"{call} {header}: {answer.status_code}")
        answer = manager.ask(call, b"", query=f"?{long}={long}")
        if answer.status_code not in {400, 414}:
            manager.problems.append(f"{call}: {answer.status_code}")
    assert manager.problems == []
    assert written(before) == []


def test_signing_in_takes_no_nonsense_from_anybody(world: World) -> None:
    client = Client()
    for path in ("register", "token", "token/refresh"):
        for body, statuses in BROKEN.values():
            answer = client.post(f"/api/v1/auth/{path}/", body, content_type=JSON)
            assert answer.status_code in statuses
