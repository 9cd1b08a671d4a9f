"""What reports on money say in words."""

from __future__ import annotations

from django import template

from payments.states import Method, RefundReason

register = template.Library()


@register.filter
def method_words(value: str) -> str:
    """How somebody paid."""
    return str(Method(value).label)


@register.filter
def reason_words(value: str) -> str:
    """Why money went back."""
    return str(RefundReason(value).label)
