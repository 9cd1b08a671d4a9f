"""Why a payment failed, in words that help: providers say it in codes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

_WORDS = {
    "insufficient_funds": _("Your bank said no: there is not enough money on the account or card."),
    "expired_card": _("Your card has expired."),
    "incorrect_cvc": _("The security code of the card was not right."),
    "incorrect_number": _("The number of the card was not right."),
    "authentication_failed": _("Your bank could not make sure that it was you."),
    "card_not_supported": _("This card cannot be used for this payment."),
    "limit_exceeded": _("The amount is above the limit of your card or account."),
    "timed_out": _("It took too long, and your bank gave up."),
    "cancelled": _("The payment was cancelled before it was finished."),
}
_SAME = {
    "invalid_cvc": "incorrect_cvc",
    "invalid_expiry_month": "expired_card",
    "invalid_expiry_year": "expired_card",
    "invalid_number": "incorrect_number",
    "currency_not_supported": "card_not_supported",
    "transaction_not_allowed": "card_not_supported",
    "card_velocity_exceeded": "limit_exceeded",
    "withdrawal_count_limit_exceeded": "limit_exceeded",
    "authentication_required": "authentication_failed",
    "payment_intent_authentication_failure": "authentication_failed",
    "payment_cancelled": "cancelled",
    "payment_timed_out": "timed_out",
}
"""What Stripe and Razorpay call the same."""
_ANYTHING_ELSE = _("Your bank or card said no, and does not tell us why.")


def words_for_failure(why: str) -> str:
    """A sentence for the payer; a code that nobody knows is not shown to them."""
    code = why.strip().lower()
    return str(_WORDS.get(_SAME.get(code, code), _ANYTHING_ELSE))
