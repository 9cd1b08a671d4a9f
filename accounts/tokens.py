"""The tokens of programs: JSON Web Tokens (RFC 7519), signed with a key of their own.

A token says which sign-in it belongs to and nothing else: whether that is still good stands in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

ACCESS_LIFETIME = timedelta(minutes=5)
REFRESH_LIFETIME = timedelta(days=14)
SIGN_IN_CLAIM = "sign_in"
LONGEST = 2000
"""No token of ours is longer; nobody makes us parse a megabyte."""


class _Signed(Token):
    def get_token_backend(self) -> TokenBackend:
        """Signs with a key that serves nothing else."""
        return _backend(settings.SECRET_KEY)


class AccessToken(_Signed):
    """Opens the API for five minutes, as long as its sign-in lives."""

    token_type = "access"  # noqa: S105
    lifetime = ACCESS_LIFETIME


class RefreshToken(_Signed):
    """Gets a new pair of tokens, once."""

    token_type = "refresh"  # noqa: S105
    lifetime = REFRESH_LIFETIME


@lru_cache(maxsize=2)
def _backend(secret: str) -> TokenBackend:
    key = salted_hmac("accounts.tokens", "signing", secret=secret, algorithm="sha256").hexdigest()
    return TokenBackend("HS256", signing_key=key)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a good token says."""

    sign_in: UUID
    token: UUID
    expires_at: datetime


def issue(kind: type[AccessToken] | type[RefreshToken], *, sign_in: UUID, token: UUID | None = None) -> str:
    """A new token of that kind for the sign-in; `token` is its number, any if left out."""
    made = kind()
    made[SIGN_IN_CLAIM] = sign_in.hex
    if token is not None:
        made["jti"] = token.hex
    return str(made)


def read(kind: type[AccessToken] | type[RefreshToken], text: str) -> Reading | None:
    """What the token says; None when it is not ours, not of that kind, changed or expired."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        payload = kind(text).payload  # type: ignore[arg-type]
        expires_at = datetime.fromtimestamp(payload["exp"], tz=UTC)
        return Reading(UUID(payload[SIGN_IN_CLAIM]), UUID(payload["jti"]), expires_at)
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        return None
