"""Finding patients and visits by whatever people read out: a number, a name, a phone, an e-mail address."""

from __future__ import annotations

import re

from django.db.models import Q

from accounts.models import User
from accounts.phone_numbers import phone_digits

MOST_WORDS = 5
REFERENCE_DIGITS = 6
"""As many as a reference is written with."""

_PATIENT_NUMBER = re.compile(r"^PAT-?0*(\d{1,18})$", re.IGNORECASE)
_APOSTROPHES = re.compile("['’‘`´]")
_APPOINTMENT_NUMBER = re.compile(r"^APT-?(?:\d{4}-?)?0*(\d{1,18})$", re.IGNORECASE)


def appointment_key(term: str) -> int | None:
    """The key inside an appointment's number, in upper or lower case, with or without its dashes' zeros."""
    found = _APPOINTMENT_NUMBER.match(term.strip())
    return int(found[1]) if found else None


def patient_key(term: str) -> int | None:
    """The key inside a patient's number."""
    found = _PATIENT_NUMBER.match(term.strip())
    return int(found[1]) if found else None


def patients_like(term: str, path: str = "", *, asker: User | None = None) -> Q:
    """Whose number, phone, name or e-mail address `term` is; `path` leads from a row to the patient (`patient__`).

    For an `asker`, a patient, phones and addresses count only of those in their care: searching must not tell what no
    answer shows.
    """
    number, digits = patient_key(term), phone_digits(term)
    known = Q(**{f"{path}user": asker}) if asker is not None else Q()
    if number is not None:
        return Q(**{f"{path}pk": number})
    if digits:
        return known & Q(**{f"{path}phone__contains": digits})
    found = Q()
    for word in term.split()[:MOST_WORDS]:
        found &= (known & Q(**{f"{path}email__icontains": word})) | _named(word, path)
    return found


def _named(word: str, path: str) -> Q:
    """Names with the word, however either writes an apostrophe: keyboards have the straight one, phones the curved."""
    found = Q()
    for spelling in dict.fromkeys(_APOSTROPHES.sub(mark, word) for mark in "'’"):
        found |= Q(**{f"{path}last_name__icontains": spelling}) | Q(**{f"{path}first_name__icontains": spelling})
    return found


def visits_like(term: str, *, asker: User | None = None) -> Q:
    """Visits by their reference, or by who comes, as `patients_like` has it; the digits of a reference may be those of
    a phone as well."""
    key, digits = appointment_key(term), term.strip()
    if key is not None:
        return Q(pk=key)
    if digits.isdecimal() and len(digits) <= REFERENCE_DIGITS:
        by_phone = patients_like(digits, "patient__", asker=asker) if phone_digits(digits) else Q(pk__in=[])
        return Q(pk=int(digits)) | by_phone
    return patients_like(term, "patient__", asker=asker)
