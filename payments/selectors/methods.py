"""How somebody may pay for a visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from payments.models import PaymentPolicy
from payments.providers.registry import is_configured
from payments.states import Method, ProviderName
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

RUPEES = "INR"
"""UPI and netbanking are India's, and Razorpay takes rupees unless it was told otherwise."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to pay, and who takes the money."""

    method: Method
    provider: ProviderName


def offers_for(appointment: Appointment, *, policy: PaymentPolicy) -> list[Offer]:
    """The ways in which a patient may pay for this visit online, the usual first.

    While a booking waits for its payment, a transfer is offered only where there is time for it.
    """
    needs_time = appointment.status == AppointmentStatus.PENDING
    starts_at = appointment.starts_at if needs_time else None
    return list(_offers(policy, currency=appointment.currency, starts_at=starts_at))


def is_payable_online(policy: PaymentPolicy, *, currency: str, starts_at: datetime | None) -> bool:
    """Whether there is any way to pay for a visit before it."""
    return next(_offers(policy, currency=currency, starts_at=starts_at), None) is not None


def upi_address_of(policy: PaymentPolicy) -> str:
    """The UPI address to which patients of the location pay; empty where there is none."""
    return policy.upi_address or settings.UPI_VPA


def _offers(policy: PaymentPolicy, *, currency: str, starts_at: datetime | None) -> Iterator[Offer]:
    stripe, razorpay = is_configured(ProviderName.STRIPE), is_configured(ProviderName.RAZORPAY) and currency == RUPEES
    if policy.takes_card:
        if stripe:
            yield Offer(Method.CARD, ProviderName.STRIPE)
        elif razorpay:
            yield Offer(Method.CARD, ProviderName.RAZORPAY)
        elif is_configured(ProviderName.SANDBOX):
            yield Offer(Method.CARD, ProviderName.SANDBOX)
    has_time = starts_at is None or starts_at > timezone.now() + timedelta(hours=policy.transfer_hours)
    if policy.takes_upi and currency == RUPEES:
        if razorpay:
            yield Offer(Method.UPI, ProviderName.RAZORPAY)
        elif upi_address_of(policy) and has_time:
            yield Offer(Method.UPI, ProviderName.UPI)
    if policy.takes_netbanking and razorpay:
        yield Offer(Method.NETBANKING, ProviderName.RAZORPAY)
    if policy.takes_bank_transfer and policy.account_number and has_time:
        yield Offer(Method.BANK_TRANSFER, ProviderName.BANK)
