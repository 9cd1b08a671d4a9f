"""A desk to press buttons at, for the tests of its pages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from queueing.models import Queue, Token
from queueing.tests.factories import a_doctor
from scheduling.tests.back_office import staff


class Desk:
    """A doctor with a queue, and a clerk at its desk."""

    def __init__(self) -> None:
        self.doctor, self.place = a_doctor()
        self.client = staff(Role.RECEPTION, self.place)

    def address(self, name: str = "doctor", **more: Any) -> str:
        arguments = {"slug": self.place.slug, **more}
        if name in {"doctor", "press", "person"}:
            arguments.setdefault("doctor_id", self.doctor.pk)
        return reverse(f"queueing:desk_{name}", kwargs=arguments)

    def page(self, client: Client | None = None, name: str = "doctor") -> str:
        response = (client or self.client).get(self.address(name))
        assert response.status_code == 200
        return response.content.decode()

    def press(self, what: str, token: Token | None = None, *, client: Client | None = None, **more: Any) -> Any:
        """Press a button as the page shows it now."""
        if token is not None:
            token.refresh_from_db()
            what = f"{what}.{token.pk}.{token.version}"
        said = {"press": what, "operation": str(uuid4()), **more}
        return (client or self.client).post(self.address("press"), said)

    def queue(self) -> Queue:
        return Queue.objects.get(doctor=self.doctor)


def status_of(token: Token) -> str:
    token.refresh_from_db()
    return token.status


def doctor_at(desk: Desk) -> Client:
    """The doctor of the desk, signed in."""
    client = staff(Role.DOCTOR)
    desk.doctor.user_id = int(client.session["_auth_user_id"])
    desk.doctor.save()
    return client
