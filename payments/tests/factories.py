"""Test data of the wing of money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.actors import Actor, system
from payments.models import Payment, PaymentPolicy, Refund
from payments.providers.contract import Captured
from payments.services.desk import take_at_desk
from payments.services.refunds import refund_payment
from payments.services.settling import settle
from payments.services.starting import start_payment
from payments.states import Method, Terms
from scheduling.models import Appointment, Location, Slot
from scheduling.tests.factories import CLINIC, VISITOR, LocationFactory, SlotFactory, book

PROVIDER = system("provider")


def policy(location: Location | None = None, **rules: Any) -> PaymentPolicy:
    """The rules of a location: the whole fee to be paid before the visit, unless told otherwise."""
    rules = {"terms": Terms.PREPAID, **rules}
    return PaymentPolicy.objects.create(location=location or LocationFactory(), **rules)


def unpaid(slot: Slot | None = None, **rules: Any) -> Appointment:
    """A booking that waits for its payment."""
    slot = slot or SlotFactory()
    if not PaymentPolicy.objects.filter(location=slot.location).exists():
        policy(slot.location, **rules)
    return book(slot)


def begin(appointment: Appointment | None = None, *, method: str = Method.CARD, **more: Any) -> Payment:
    """A payment that was begun, in the sandbox unless the test has set up something else."""
    visit = appointment or unpaid()
    return start_payment(appointment_id=visit.pk, method=method, actor=VISITOR, **more)


def came(payment: Payment, *, amount: Decimal | str | None = None, money: str = "", currency: str = "") -> Captured:
    """What a provider says when the money has come."""
    return Captured(
        payment=money or f"money-{payment.pk}",
        amount=Decimal(amount or payment.amount),
        currency=currency or payment.currency,
        at=timezone.now(),
    )


def paid(appointment: Appointment | None = None, **more: Any) -> Payment:
    """A payment whose money has come."""
    payment = begin(appointment, **more)
    return settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)


def paid_in_cash(appointment: Appointment, amount: Decimal | str | None = None, actor: Actor = CLINIC) -> Payment:
    """Cash that was taken at the desk."""
    return take_at_desk(appointment_id=appointment.pk, amount=Decimal(amount or appointment.fee), actor=actor)


def refunded(payment: Payment, amount: Decimal | str | None = None, actor: Actor = CLINIC) -> Refund:
    """A refund that staff decided."""
    return refund_payment(
        payment_id=payment.pk,
        amount=Decimal(payment.amount if amount is None else amount),
        words="The doctor was ill",
        actor=actor,
    )
