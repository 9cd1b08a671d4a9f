"""A way to sign in beside allauth's: for those who registered through a program and have not proven their address."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ContactClaim, User


class UnprovenRegistrations:
    """Asked only by who passes `unproven=True`: the REST API. Pages know nobody before the address is proven.

    Takes as long whether or not somebody claimed the address. Of several claims the newest counts.
    """

    def authenticate(
        self, request: HttpRequest | None, *, password: str, unproven: bool, email: str = "", phone: str = ""
    ) -> User | None:
        """Whoever claimed the address and has this password."""
        claims = ContactClaim.objects.filter(address=email or phone, expires_at__gt=timezone.now())
        claim = claims.select_related("user").filter(user__is_active=True).order_by("-pk").first()
        if claim is None or not unproven:
            User().set_password(password)
            return None
        return claim.user if claim.user.check_password(password) else None
