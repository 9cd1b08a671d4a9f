"""Programs at the door, for tests of the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from scheduling.models import Location, StaffAssignment
from scheduling.tests.factories import UserFactory

V1 = "/api/v1/"


class Program:
    """Asks and answers in JSON, as `user` or as nobody. Paths are those below /api/v1/."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, **query: Any) -> Any:
        """Read."""
        return self.client.get(V1 + path, query)

    def post(self, path: str, body: Any = None, *, key: str | None = None, seen: str | None = None, **more: Any) -> Any:
        """Make or do something, under an Idempotency-Key perhaps, or to what had the ETag `seen`."""
        headers = ({"Idempotency-Key": key} if key else {}) | ({"If-Match": seen} if seen else {})
        return self.client.post(V1 + path, body or {}, content_type="application/json", headers=headers, **more)

    def patch(self, path: str, body: Any, *, seen: str | None = None) -> Any:
        """Change something, as it was when it had the ETag `seen`."""
        headers = {"If-Match": seen} if seen else {}
        return self.client.patch(V1 + path, body, content_type="application/json", headers=headers)

    def delete(self, path: str, *, seen: str | None = None) -> Any:
        """Delete something, as it was when it had the ETag `seen`."""
        return self.client.delete(V1 + path, headers={"If-Match": seen} if seen else {})


class ByLink(Program):
    """A program that has the secret of a visit, or of a place on the waitlist, and no more; or as `user` too."""

    def __init__(self, thing: Any, user: User | None = None) -> None:
        super().__init__(user)
        self.client.defaults["HTTP_FRONTDESK_SECRET"] = thing.secret


def program_of(role: Role, *locations: Location) -> Program:
    """A program of somebody of the staff with a role at these locations."""
    user = UserFactory.create(is_staff=True)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    if locations:
        StaffAssignment.objects.create(user=user).locations.set(locations)
    return Program(user)


def asking(role: Role | None, *locations: Location) -> Program:
    """A program of nobody, of a patient, or of staff at these locations."""
    if role is None:
        return Program()
    return Program(UserFactory()) if role == Role.PATIENT else program_of(role, *locations)


def names(response: Any, field: str = "id") -> list[Any]:
    """That field of every row of a list."""
    assert response.status_code == 200, response.content
    return [row[field] for row in response.json()["results"]]


def refused(answer: Any, status: int, code: str, field: str | None = None) -> None:
    """The answer says no, in this way, and for this field."""
    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), said
    if field is not None:
        assert field in [error["field"] for error in said["errors"]], said
