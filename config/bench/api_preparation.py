"""What must be in the database before programs press: seats, holds, and people who signed in by a token."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.actors import system
from accounts.audit import recorded
from accounts.models import SignIn, User
from config.bench import preparation
from config.bench.load import Press
from config.bench.preparation import INSERTED_AT_ONCE, LASTS, popular_slots, token_of
from config.bench.transcript import Transcript
from scheduling.models import Slot


def prepare_bookings(first: int, count: int, *, signed_in: bool = False) -> list[Press]:
    """Seats held for bookings `first` to `first + count - 1`; the requests that book them, each by somebody else."""
    numbers = range(first, first + count)
    with recorded(system("bench"), "bench.prepare"):
        preparation.add_slots(first, count)
        preparation.add_holds(first, count)
        bearers = _sign_in(numbers) if signed_in else {}
    return [
        Press(
            path=reverse("api:appointment-list"),
            json=_asked(number, hold=token_of(number)),
            bearer=bearers.get(number, ""),
        )
        for number in numbers
    ]


def prepare_holds_and_bookings(first: int, count: int) -> list[Press]:
    """Free seats; the requests that hold them, each followed by the one that books."""
    with recorded(system("bench"), "bench.prepare"):
        preparation.add_slots(first, count)
        Slot.objects.filter(pk__in=range(first, first + count)).update(taken=0)
    return [
        Press(
            path=reverse("api:slot-hold", args=[number]),
            json="{}",
            then_path=reverse("api:appointment-list"),
            then_json=_asked(number, hold="@token@"),
        )
        for number in range(first, first + count)
    ]


def prepare_rush(clients: int, rounds: int) -> list[tuple[int, list[Press]]]:
    """For each round a slot, and the requests of so many programs that want it."""
    return [
        (slot.pk, [Press(path=reverse("api:slot-hold", args=[slot.pk]), json="{}")] * clients)
        for slot in popular_slots(rounds)
    ]


def _asked(number: int, *, hold: str) -> str:
    """The same answers that the browsers of `preparation` have typed."""
    return json.dumps(
        {
            "hold": hold,
            "patient": {
                "first_name": "Robin",
                "last_name": f"Bench{number}",
                "date_of_birth": "1987-03-27",
                "email": f"bench-{number}@demo.example",
            },
            "reason": "A check-up",
        }
    )


def _sign_in(numbers: range) -> dict[int, str]:
    """Somebody for each number, signed in by a program; their tokens."""
    now = timezone.now() + LASTS  # so that no request is the one in half a minute that notes its use
    people = [User(pk=number, email=f"bench-{number}@demo.example", password="!") for number in numbers]  # noqa: S106 - nobody's
    sign_ins = [
        SignIn(
            user=person,
            used_at=now,
            expires_at=now + timedelta(days=1),
            refresh_id=uuid4(),
            password_mark=person.get_session_auth_hash(),
        )
        for person in people
    ]
    User.objects.bulk_create(people, batch_size=INSERTED_AT_ONCE)
    SignIn.objects.bulk_create(sign_ins, batch_size=INSERTED_AT_ONCE)
    return {made.user_id: tokens.issue(tokens.AccessToken, sign_in=made.pk) for made in sign_ins}


def statements_of(press: Press) -> list[str]:
    """The SQL of a booking, without the control of transactions. Raises AssertionError when it books nothing."""
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(press.cookies)
    headers = {"Authorization": f"Bearer {press.bearer}"} if press.bearer else {}
    kind = "application/json" if press.json else "application/x-www-form-urlencoded"
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(press.path, press.json or press.body, content_type=kind, headers=headers)
    if answer.status_code not in {201, 302, 303}:
        raise AssertionError(f"{press.path} was answered with {answer.status_code}: {answer.content[:500]!r}")
    sent = Transcript([query["sql"] for query in captured.captured_queries]).without_transactions()
    return sent + statements_of(press.after(answer.content)) if press.then_path else sent
