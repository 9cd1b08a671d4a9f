"""Saying anew what somebody's place is made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEntry
from queueing.errors import DayOver, InvalidPriority, ScreenStale, TokenUnknown, WrongStep
from queueing.models import Token, TokenStep
from queueing.selectors.lines import line_of
from queueing.services import steps
from queueing.services.priorities import Priority, prioritise_token
from queueing.states import Step
from queueing.tests.factories import a_doctor, queue_of, walk_in
from queueing.tests.refusals import refused
from scheduling.tests.factories import CLINIC

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def prioritise(token: Token, *, version: int | None = None, **said: Any) -> Token:
    prioritise_token(token_id=token.pk, priority=Priority(**said), actor=CLINIC, version=version)
    return Token.objects.get(pk=token.pk)


def test_what_is_said_counts_and_the_rest_stays():
    doctor, location = a_doctor()
    first, second = walk_in(doctor, location), walk_in(doctor, location, urgency="medium")
    after = prioritise(second, has_special_requirements=True)
    assert (after.urgency, after.has_special_requirements, after.extra_points) == ("medium", True, 0)
    after = prioritise(first, extra_points=100, reason=" Faints ")
    assert (after.extra_points, after.extra_reason, after.urgency) == (100, "Faints", "low")
    assert [place.token.pk for place in line_of(queue_of(first)).waiting] == [first.pk, second.pk]


def test_the_trail_keeps_who_did_and_the_history_that_it_was_done():
    token = walk_in(*a_doctor())
    prioritise(token, extra_points=100, reason="Faints")
    entry = AuditEntry.objects.filter(verb="token.prioritise", object_type="queueing_token").get()
    assert entry.changes["extra_points"] == [0, 100]
    assert entry.actor == CLINIC.label
    assert TokenStep.objects.latest("pk").what == Step.PRIORITISED


def test_points_that_are_taken_away_need_no_reason_and_keep_none():
    token = walk_in(*a_doctor())
    prioritise(token, extra_points=100, reason="Faints")
    after = prioritise(token, extra_points=0)
    assert (after.extra_points, after.extra_reason) == (0, "")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"urgency": "dire"}, "urgency"),
        ({"extra_points": 601, "reason": "x"}, "extra_points"),
        ({"extra_points": -601, "reason": "x"}, "extra_points"),
        ({"extra_points": 5}, "reason"),
        ({"extra_points": 5, "reason": "  "}, "reason"),
        ({"extra_points": 5, "reason": "x" * 201}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
    ],
)
def test_what_makes_no_sense(said: dict[str, Any], field: str):
    token = walk_in(*a_doctor())
    with refused(InvalidPriority):
        prioritise(token, **said)
    with pytest.raises(InvalidPriority) as refusal:
        prioritise(token, **said)
    assert refusal.value.field == field


@pytest.mark.parametrize("points", [600, -600])
def test_as_many_points_as_may_be(points: int):
    assert prioritise(walk_in(*a_doctor()), extra_points=points, reason="x" * 200).extra_points == points


def test_whoever_does_not_wait():
    token = walk_in(*a_doctor())
    steps.start_token(token_id=token.pk, actor=CLINIC)
    with refused(WrongStep):
        prioritise(token, urgency="high")


def test_a_screen_that_shows_an_old_state_another_day_and_a_token_that_nobody_knows(morning: Any):
    token = walk_in(*a_doctor())
    with refused(ScreenStale):
        prioritise(token, urgency="high", version=token.version + 1)
    morning.shift(timedelta(days=1))
    with refused(DayOver):
        prioritise(token, urgency="high")
    with refused(TokenUnknown):
        prioritise_token(token_id=4711, priority=Priority(urgency="high"), actor=CLINIC)
