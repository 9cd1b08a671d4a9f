"""Guarantee 5 for programs: a retry of any create is harmless, even when twenty come at once or no answer arrives."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlparse

import pytest
from django.db.models import Model
from django.test import Client, override_settings
from django.utils import timezone

from accounts.actors import Actor
from accounts.services.sign_ins import sign_in
from config.tests.calls import JSON, Call, calls
from config.tests.world import World, build_world
from notifications.models import PushSubscription
from notifications.tests.pushing import KEYS, browser, json_of
from payments.models import Payment, Refund
from queueing.models import EmergencyRequest, Feedback, Token, TokenStep
from scheduling.models import (
    Appointment,
    Availability,
    Doctor,
    Hold,
    Location,
    Patient,
    Slot,
    SlotBatch,
    Specialty,
    TimeOff,
    WaitlistEntry,
)
from testing.threads import run_together

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "5f8c-the-key-of-one-request"
DAY = timezone.now() + timedelta(days=60)
WHO = {"first_name": "Ada", "last_name": "Okafor", "date_of_birth": "1990-02-03", "phone": "020 7946 0456"}
DAYS = {"earliest_date": DAY.date().isoformat(), "latest_date": (DAY + timedelta(days=3)).date().isoformat()}

BROWSER = browser()


def at(hour: int) -> str:
    """A moment far from everything in the world."""
    return DAY.replace(hour=hour, minute=0, second=0, microsecond=0).isoformat()


def hours_of(world: World) -> dict[str, Any]:
    """Where slots are made by hand."""
    return {"doctor": world.doctors["here"].pk, "location": world.here.pk}


MADE: dict[str, tuple[type[Model], Callable[[World], dict[str, Any]], str]] = {
    "/api/v1/appointments/": (
        Appointment,
        lambda world: {"slot": world.free["here"].pk, "patient": WHO, "reason": "Knee"},
        "reason",
    ),
    "/api/v1/slots/{id}/hold/": (Hold, lambda world: {"minutes": 3}, "minutes"),
    "/api/v1/waitlist/": (WaitlistEntry, lambda world: {"patient": WHO, **hours_of(world), **DAYS}, "latest_date"),
    "/api/v1/patients/": (Patient, lambda world: WHO, "first_name"),
    "/api/v1/locations/": (
        Location,
        lambda world: {"name": "Mill", "slug": "mill", "time_zone": "Europe/London"},
        "name",
    ),
    "/api/v1/specialties/": (Specialty, lambda world: {"name": "Dermatology"}, "name"),
    "/api/v1/doctors/": (
        Doctor,
        lambda world: {
            "name": "Dr New",
            "email": "new@example.org",
            "license_number": "N1",
            "consultation_fee": "60.00",
            "specialty": world.doctors["here"].specialty_id,
            "locations": [world.here.pk],
        },
        "name",
    ),
    "/api/v1/slots/": (
        Slot,
        lambda world: {**hours_of(world), "starts_at": at(12), "duration_minutes": 20},
        "duration_minutes",
    ),
    "/api/v1/slots/bulk/": (
        SlotBatch,
        lambda world: {
            **hours_of(world),
            "start_date": DAYS["earliest_date"],
            "end_date": DAYS["latest_date"],
            "exclude_weekends": False,
            "start_time": "19:00",
            "end_time": "20:00",
            "duration_minutes": 20,
        },
        "end_time",
    ),
    "/api/v1/availability/rules/": (
        Availability,
        lambda world: {
            **hours_of(world),
            "weekdays": [0],
            "valid_from": DAYS["earliest_date"],
            "valid_until": DAYS["latest_date"],
            "start_time": "18:00",
            "end_time": "19:00",
            "slot_minutes": 20,
        },
        "end_time",
    ),
    "/api/v1/time-off/": (
        TimeOff,
        lambda world: {"doctor": world.doctors["here"].pk, "starts_at": at(1), "ends_at": at(2), "reason": "Leave"},
        "reason",
    ),
    "/api/v1/queues/join/": (Token, lambda world: {**hours_of(world), "patient": WHO, "reason": "Knee"}, "reason"),
    "/api/v1/queues/{id}/call-next/": (TokenStep, lambda world: {}, "whom"),
    "/api/v1/tokens/{id}/recall/": (TokenStep, lambda world: {}, "whom"),
    "/api/v1/tokens/{id}/transfer/": (Token, lambda world: {"doctor": world.doctors["both"].pk}, "doctor"),
    "/api/v1/emergencies/": (
        EmergencyRequest,
        lambda world: {"location": world.here.pk, "message": "Help"},
        "message",
    ),
    "/api/v1/push/subscriptions/": (PushSubscription, lambda world: json_of(BROWSER), "expirationTime"),
    "/api/v1/appointments/{id}/payments/": (Payment, lambda world: {"method": "bank_transfer"}, "method"),
    "/api/v1/payments/{id}/refund/": (Refund, lambda world: {"amount": "1.00", "words": "Too long a wait"}, "words"),
    "/api/v1/appointments/{id}/feedback/": (Feedback, lambda world: {"score": 5, "comment": "Kind"}, "comment"),
}
"""What every create makes, a body it takes, and a field by which another body differs."""

ABOUT: dict[str, Callable[[World], Any]] = {
    "/api/v1/slots/{id}/hold/": lambda world: world.free["here"],
    "/api/v1/queues/{id}/call-next/": lambda world: world.today.queues["here"],
    "/api/v1/tokens/{id}/recall/": lambda world: world.today.tokens["here_called"],
    "/api/v1/tokens/{id}/transfer/": lambda world: world.today.tokens["here_waiting"],
    "/api/v1/appointments/{id}/feedback/": lambda world: world.visits["here_completed"],
    "/api/v1/appointments/{id}/payments/": lambda world: world.visits["here_confirmed"],
    "/api/v1/payments/{id}/refund/": lambda world: world.money.payments["here_paid"],
}
"""What the addresses of some are about."""
MADE_IN_PASSING = {"/api/v1/queues/{id}/call-next/", "/api/v1/tokens/{id}/recall/"}
"""These answer what they were asked of, not what they made: 200."""

OTHERWISE = {"minutes": 4, "latest_date": (DAY + timedelta(days=4)).date().isoformat(), "duration_minutes": 25}
OTHERWISE |= {"end_time": "19:40", "expirationTime": 1.5}

KEYED = [call for call in calls() if "Idempotency-Key" in call.headers()]


@pytest.fixture
def world() -> World:
    return build_world()


@pytest.fixture(autouse=True)
def _nobody_counts() -> Any:
    uncounted = dict.fromkeys(("API_REQUESTS_PER_MINUTE", "API_ANONYMOUS_REQUESTS_PER_MINUTE", "HOLDS_PER_ADDRESS"), 0)
    with override_settings(**uncounted, **KEYS):
        yield


def headers_of(world: World) -> dict[str, str]:
    """The manager's program, with the key."""
    user = world.people["manager"].user
    assert user is not None
    made = sign_in(user=user, actor=Actor("visitor"))
    return {"Authorization": f"Bearer {made.access}", "Idempotency-Key": KEY}


def prepared(world: World, call: Call) -> tuple[str, dict[str, str], int]:
    """The address, the headers and the status of the answer."""
    about = ABOUT[call.path](world) if call.has_object else None
    headers = headers_of(world)
    if call.path.endswith("/feedback/"):
        headers["Frontdesk-Secret"] = about.secret  # patients say it
    return call.address(about.pk if about else 0), headers, 200 if call.path in MADE_IN_PASSING else 201


def ask(address: str, body: Any, headers: dict[str, str]) -> Any:
    """Send it."""
    return Client(raise_request_exception=False).post(address, body, content_type=JSON, headers=headers)


def identity(answer: Any) -> Any:
    """What names the thing in an answer."""
    said = answer.json()
    return said.get("id") or said.get("token") or said


def test_every_create_that_takes_a_key_is_tried_here() -> None:
    assert {call.path for call in KEYED} == MADE.keys(), "say in MADE how the new one is made"


@pytest.mark.parametrize("call", KEYED, ids=str)
def test_of_twenty_at_once_one_makes_it_and_another_body_is_refused(world: World, call: Call) -> None:
    model, body_of, differs = MADE[call.path]
    address, headers, made = prepared(world, call)
    body = body_of(world)
    before = model._default_manager.count()
    answers = [outcome.answer for outcome in run_together([partial(ask, address, body, headers)] * 20)]
    assert [answer.status_code for answer in answers] == [made] * 20, answers[0].content
    assert len({json.dumps(identity(answer), sort_keys=True) for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert model._default_manager.count() == before + 1
    other = ask(address, body | {differs: OTHERWISE.get(differs, "Another")}, headers)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert model._default_manager.count() == before + 1


@pytest.mark.parametrize("call", KEYED, ids=str)
def test_a_line_that_is_cut_before_the_answer_makes_nothing_twice(world: World, call: Call, live_server: Any) -> None:
    model, body_of, _differs = MADE[call.path]
    address, headers, made = prepared(world, call)
    body = body_of(world)
    before = model._default_manager.count()
    send_and_hang_up(live_server.url, address, body, headers)
    wait_for(lambda: model._default_manager.count() > before)
    answer = ask(address, body, headers)
    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (made, "true")
    assert model._default_manager.count() == before + 1


def send_and_hang_up(server: str, address: str, body: Any, headers: dict[str, str]) -> None:
    """Close the line as soon as the last byte is sent."""
    place = urlparse(server)
    content = json.dumps(body).encode()
    lines = [f"POST {address} HTTP/1.1", f"Host: {place.netloc}", f"Content-Type: {JSON}"]
    lines += [f"Content-Length: {len(content)}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=10) as line:
        line.sendall("\r\n".join(lines).encode() + content)
        line.shutdown(socket.SHUT_RDWR)


def wait_for(happened: Callable[[], bool], seconds: float = 20) -> None:
    """Come back when it has happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)
