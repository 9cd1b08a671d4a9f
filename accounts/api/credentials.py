"""Finding out by a password who signs in, with the same counting of guesses as on the pages."""

from __future__ import annotations

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.adapter import NO_MATCH, address_of, login_of
from accounts.contacts import Contact
from accounts.errors import DomainError, TooManyAttempts
from accounts.models import User
from accounts.selectors.contacts import contact_is_proven


class CredentialsRefused(DomainError):
    """Nobody signs in by this address with this password. The same for every reason why."""

    code = "invalid_credentials"
    sentence = NO_MATCH
    status = 401


class ContactNotProven(DomainError):
    """Somebody registered on the pages and has not entered the code yet. Only they learn it: the password was right."""

    code = "contact_not_proven"
    sentence = _("Please sign in on the clinic's pages once: a code we send you proves the address or number.")
    status = 403


def user_with(request: HttpRequest, contact: Contact, password: str) -> User:
    """Whoever signs in by `contact` with `password`. Raises CredentialsRefused, ContactNotProven, TooManyAttempts.

    django-axes counts guesses, for the person and the address they come from together.
    """
    given = {"email": contact.email, "phone": contact.phone}
    user = authenticate(request, password=password, unproven=True, **given)
    if getattr(request, "axes_locked_out", False):
        request.axes_locked_out = False  # type: ignore[attr-defined]  # its middleware would answer with a page
        raise TooManyAttempts(wait=int(settings.AXES_COOLOFF_TIME.total_seconds()))
    if not isinstance(user, User):
        raise CredentialsRefused
    if not contact_is_proven(user):
        raise ContactNotProven
    return user


def forget_guesses(request: HttpRequest, contact: Contact, user: User) -> None:
    """Somebody who mistyped and then got it right starts afresh.

    Not who registered somebody's address without proving it: they could guess at that person's password, and wipe
    their guesses away by signing in as themselves in between.
    """
    if user.email or user.phone:
        login = login_of(None, {"username": str(contact)})
        AccessAttempt.objects.filter(username=login, ip_address=address_of(request)).delete()
