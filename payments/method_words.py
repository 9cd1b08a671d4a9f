"""How ways to pay are named to patients, and what happens when one is chosen."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from payments.states import Method, ProviderName

_NAMES = {
    Method.CARD: _("Card"),
    Method.UPI: _("UPI"),
    Method.NETBANKING: _("Netbanking"),
    Method.BANK_TRANSFER: _("Bank transfer"),
    Method.CASH: _("Cash"),
}
_HINTS = {
    (Method.CARD, ProviderName.SANDBOX): _("Test cards only, on the page of the sandbox. No real money."),
    (Method.CARD, ProviderName.STRIPE): _("Debit or credit card, on the page of Stripe."),
    (Method.CARD, ProviderName.RAZORPAY): _("Debit or credit card, on the page of Razorpay."),
    (Method.UPI, ProviderName.RAZORPAY): _("With your UPI app, on the page of Razorpay."),
    (Method.UPI, ProviderName.UPI): _("With your UPI app: we show you a code to scan."),
    (Method.NETBANKING, ProviderName.RAZORPAY): _("With your bank’s own page, by way of Razorpay."),
    (Method.BANK_TRANSFER, ProviderName.BANK): _("We show you the account. It may take a day or two until we see it."),
}


def name_of(method: str) -> str:
    """The way to pay, as people call it."""
    return str(_NAMES[Method(method)])


def hint_of(method: str, provider: str) -> str:
    """What happens next when a way to pay is chosen; empty where its name says it all."""
    return str(_HINTS.get((Method(method), ProviderName(provider)), ""))
