"""Methods, providers and states of money, and which state follows which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Terms(models.TextChoices):
    """When a doctor's fee is to be paid."""

    PREPAID = "prepaid", _("The whole fee, to confirm the booking")
    DEPOSIT = "deposit", _("A deposit, to confirm the booking")
    AT_CLINIC = "at_clinic", _("At the clinic")


class Method(models.TextChoices):
    """How somebody pays."""

    CARD = "card", _("Card")
    UPI = "upi", _("UPI")
    NETBANKING = "netbanking", _("Netbanking")
    BANK_TRANSFER = "bank_transfer", _("Bank transfer")
    CASH = "cash", _("Cash")


class ProviderName(models.TextChoices):
    """Who tells us that money has come."""

    STRIPE = "stripe", _("Stripe")
    RAZORPAY = "razorpay", _("Razorpay")
    UPI = "upi", _("UPI to the clinic's own address")
    BANK = "bank", _("The clinic's bank account")
    DESK = "desk", _("The desk")
    SANDBOX = "sandbox", _("Sandbox: no real money")


HOSTED = frozenset({ProviderName.STRIPE, ProviderName.RAZORPAY, ProviderName.SANDBOX})
"""Providers with a page of their own, who tell us by themselves what came of a payment and can be asked."""

BY_HAND = frozenset({ProviderName.UPI, ProviderName.BANK, ProviderName.DESK})
"""Where staff say that money has come, or a statement does; and where staff pay it back."""


class PaymentStatus(models.TextChoices):
    """Where a payment is in its life."""

    PENDING = "pending", _("Under way")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Given up")
    REFUNDED = "refunded", _("Refunded")
    PARTIALLY_REFUNDED = "partially_refunded", _("Partly refunded")


PAYMENT_TRANSITIONS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.PENDING: frozenset({PaymentStatus.PAID, PaymentStatus.FAILED, PaymentStatus.CANCELLED}),
    # Money may come after all: from a page that stayed open, or a bank that was slow.
    PaymentStatus.FAILED: frozenset({PaymentStatus.PAID}),
    PaymentStatus.CANCELLED: frozenset({PaymentStatus.PAID}),
    PaymentStatus.PAID: frozenset({PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED}),
    PaymentStatus.PARTIALLY_REFUNDED: frozenset({PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED}),
    PaymentStatus.REFUNDED: frozenset(),
}

CAPTURED = frozenset({PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED})
"""States in which money has come, some of which may have gone back."""


class RefundStatus(models.TextChoices):
    """Where a refund is in its life."""

    PENDING = "pending", _("To be paid back")
    SENDING = "sending", _("Asked of the provider")
    SUCCEEDED = "succeeded", _("Paid back")
    FAILED = "failed", _("Refused")


REFUND_TRANSITIONS: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.PENDING: frozenset({RefundStatus.SENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    # Back to pending: the provider said to try again later.
    RefundStatus.SENDING: frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    # Staff ask for another try; or a provider tells late that it went through after all.
    RefundStatus.FAILED: frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED}),
    # A bank may send it back days later.
    RefundStatus.SUCCEEDED: frozenset(),
}


class RefundReason(models.TextChoices):
    """Why money goes back."""

    CANCELLED = "cancelled", _("The appointment was cancelled in time")
    CLINIC = "clinic", _("The clinic cancelled the appointment")
    SEAT_GONE = "seat_gone", _("The payment came when the time was somebody else's")
    UNPAID = "unpaid", _("The rest was not paid in time")
    PAID_TWICE = "paid_twice", _("It was paid twice, or too much")
    STAFF = "staff", _("Decided by the staff")
    PROVIDER = "provider", _("Refunded at the provider")


class EntryKind(models.TextChoices):
    """What moved money."""

    CAPTURE = "capture", _("Money came")
    REFUND = "refund", _("Money went back")


class EventStatus(models.TextChoices):
    """What became of a provider's event."""

    RECEIVED = "received", _("Stored, not applied yet")
    APPLIED = "applied", _("Applied")
    IGNORED = "ignored", _("Nothing to do")
    WAITING = "waiting", _("Waits for what comes before it")
    FAILED = "failed", _("Could not be applied")


class AccountStatus(models.TextChoices):
    """How an appointment stands with its fee; read from its payments, never stored."""

    NOT_DUE = "not_due", _("Nothing to pay")
    PENDING = "pending", _("To be paid")
    PARTIAL = "partial", _("Partly paid")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Payment failed")
    REFUNDED = "refunded", _("Refunded")


class LineStatus(models.TextChoices):
    """What became of a line of a bank statement."""

    MATCHED = "matched", _("Matched and booked")
    NEAR = "near", _("Nearly matches: please decide")
    UNMATCHED = "unmatched", _("Matches nothing")
    KNOWN = "known", _("Imported before")
    SET_ASIDE = "set_aside", _("Set aside by the staff")


class LineWhy(models.TextChoices):
    """Why a line was not booked by itself, and what staff may look at."""

    WRONG_SIGN = "wrong_sign", _("The reference is one sign off")
    WRONG_AMOUNT = "wrong_amount", _("The reference is right, but the amount is another")
    WRONG_CURRENCY = "wrong_currency", _("The reference is right, but the currency is another")
    ALREADY_PAID = "already_paid", _("The payment of this reference is paid already")
    SEVERAL = "several", _("The line names more than one payment")
    NAME_AND_AMOUNT = "name_and_amount", _("The amount and the payer’s name fit")
    NOTHING = "nothing", _("No payment fits")
    REFUSED = "refused", _("The payment could not be booked")


OPEN_LINES = frozenset({LineStatus.NEAR, LineStatus.UNMATCHED})
"""Lines that staff have not dealt with."""


def payment_sources_of(target: PaymentStatus) -> frozenset[PaymentStatus]:
    """The states from which `target` may be reached."""
    return frozenset(state for state, targets in PAYMENT_TRANSITIONS.items() if target in targets)


def refund_sources_of(target: RefundStatus) -> frozenset[RefundStatus]:
    """The states from which `target` may be reached."""
    return frozenset(state for state, targets in REFUND_TRANSITIONS.items() if target in targets)
