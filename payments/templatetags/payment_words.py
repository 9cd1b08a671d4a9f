"""How references and amounts are written for somebody who types or copies them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from payments import references
from payments.money import decimals_of

register = template.Library()


@register.filter
def in_groups(reference: str | None) -> str:
    """A reference in groups of four, as people read it."""
    return references.in_groups(reference or "")


@register.filter
def plain_amount(amount: Decimal, currency: str) -> str:
    """An amount as every form takes it: digits and a point, without a sign."""
    return f"{amount:.{decimals_of(currency)}f}"
