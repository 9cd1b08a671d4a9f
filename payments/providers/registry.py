"""Which provider goes by which name."""

from __future__ import annotations

from functools import cache

from django.utils.module_loading import import_string

from payments.providers.contract import Provider

PLACES: dict[str, str] = {
    "sandbox": "payments.providers.sandbox.Sandbox",
}
"""Where the class of each provider is."""


@cache
def provider_of(name: str) -> Provider:
    """The provider of that name."""
    found: Provider = import_string(PLACES[name])()
    return found


def is_configured(name: str) -> bool:
    """Whether payments can be begun there."""
    return name in PLACES and provider_of(name).is_configured()
