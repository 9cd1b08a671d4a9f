"""Telephone numbers: taken when they can exist, not only when a list says that they do.

Numbering plans change faster than their lists, so a number of a possible length is enough (libphonenumber's own
advice for what people type). What is read is stored in E.164.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField as LibraryFormField
from phonenumber_field.modelfields import PhoneNumberDescriptor
from phonenumber_field.modelfields import PhoneNumberField as LibraryModelField
from phonenumber_field.phonenumber import PhoneNumber, to_python
from phonenumbers import is_possible_number

if TYPE_CHECKING:  # the library has no types
    _Column = models.CharField[Any, Any]
else:
    _Column = LibraryModelField


def read_phone(typed: str) -> str:
    """The phone number in `typed` in E.164, such as +442079460018, or an empty string."""
    number = to_python(typed)
    return number.as_e164 if isinstance(number, PhoneNumber) and is_possible_number(number) else ""


def phone_digits(term: str) -> str:
    """The digits by which a phone number is found, however it is spelled; empty when `term` is no phone number.

    Numbers are stored as +442079460958: without its leading zeros and brackets, every spelling is part of that.
    """
    if not re.fullmatch(r"[\d\s+().\-/]{4,}", term.strip()):
        return ""
    return re.sub(r"\D", "", term.replace("(0)", "")).lstrip("0")


def validate_possible(value: Any) -> None:
    """Refuse what cannot be a telephone number."""
    number = to_python(value)
    if isinstance(number, PhoneNumber) and not is_possible_number(number):
        raise ValidationError(_("Enter a phone number we can call, such as 020 7946 0018."), code="invalid")


class PhoneFormField(LibraryFormField):
    """A field that accepts spaces, +, brackets and dashes."""

    default_validators = (validate_possible,)
    default_error_messages = {"invalid": _("Enter a phone number we can call, such as 020 7946 0018.")}


class _ParsedWhenAsked(PhoneNumberDescriptor):
    """Parses the number when somebody reads it: lists load hundreds of rows and show the number of none."""

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        value = super().__get__(instance, owner)
        if isinstance(value, str) and value and instance is not None:
            value = instance.__dict__[self.field.name] = to_python(value, region=self.field.region)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.name] = value


class PhoneField(_Column):
    """A column with a telephone number in E.164. Migrations see the library's field."""

    default_validators = (validate_possible,)
    descriptor_class = _ParsedWhenAsked

    def from_db_value(self, value: str | None, *_expression_and_connection: Any) -> str | None:
        """As it is stored; `_ParsedWhenAsked` reads it."""
        return value

    def get_prep_value(self, value: Any) -> Any:
        """E.164 for every number that can exist, so that one number is stored and found in one spelling."""
        return read_phone(str(value)) or super().get_prep_value(value) if value else value

    def formfield(self, **kwargs: Any) -> forms.Field | None:  # type: ignore[override]
        """The form field that goes with it."""
        return super().formfield(**{"form_class": PhoneFormField, **kwargs})

    def deconstruct(self) -> Any:
        """What migrations write: they import none of our code."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "phonenumber_field.modelfields.PhoneNumberField", args, kwargs
