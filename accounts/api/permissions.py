"""Who may call an endpoint, in one word that a test can read; `rules.py` of the app narrows it to objects.

class SlotViewSet(ApiViewSet):
    permission_classes = [Public]
    permissions_by_action = {"create": Staff, "destroy": Managers}
"""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.roles import Role

SECRET_HEADER = "Frontdesk-Secret"  # noqa: S105
"""What opens one object to whoever has its link, signed in or not."""


class Nobody(BasePermission):
    """What an endpoint gets that names no permission: a mistake of ours that a test finds."""

    permission = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Nobody may."""
        return False


class Public(BasePermission):
    """Everybody may call it."""

    permission = "public"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Everybody may."""
        return True


class SecretLink(Public):
    """Whoever has the secret of the object in the address or in a header; the view looks it up and answers 404."""

    permission = "secret_link"


class SignedIn(BasePermission):
    """Somebody who has signed in."""

    permission = "signed_in"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whoever is known."""
        return bool(request.user and request.user.is_authenticated)


class Staff(SignedIn):
    """A member of staff; the view narrows further by location and role."""

    permission = "staff"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Doctors, reception, managers."""
        return super().has_permission(request, view) and request.user.is_staff


class Managers(Staff):
    """Whoever manages the clinic as a whole."""

    permission = "managers"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Managers and superusers."""
        if not super().has_permission(request, view):
            return False
        return request.user.is_superuser or request.user.groups.filter(name=Role.MANAGER).exists()


class Reception(Staff):
    """Whoever keeps the calendar and the desk: reception and managers; the view narrows further by location."""

    permission = "reception"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Reception, managers and superusers."""
        if not super().has_permission(request, view):
            return False
        return request.user.is_superuser or request.user.groups.filter(name__in=_DESK).exists()


_DESK = (Role.RECEPTION, Role.MANAGER)
