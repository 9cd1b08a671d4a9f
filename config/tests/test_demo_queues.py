"""The demo's queues: something to see at any hour, a past to learn from, and nothing at odds."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from accounts.actors import system
from queueing import invariants
from queueing.models import Feedback, Queue, Token, TokenStep
from queueing.selectors.lines import line_of
from queueing.selectors.queues import queues_of_today
from queueing.services import steps
from queueing.services.undoing import undo_step
from queueing.states import DoctorStatus, TokenStatus
from scheduling import invariants as ground
from scheduling.models import Location

pytestmark = pytest.mark.django_db
DESK = system("desk")
HOURS = [
    datetime(2026, 11, 18, 11, 10, tzinfo=UTC),  # a Wednesday morning
    datetime(2026, 11, 22, 3, 0, tzinfo=UTC),  # the night of a Sunday
    datetime(2026, 11, 18, 0, 5, tzinfo=UTC),  # just past midnight
    datetime(2026, 3, 29, 23, 50, tzinfo=UTC),  # a day of which an hour is missing, and tomorrow already in London
]


def demo(*arguments: str) -> str:
    output = StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


def sound() -> None:
    assert [str(drift) for drift in (*ground.check(), *invariants.check())] == []


@pytest.mark.parametrize("at", HOURS, ids=str)
def test_both_waiting_rooms_are_full_at_any_hour(at: datetime):
    with time_machine.travel(at, tick=False):
        printed = demo()
        sound()
        for location in Location.objects.all():
            assert f"/board/{location.slug}/" in printed
            assert f"/kiosk/{location.slug}/" in printed
            queues = list(queues_of_today(location))
            here = Counter(Token.objects.filter(queue__in=queues).values_list("status", flat=True))
            for status in ("waiting", "called", "in_consultation", "completed"):
                assert here[status], (location.slug, status, here)
            said = {queue.status for queue in queues}
            assert said >= {DoctorStatus.ON_TIME, DoctorStatus.RUNNING_LATE, DoctorStatus.ON_BREAK}
            assert any(len(line_of(queue).waiting) >= 2 for queue in queues)
            assert Token.objects.filter(queue__in=queues, arrival="walk_in", status="waiting").exists()


@pytest.fixture
def clinic() -> object:
    with time_machine.travel(HOURS[0], tick=False):
        yield demo()


@pytest.mark.usefixtures("clinic")
class TestTheDemosQueues:
    def test_there_is_a_past_to_learn_from(self):
        seen = Token.objects.filter(status=TokenStatus.COMPLETED, day__lt=HOURS[0].date())
        assert seen.values("day").distinct().count() >= 15
        assert seen.filter(told_middle=None).count() == 0
        assert Feedback.objects.count() > 50
        assert not Queue.objects.filter(day__lt=HOURS[0].date(), closed_at=None).exists()

    def test_the_buttons_work(self):
        location = Location.objects.order_by("pk")[0]
        for queue in queues_of_today(location).exclude(status=DoctorStatus.ON_BREAK):
            if line_of(queue).waiting:
                steps.call_next(queue_id=queue.pk, actor=DESK)
            for token in line_of(queue).running:
                steps.finish_token(token_id=token.pk, actor=DESK)
        sound()

    def test_what_was_pressed_last_can_be_taken_back(self):
        for what in ("called", "started"):
            for step in TokenStep.objects.filter(what=what, undone_at=None).order_by("-pk")[:3]:
                if step.token.steps.latest("pk") == step:
                    undo_step(step_id=step.pk, actor=DESK)
        sound()

    def test_the_phone_that_is_printed_shows_a_place(self, clinic: str):
        found = re.search(r"/t/\S+/", clinic)
        assert found is not None
        assert Client().get(found[0]).status_code == 200

    def test_a_second_clinic_beside_it_has_letters_of_its_own(self):
        demo("--add")
        sound()


def test_a_clinic_with_hardly_anybody_in_it():
    demo("--doctors", "1", "--patients", "3", "--days", "1", "--edge-cases")
    sound()


def test_a_dry_run_makes_no_queue():
    demo("--dry-run")
    assert not Queue.objects.exists()
