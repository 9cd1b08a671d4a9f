"""What people type to say who they are: an e-mail address or a phone number, in one field."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber, to_python
from phonenumbers import is_possible_number

from accounts.models.users import UserManager


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


def read_phone(typed: str) -> str:
    """The phone number in `typed`, such as +447700900123, or an empty string."""
    number = to_python(typed)
    # Possible is enough: numbering plans change faster than their lists, and a code must arrive there anyway.
    return number.as_e164 if isinstance(number, PhoneNumber) and is_possible_number(number) else ""
