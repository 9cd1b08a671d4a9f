"""Walking the wizard in tests, as a browser without scripts does."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from scheduling.models import Slot

WHO = {
    "first_name": "Ann",
    "last_name": "Lee",
    "date_of_birth_day": "3",
    "date_of_birth_month": "4",
    "date_of_birth_year": "1980",
    "phone": "+44 (20) 7946 0018",
    "email": "ann@example.org",
}
DETAILS = {"reason": "Sore knee", "symptoms": "Since Monday", "urgency": "medium", "special_requirements": ""}


def time_url(slot: Slot, **more: Any) -> str:
    """The page of times that offers a slot."""
    query = {"specialty": slot.doctor.specialty_id, "location": slot.location_id, "doctor": slot.doctor_id, **more}
    return reverse("scheduling:book_time") + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def press(client: Client, slot: Slot | int, query: str = "") -> Any:
    """Press the button of a time."""
    url = reverse("scheduling:book_hold") + (f"?{query}" if query else "")
    return client.post(url, {"slot": slot if isinstance(slot, int) else slot.pk})


def hold(client: Client, slot: Slot, query: str = "") -> str:
    """Keep a slot in the wizard; the token of the hold."""
    response = press(client, slot, query)
    assert response.status_code == 303, response.content
    assert "/who/" in response.url, response.url
    client.get(response.url)
    return str(response.url.split("/")[2])


def page(name: str, token: str) -> str:
    """The address of a page while a seat is held."""
    return reverse(f"scheduling:{name}", args=[token])


def answer_all(client: Client, token: str, *, who: dict[str, str] = WHO, details: dict[str, str] = DETAILS) -> None:
    """Fill in everything up to "Check your answers"."""
    assert client.post(page("book_who", token), who).url == page("book_details", token)
    assert client.post(page("book_details", token), details).url == page("book_check", token)


def words(response: HttpResponse | Any) -> str:
    """What the page says, with its markup, on one line."""
    return " ".join(response.content.decode().split())
