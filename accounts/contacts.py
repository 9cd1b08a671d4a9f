"""What people type to say who they are: an e-mail address or a phone number, in one field."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts.models.users import UserManager
from accounts.phone_numbers import read_phone


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach somebody; the other one is empty."""

    email: str = ""
    phone: str = ""

    def __str__(self) -> str:
        return self.email or self.phone


def read_contact(typed: str) -> Contact:
    """The e-mail address or phone number in `typed`, as it is stored; raises ValidationError for neither."""
    typed = typed.strip()
    if "@" in typed:
        validate_email(typed)
        return Contact(email=UserManager.normalize_address(typed) or "")
    phone = read_phone(typed)
    if not phone:
        raise ValidationError(
            _("Enter an e-mail address, such as name@example.com, or a phone number."), code="invalid_contact"
        )
    return Contact(phone=phone)
