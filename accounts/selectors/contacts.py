"""Who signs in by which address."""

from __future__ import annotations

from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress

from accounts.contacts import Contact
from accounts.models import User


def contact_is_taken(contact: Contact) -> bool:
    """Whether somebody signs in by this address or number, or has begun to register it on the pages."""
    if contact.email:
        return bool(filter_users_by_email(contact.email))
    return User.objects.filter(phone=contact.phone).exists()


def contact_is_proven(user: User) -> bool:
    """Whether somebody has proven what they sign in by, or staff vouched for it, as the pages ask of everybody.

    A number needs no proof beside an address, and an address that was never entered into allauth's list was entered
    by staff. Who has neither keeps nobody's and has nothing to prove.
    """
    if user.email:
        proven = list(EmailAddress.objects.filter(user=user).values_list("verified", flat=True))
        return not proven or any(proven)
    return user.phone_verified or not user.phone
