"""What a patient says of a visit, once, when it is over."""

from __future__ import annotations

import pytest

from queueing.errors import FeedbackRefused, InvalidFeedback
from queueing.models import Feedback
from queueing.services import steps
from queueing.services.feedback import give_feedback
from queueing.tests.conftest import MORNING
from queueing.tests.factories import a_doctor, walk_in
from queueing.tests.refusals import refused
from scheduling.models import Appointment
from scheduling.tests.factories import CLINIC, VISITOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def visit(*, over: bool = True) -> Appointment:
    token = walk_in(*a_doctor())
    if over:
        steps.start_token(token_id=token.pk, actor=CLINIC)
        steps.finish_token(token_id=token.pk, actor=CLINIC)
    return Appointment.objects.get(pk=token.appointment_id)


def say(appointment: Appointment, score: int = 5, comment: str = "") -> Feedback:
    return give_feedback(appointment=appointment, score=score, comment=comment, actor=VISITOR)


@pytest.mark.parametrize("score", [1, 5])
def test_it_is_kept(score: int):
    made = say(visit(), score, " Kind\x00 people ")
    made.refresh_from_db()
    assert (made.score, made.comment, made.given_at) == (score, "Kind people", MORNING)


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_number_that_is_not_offered(score: int):
    appointment = visit()
    with refused(InvalidFeedback):
        say(appointment, score)


def test_as_many_words_as_may_be_and_one_more():
    appointment = visit()
    with refused(InvalidFeedback, says="1,000"):
        say(appointment, comment="x" * 1001)
    assert len(say(appointment, comment="x" * 1000).comment) == 1000


def test_before_the_visit_is_over():
    appointment = visit(over=False)
    with refused(FeedbackRefused, says="once the visit is over"):
        say(appointment)


def test_once():
    appointment = visit()
    say(appointment, 4)
    with refused(FeedbackRefused, says="already"):
        say(appointment, 1)
    assert Feedback.objects.get().score == 4
