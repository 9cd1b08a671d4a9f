"""Who a request comes from: somebody signed in on the pages, or a program with a token."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import tokens
from accounts.api.errors import CHALLENGE
from accounts.middleware import BACKGROUND_HEADER
from accounts.models import SignIn, User
from accounts.selectors.sign_ins import sign_in_by_id
from accounts.services.second_factor import require_second_factor
from accounts.services.sign_ins import note_use


class TokenRefused(AuthenticationFailed):
    """The access token opens nothing: refresh it, or sign in again."""

    default_code = "token_refused"
    default_detail = _("This token is no longer good. Please refresh it, or sign in again.")


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; `request.auth` is the `SignIn`. One query reads it and its user."""

    def authenticate(self, request: Request) -> tuple[User, SignIn] | None:
        """Whose token it is; None without one. Raises TokenRefused."""
        token = bearer_in(request.META.get("HTTP_AUTHORIZATION", ""))
        if token is None:
            return None
        sign_in = read_bearer(token)
        if sign_in is None:
            raise TokenRefused
        if BACKGROUND_HEADER not in request.headers:
            note_use(sign_in=sign_in)
        return sign_in.user, sign_in

    def authenticate_header(self, request: Request) -> str:
        """What to ask of whoever is not signed in."""
        return CHALLENGE


class PagesSession(SessionAuthentication):
    """The session of the pages. Changes need the token that protects forms (header `X-CSRFToken`)."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Who is signed in on the pages. Raises SecondFactorMissing for staff who need one, as the back office does."""
        found: tuple[User, None] | None = super().authenticate(request)
        if found is not None:
            require_second_factor(found[0])
        return found

    def authenticate_header(self, request: Request) -> str:
        """What to ask of whoever is not signed in."""
        return CHALLENGE


class Unasked(BaseAuthentication):
    """Takes no notice of who asks: who signs in may well send an old token along."""

    def authenticate(self, request: Request) -> None:
        """Nobody."""
        return

    def authenticate_header(self, request: Request) -> str:
        """What to ask of whoever is not signed in."""
        return CHALLENGE


def bearer_in(header: str) -> str | None:
    """The token in an `Authorization` header; None when it carries none of this kind."""
    scheme, _space, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def read_bearer(token: str) -> SignIn | None:
    """The sign-in behind an access token, with its user, in one query; None when either is no longer good.

    Its `token_expires_at` says when the token ends. Being read does not count as being used.
    """
    reading = tokens.read(tokens.AccessToken, token)
    sign_in = sign_in_by_id(reading.sign_in) if reading else None
    if reading is not None and sign_in is not None:
        sign_in.token_expires_at = reading.expires_at
    return sign_in


class BearerScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document calls it."""

    target_class = "accounts.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """An HTTP bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document calls the pages' session."""

    target_class = "accounts.api.authentication.PagesSession"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """A cookie."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
