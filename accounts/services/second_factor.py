"""The second step of signing a program in: a code from an authenticator app, or a recovery code."""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from accounts.models import User
from accounts.services.throttling import count_attempt

CODES_PER_PERSON = 30
CODES_PER_PERSON_AND_ADDRESS = 8
WINDOW = timedelta(minutes=15)


class SecondFactorRequired(DomainError):
    """The password is right; now the second step."""

    code = "second_factor_required"
    sentence = _("Enter the code from your authenticator app, or a recovery code.")
    field = "code"
    status = 401


class SecondFactorRefused(DomainError):
    """The code of the second step is another one, or was used before."""

    code = "incorrect_code"
    sentence = _("This code is not right. Wait for the next one and try again.")
    field = "code"
    status = 401


class SecondFactorMissing(DomainError):
    """Staff need a second factor, and this person has set up none."""

    code = "second_factor_missing"
    sentence = _("Staff sign in with a second step. Set one up on the clinic's pages, then sign in here.")
    status = 403


def pass_second_factor(*, user: User, code: str, actor: Actor) -> bool:
    """Let `user`, whose password was right, through the second step; returns whether there was one.

    Raises SecondFactorRequired without a code, SecondFactorRefused for a wrong one, SecondFactorMissing, and
    TooManyAttempts. Call it outside a transaction.
    """
    ways = list(Authenticator.objects.filter(user=user))
    if not ways:
        require_second_factor(user)
        return False
    if not code:
        raise SecondFactorRequired
    # Whoever guesses is stopped at their address first, so that the real person is not.
    subject = f"{user.pk}:{actor.address}"
    count_attempt(subject=f"second-factor-from:{subject}", limit=CODES_PER_PERSON_AND_ADDRESS, window=WINDOW)
    count_attempt(subject=f"second-factor:{user.pk}", limit=CODES_PER_PERSON, window=WINDOW)
    if not _fits(ways, code, actor):
        raise SecondFactorRefused
    return True


def require_second_factor(user: User) -> None:
    """Raise SecondFactorMissing for staff who have set up none while staff need one."""
    if user.is_staff and settings.STAFF_NEED_SECOND_FACTOR and not is_mfa_enabled(user):
        raise SecondFactorMissing


def _fits(ways: list[Authenticator], code: str, actor: Actor) -> bool:
    """Whether one of the ways takes the code; a recovery code is used up by it. Keys and passkeys take no codes."""
    for way in ways:
        if way.type == Authenticator.Type.WEBAUTHN:
            continue
        with recorded(actor, "user.second_factor"):
            if way.wrap().validate_code(code):
                way.record_usage()
                return True
    return False
