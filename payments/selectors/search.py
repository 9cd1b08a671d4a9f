"""Finding payments by whatever people read out, or copy from a statement or from a provider's pages."""

from __future__ import annotations

import re

from django.db.models import Q

from payments.references import compact, is_reference
from scheduling.selectors.search import REFERENCE_DIGITS, appointment_key

_NUMBER = re.compile(r"^PAY-?(?:\d{4}-?)?0*(\d{1,18})$", re.IGNORECASE)
_AT_PROVIDER = re.compile(r"^[A-Za-z]{2,8}_[\w-]{4,}$")
"""Such as `cs_test_a1b2`, `pi_3Nx9`, `order_K9x2`; no name and no address of anybody is written so."""


def payment_key(term: str) -> int | None:
    """The key inside a payment's number, in upper or lower case, with or without its dashes' zeros."""
    found = _NUMBER.match(term.strip())
    return int(found[1]) if found else None


def payments_like(term: str) -> Q | None:
    """The payments that a number names: its own, that of its visit, of its transfer, or one at the provider.

    None for what is no such number: a name, or a phone.
    """
    term = term.strip()
    if (key := payment_key(term)) is not None:
        return Q(pk=key)
    if (visit := appointment_key(term)) is not None:
        return Q(appointment=visit)
    if is_reference(written := compact(term)):
        return Q(reference=written)
    if _AT_PROVIDER.match(term):
        return Q(provider_reference=term) | Q(provider_payment=term)
    if term.isdecimal() and len(term) <= REFERENCE_DIGITS:
        return Q(pk=int(term)) | Q(appointment=int(term))
    return None
