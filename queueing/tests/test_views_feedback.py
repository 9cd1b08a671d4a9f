"""How a visit was: asked once it is over, kept once, nothing typed lost."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from queueing.models import Feedback, Token
from queueing.services import steps
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.booking import words
from scheduling.tests.factories import CLINIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen() -> Token:
    """Somebody who was with the doctor."""
    token = walk_in(*a_doctor())
    for step in ("called", "in_consultation", "completed"):
        steps.take_step(token_id=token.pk, to=step, actor=CLINIC)
    token.refresh_from_db()
    return token


def both(token: Token) -> list[str]:
    """The two ways to the question."""
    return [
        reverse("queueing:token_feedback", args=[token.secret]),
        reverse("queueing:visit_feedback", args=[token.appointment.secret]),
    ]


@pytest.mark.parametrize("way", [0, 1])
def test_it_is_asked_in_words_and_kept_once(client: Client, seen: Token, way: int) -> None:
    address = both(seen)[way]
    asked = words(client.get(address))
    for label in ("5, very good", "3, neither good nor bad", "1, very bad"):
        assert label in asked
    assert not Feedback.objects.exists()
    answer = client.post(address, {"score": "4", "comment": "  Kind people.  "}, follow=True)
    assert "Thank you" in words(answer)
    [said] = Feedback.objects.all()
    assert (said.appointment, said.score, said.comment) == (seen.appointment, 4, "Kind people.")
    for again in both(seen):
        assert "The clinic has what you said" in words(client.post(again, {"score": "1"}, follow=True))
    assert Feedback.objects.get().score == 4
    for page in (
        reverse("queueing:visit_queue", args=[seen.appointment.secret]),
        reverse("queueing:token", args=[seen.secret]),
    ):
        assert "Tell us how it was" not in words(client.get(page))


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "4.5", "٣", "x", "9" * 30])
def test_a_number_that_is_none_is_refused_and_the_words_are_kept(client: Client, seen: Token, score: str) -> None:
    answer = client.post(both(seen)[0], {"score": score, "comment": "Kind people."})
    said = words(answer)
    assert "There is a problem" in said
    assert "<title>Error:" in said
    assert 'href="#id_score_0"' in said
    assert "Kind people.</textarea>" in said
    assert not Feedback.objects.exists()


def test_too_long_a_comment_is_refused_and_kept(client: Client, seen: Token) -> None:
    said = words(client.post(both(seen)[0], {"score": "2", "comment": "x" * 1001}))
    assert "Keep this to 1,000 characters or fewer" in said
    assert "x" * 1001 in said
    assert "checked" in said
    assert not Feedback.objects.exists()


def test_before_the_visit_is_over_nobody_is_asked(client: Client) -> None:
    token = walk_in(*a_doctor())
    for address in both(token):
        answer = client.post(address, {"score": "5"}, follow=True)
        assert "once the visit is over" in words(answer)
    assert not Feedback.objects.exists()
    assert 'data-for="finished" hidden' in words(client.get(reverse("queueing:token", args=[token.secret])))


def test_what_is_typed_stays_text(client: Client, seen: Token) -> None:
    script = "<script>alert(1)</script>"
    said = words(client.post(both(seen)[0], {"score": "", "comment": script}))
    assert script not in said
    client.post(both(seen)[0], {"score": "5", "comment": script})
    assert Feedback.objects.get().comment == script
