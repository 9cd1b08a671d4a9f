"""The audit trail notes who signs in and out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from accounts.actors import Actor
from accounts.models import User
from accounts.services.audit_trail import record_sign_in


def connect() -> None:
    """Listen to Django's own events."""
    user_logged_in.connect(_note_sign_in, dispatch_uid="accounts.note_sign_in")
    user_logged_out.connect(_note_sign_out, dispatch_uid="accounts.note_sign_out")


def _note_sign_in(*, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    record_sign_in(actor=_actor(request, user), user=user, action="sign_in")


def _note_sign_out(*, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record_sign_in(actor=_actor(request, user), user=user, action="sign_out")


def _actor(request: HttpRequest | None, user: User) -> Actor:
    address = str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
    return Actor(label=f"user:{user.pk}", user=user, address=address)
