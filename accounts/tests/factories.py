"""People for tests."""

from __future__ import annotations

from itertools import count

from accounts.actors import system
from accounts.models import User
from accounts.roles import Role
from accounts.services.users import register_user

PASSWORD = "correct horse battery"
_numbers = count(1)


def make_user(*roles: Role, email: str | None = None, phone: str = "", password: str = PASSWORD) -> User:
    """Somebody who can sign in with `password`; a patient unless told otherwise."""
    if email is None:
        email = "" if phone else f"person{next(_numbers)}@example.org"
    return register_user(
        email=email,
        phone=phone,
        password=password,
        full_name="Test Person",
        roles=roles or (Role.PATIENT,),
        verified=True,
        actor=system("test"),
    )
