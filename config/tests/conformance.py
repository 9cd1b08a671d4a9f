"""Lets Schemathesis try the API against its own OpenAPI document, as one of the world's people."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from django.conf import settings
from django.db import connection
from schemathesis.engine import events, from_schema

from accounts.actors import Actor
from accounts.models import User
from accounts.services.sign_ins import sign_in

CONFIGURATION = Path(settings.BASE_DIR) / "schemathesis.toml"
BEYOND_A_SCHEMA = {
    "invalid_subscription": "where push services are, and keys that are points of a curve",
    "blank": "text of nothing but white space",
    "invalid_phone": "which numbers can be called stands in the numbering plans",
    "invalid_contact": "an e-mail address or a phone number",
    "one_contact": "one of the two",
    "wrong_password": "nobody guesses it here",
    **dict.fromkeys(
        ("password_too_short", "password_too_common", "password_entirely_numeric", "password_too_similar"),
        "how easily a password is guessed",
    ),
    "seat": "a hold, or a slot, or a doctor and a location: one of them",
    "invalid_calendar": "hours, breaks and days that go together, of doctors and places that there are",
    "invalid_clinic_entry": "a doctor's specialty and places must be there, names and addresses be nobody else's",
    "invalid_waitlist_request": "days that go together, of a doctor or specialty that there is",
    "invalid_visit": "what is said about a visit fits its kind",
    "invalid_doctor_status": "a break ends later on the same day; where a doctor works at several places, one is named",
    "invalid_priority": "points come with a reason that says something",
    "card_number": "no number of a card is kept",
    "wrong_amount": "more than nothing, and no more than is due",
    "proof_missing": "a machine prints something, cash does not",
    "invalid_patient": "a birthday that can be, a contact that reaches somebody",
}
"""Codes of the rules that valid input may still offend (400), and what it is that a schema cannot say about it.

One more: text may hold no NUL, and every string of a schema may.
"""
FIELDS_BEYOND_A_SCHEMA = {
    "cursor": "comes from the page before",
    "until": "the last day of free times comes not before the first, nor a month after it",
    "meeting_link": "an address of the web: shorter names, fewer kinds than a URI may have",
}
RENEWED_AFTER = 180
SIGN_OUT = "/api/v1/auth/sign-out/"


@dataclass
class Examination:
    """What was tried and what was found."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[tuple[str, str, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def note(self, event: Any) -> None:
        """Add what an event of the engine tells."""
        if isinstance(event, events.ScenarioFinished):
            self.cases[event.phase.value] += len(event.recorder.cases)
            for interaction in event.recorder.interactions.values():
                self.statuses[interaction.response.status_code if interaction.response else 0] += 1
            self._note_failures(event.recorder)
        elif isinstance(event, events.NonFatalError):
            self.errors.append(f"{event.label}: {event.info.title}: {event.info.message}")
        elif isinstance(event, events.FatalError):
            self.errors.append(repr(event.exception))

    def _note_failures(self, recorder: Any) -> None:
        for case, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    label = recorder.cases[case].value.operation.label
                    said = f"{failure.message}\n{check.failure_info.code_sample}"
                    answered = recorder.interactions.get(case)
                    if answered and answered.response:
                        said += f"\n-> {answered.response.status_code} {answered.response.text[:600]}"
                    self.findings.setdefault((check.name, label, failure.title), said)

    def __str__(self) -> str:
        return "\n\n".join(
            [f"{dict(self.cases)} {dict(self.statuses)}"]
            + [f"[{check}] {where}: {title}\n{said}" for (check, where, title), said in sorted(self.findings.items())]
            + self.errors
        )


def _bearer_of(user: User) -> type:
    """Signs the user's program in: anew when the token grows old, and for each call that signs out."""

    def token() -> tuple[str, float]:
        access = sign_in(user=user, actor=Actor("visitor")).access
        connection.close()  # the engine asks from a thread of its own, which would keep it
        return access, time.monotonic() + RENEWED_AFTER

    kept = [token()]

    class Bearer:
        def get(self, case: Any, _context: Any) -> str:
            if case.operation.path == SIGN_OUT:
                return token()[0]
            if kept[0][1] < time.monotonic():
                kept[0] = token()
            return kept[0][0]

        def set(self, case: Any, data: str, _context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"

    return Bearer


def _stands(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a finding is one: valid input that offends a rule which no schema can say is none."""
    if failure.checks[:1] != ("positive_data_acceptance",) or response.status_code != 400:
        return True
    said = response.json()
    offended = {(error["field"], error["code"]) for error in said["errors"]} or {("", said["code"])}
    return not all(_is_beyond_a_schema(field, code, response) for field, code in offended)


def _is_beyond_a_schema(field: str, code: str, response: Any) -> bool:
    if code == "parse_error":
        return "%00" in response.request.url or b"\\u0000" in (response.request.body or b"")
    return field in FIELDS_BEYOND_A_SCHEMA or code in BEYOND_A_SCHEMA


def examine(
    address: str, user: User | None, *, seed: int, examples: int, phases: list[str], paths: str = ""
) -> Examination:
    """Try every operation of the server at `address` (or those of some `paths`) as `user`, or signed out."""
    configuration = schemathesis.Config.from_path(CONFIGURATION)
    configuration.update(seed=seed, max_failures=None)
    project = configuration.projects.override
    project.phases.update(phases=phases)
    project.generation.update(max_examples=examples)
    schema = schemathesis.openapi.from_url(f"{address}/api/schema/", config=configuration)
    if paths:
        schema = schema.include(path_regex=paths)
    if user is not None:
        schema.auth(refresh_interval=None)(_bearer_of(user))
    schema.hook("filter_failure")(_stands)
    found = Examination()
    for event in from_schema(schema).execute():
        found.note(event)
    return found
