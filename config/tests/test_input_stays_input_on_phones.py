"""Guarantee 16 on the pages of those who wait: what is typed is shown as it was typed, and nothing of it runs."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from config.tests.hostile import CORPUS, MARKUP, alive, says
from queueing.live_tokens import TokenRoom
from queueing.models import EmergencyRequest, Feedback, Token
from queueing.services import queues, steps
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Location
from scheduling.tests.factories import CLINIC, LocationFactory

pytestmark = pytest.mark.django_db

PAGES = ("token", "token_state", "token_leave", "token_help")


def hostile_token(number: int, payload: str) -> Token:
    """Somebody who waits where every name is of the corpus."""
    words = f"{payload}{number}"
    place: Location = LocationFactory(name=words[:100], address=words)
    doctor, _place = a_doctor(place, name=words[:150], room=words[:50])
    token = walk_in(doctor, place, first_name=words[:100], last_name=words[:100])
    queues.set_room(queue_id=token.queue_id, room=words[:50], actor=CLINIC)
    return token


def shown(client: Client, token: Token, name: str) -> str:
    response = client.get(reverse(f"queueing:{name}", args=[token.secret]), follow=True)
    body = response.content.decode()
    assert response.status_code == 200
    assert alive(body) == []
    return body


def test_pages_and_messages_show_names_and_rooms_as_they_were_typed(client: Client) -> None:
    for number, payload in enumerate(MARKUP):
        token = hostile_token(number, payload)
        bodies = {name: shown(client, token, name) for name in PAGES}
        assert says(bodies["token"], token.queue.doctor.name)
        assert says(bodies["token_leave"], token.queue.doctor.name)
        steps.call_token(token_id=token.pk, actor=CLINIC)
        token.refresh_from_db()
        [message] = TokenRoom(token.pk, "en").state()()
        assert alive(message.body) == []
        assert says(message.body, token.room)
        assert says(shown(client, token, "token"), token.room)


def test_what_is_said_in_an_emergency_and_of_a_visit_is_shown_again_and_kept_as_text(client: Client) -> None:
    for number, payload in enumerate(CORPUS):
        token = hostile_token(number, "Room ")
        help_page = reverse("queueing:token_help", args=[token.secret])
        too_long = client.post(help_page, {"message": payload + "x" * 301})
        assert alive(too_long.content.decode()) == []
        client.post(help_page, {"message": payload})
        raised = EmergencyRequest.objects.filter(token=token).first()
        assert raised is None or raised.message == payload.strip()
        for to in ("called", "in_consultation", "completed"):
            steps.take_step(token_id=token.pk, to=to, actor=CLINIC)
        feedback = reverse("queueing:token_feedback", args=[token.secret])
        again = client.post(feedback, {"score": payload, "comment": payload})
        assert again.status_code in {200, 400}
        assert alive(again.content.decode()) == []
        assert again.status_code == 400 or says(again.content.decode(), payload.strip())
        client.post(feedback, {"score": "3", "comment": payload})
        kept = Feedback.objects.filter(appointment=token.appointment).first()
        assert kept is None or kept.comment.split() == payload.split()
