"""Which provider goes by which name, and which of them this clinic has."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from payments.providers.contract import Provider
from payments.states import ProviderName

PLACES: dict[str, str] = {
    ProviderName.STRIPE: "payments.providers.stripe.Stripe",
    ProviderName.RAZORPAY: "payments.providers.razorpay.Razorpay",
    ProviderName.SANDBOX: "payments.providers.sandbox.Sandbox",
}
"""Where the class of each provider is: their clients are large, and are loaded when one is asked for."""

KEYS: dict[str, tuple[str, ...]] = {
    ProviderName.STRIPE: ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"),
    ProviderName.RAZORPAY: ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"),
}
"""The settings without which nobody can pay there."""


@cache
def provider_of(name: str) -> Provider:
    """The provider of that name. Raises KeyError for those that have no page of their own."""
    found: Provider = import_string(PLACES[name])()
    return found


def is_configured(name: str) -> bool:
    """Whether payments can be begun there. In the sandbox only where nobody pays with real money."""
    if name == ProviderName.SANDBOX:
        return bool(settings.PAYMENTS_SANDBOX) and not any(map(is_configured, KEYS))
    return name in KEYS and all(getattr(settings, key) for key in KEYS[name])


def configured() -> tuple[str, ...]:
    """The providers with a page of their own at which payments can be begun."""
    return tuple(name for name in PLACES if is_configured(name))


def hosts() -> list[str]:
    """Where payers are sent: what `form-action` of a page must allow that hands over to a provider."""
    return [host for name in configured() for host in provider_of(name).hosts()]
