"""Who signs in by which address."""

from __future__ import annotations

from allauth.account.internal.userkit import filter_users_by_email

from accounts.contacts import Contact
from accounts.models import User


def contact_is_taken(contact: Contact) -> bool:
    """Whether somebody signs in by this address or number, or has begun to register it on the pages."""
    if contact.email:
        return bool(filter_users_by_email(contact.email))
    return User.objects.filter(phone=contact.phone).exists()
