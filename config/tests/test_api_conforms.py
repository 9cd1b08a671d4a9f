"""Guarantee 17: Schemathesis, over our own OpenAPI document, finds nothing: signed out, as a patient, as staff.

The seed is fixed, so that a run finds what the last one found. To look further:

    CONFORMANCE_SEED=7 CONFORMANCE_EXAMPLES=50 .venv/bin/python -m pytest config/tests/test_api_conforms.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from django.test import override_settings

from config.tests.calls import calls
from config.tests.conformance import examine
from config.tests.world import build_world
from notifications.tests.pushing import KEYS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    # thousands of requests; what a database itself refuses is tried on both in test_api_bad_input
    pytest.mark.once("it holds answers against the document, which is the same on both databases"),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),  # hypothesis, about bodies at the limits
]

SEED = int(os.environ.get("CONFORMANCE_SEED", "3"))
EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", "4"))
LIMITS = ["/(auth|locations|specialties|doctors)/", "/(availability|slots|holds|time-off)/"]
LIMITS += ["/(appointments|patients|waitlist)/", "/v1/(queues|tokens|emergencies|reports|push|receipts|payments)/"]
UNCOUNTED = dict.fromkeys(
    (
        "API_REQUESTS_PER_MINUTE",
        "API_ANONYMOUS_REQUESTS_PER_MINUTE",
        "HOLDS_PER_ADDRESS",
        "REGISTRATIONS_PER_ADDRESS",
        "SIGN_INS_PER_ADDRESS",
        "CODES_PER_ADDRESS",
    ),
    0,
)


@pytest.fixture(autouse=True)
def _answers_leave_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's own server sends an answer in pieces, and each would wait 40 ms for the one before to be received."""
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)


@pytest.fixture(autouse=True)
def _nobody_counts() -> Iterator[None]:
    with override_settings(**UNCOUNTED, **KEYS):
        yield


@pytest.mark.parametrize("name", ["anonymous", "one", "desk_here", "manager"])
def test_no_request_that_can_be_thought_of_finds_a_fault(live_server: Any, name: str) -> None:
    person = build_world().people[name]
    found = examine(
        live_server.url, person.user, seed=SEED, examples=EXAMPLES, phases=["examples", "fuzzing", "stateful"]
    )
    assert not found.findings, str(found)
    assert not found.errors, str(found)
    assert {phase for phase, cases in found.cases.items() if cases > 20} == {"examples", "fuzzing", "stateful"}
    assert found.statuses[200] > 20


@pytest.mark.parametrize("paths", LIMITS)
def test_no_value_at_the_limits_of_the_document_finds_a_fault(live_server: Any, paths: str) -> None:
    """Every limit of every field, every method, every way to be wrong; as the manager, who may do everything."""
    manager = build_world().people["manager"].user
    found = examine(live_server.url, manager, seed=SEED, examples=EXAMPLES, phases=["coverage"], paths=paths)
    assert not found.findings, str(found)
    assert not found.errors, str(found)
    assert found.cases["coverage"] > 1000


def test_every_call_has_its_limits_tried() -> None:
    paths = re.compile("|".join(LIMITS))
    assert [str(call) for call in calls() if not paths.search(call.path)] == []
