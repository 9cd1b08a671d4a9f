"""Guarantee 16 in the lobby: what people type at a kiosk, and what is printed there, is text and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.tests.hostile import CORPUS, MARKUP, STRANGE, alive, says
from queueing.models import Token
from queueing.tests.factories import a_doctor
from queueing.tests.kiosks import typed
from scheduling.models import Location
from scheduling.tests.factories import LocationFactory, SlotFactory, in_hours

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("pages are drawn from the same rows of both databases"),
]


@pytest.fixture
def place() -> Location:
    """A location and a doctor whose every word is of the corpus."""
    location: Location = LocationFactory(name=MARKUP[0], slug="lobby")
    doctor, _location = a_doctor(location, name=MARKUP[2], room=MARKUP[7])
    SlotFactory(doctor=doctor, location=location, starts_at=in_hours(-0.01))
    return location


def sent(client: Client, page: str, address: str = "203.0.113.1", **said: str) -> str:
    """What a page answers, on which nothing is alive."""
    answer: Any = client.post(reverse(f"queueing:{page}", args=["lobby"]), typed(**said), REMOTE_ADDR=address)
    words: str = answer.content.decode()
    assert answer.status_code < 500, page
    assert alive(words) == [], page
    return words


def test_forms_show_again_what_was_typed_and_nothing_of_it_runs(client: Client, place: Location) -> None:
    for number, payload in enumerate(CORPUS):
        address = f"198.51.100.{number}"
        for page, field in (("kiosk_appointment", "link"), ("kiosk_reference", "reference"), ("kiosk_phone", "phone")):
            assert says(sent(client, page, address, **{field: payload[:40]}), payload[:40].strip())
        names = dict.fromkeys(("first_name", "last_name", "phone", "email", "reason", "urgency"), payload)
        assert says(sent(client, "kiosk_walk_in", address, doctor="", **names), payload.strip())
        sent(client, "kiosk_help", address, matter=payload, operation=payload)
        sent(client, "kiosk_check_in", address, reference=payload, date_of_birth=payload, visit=payload)
        sent(client, "kiosk_walk_in", address, doctor=payload, change=payload, step=payload)


def test_the_answers_are_shown_as_typed_and_the_ticket_says_none_of_them(client: Client, place: Location) -> None:
    for number, payload in enumerate([*MARKUP, *STRANGE]):
        name = " ".join(f"{payload}{number}".split())[:100]
        person = {"doctor": "", "first_name": name, "last_name": "Zqlast", "phone": f"020 7946 {number:04d}"}
        answers = person | {"email": "", "reason": name[:120], "urgency": "low"}
        address = f"198.51.100.{number}"
        assert says(sent(client, "kiosk_walk_in", address, **answers), name)
        done = sent(client, "kiosk_walk_in", address, step="check", **answers)
        token = Token.objects.select_related("patient").latest("pk")
        assert token.patient.first_name == name
        assert "Zqlast" not in done
        ticket = client.get(reverse("queueing:ticket", args=[token.secret])).content.decode()
        assert alive(ticket) == []
        assert "Zqlast" not in ticket
        assert says(ticket, MARKUP[2])
        assert says(ticket, place.name)
