"""Payments in each stage that a patient may see one in, and the pages about them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from payments.models import Payment, SandboxSession
from payments.providers.sandbox_cards import CARDS
from payments.providers.sandbox_page import pay
from payments.services.settling import settle
from payments.states import Method, Terms
from payments.tests.factories import PROVIDER, begin, came, paid, policy, unpaid
from scheduling.models import Appointment, Slot
from scheduling.services.lifecycle import cancel_appointment, expire_overdue
from scheduling.tests.factories import CLINIC, DoctorFactory, LocationFactory, SlotFactory, book, in_hours


def payments_in_each_stage() -> Iterator[str]:
    """The addresses of the pages; wants the sandbox to be on."""
    place = LocationFactory(name="Place")
    policy(place, account_holder="Place", account_number="123", upi_address="x@y", late_refund_percent=50)
    doctor = DoctorFactory(name="Dr Who", locations=[place], currency="INR")
    visits = iter([book(SlotFactory(location=place, doctor=doctor, starts_at=in_hours(200 + n))) for n in range(9)])
    began = [begin(next(visits), method=method) for method in (Method.CARD, Method.UPI, Method.BANK_TRANSFER)]
    refused, asked = begin(next(visits)), begin(next(visits))
    pay(_session_of(refused), CARDS["poor"])
    pay(_session_of(asked), CARDS["asked"])
    back = paid(next(visits))
    cancel_appointment(appointment_id=back.appointment_id, message="", actor=CLINIC)
    for payment in (*began, refused, asked, paid(next(visits)), back, _too_late(), *_ran_out()):
        yield from _pages_of(payment)
    yield reverse("payments:checkout", args=[next(visits).secret])
    slot = _slot()
    deposit = unpaid(slot, terms=Terms.DEPOSIT, deposit=Decimal(5))
    yield reverse("payments:checkout", args=[deposit.secret])


def _slot() -> Slot:
    """A time at a place of its own, with room for other rules."""
    place = LocationFactory(name="Place")
    return SlotFactory(location=place, doctor=DoctorFactory(name="Dr Who"), starts_at=in_hours(24 * 9))


def _pages_of(payment: Payment) -> Iterator[str]:
    secret = payment.appointment.secret
    yield reverse("payments:payment", args=[secret, payment.pk])
    yield reverse("payments:checkout", args=[secret])
    yield reverse("payments:visit_money", args=[secret])
    for session in SandboxSession.objects.filter(key=payment.key):
        yield reverse("payments:sandbox", args=[session.reference])


def _session_of(payment: Payment) -> SandboxSession:
    return SandboxSession.objects.get(key=payment.key)


def _too_late() -> Payment:
    """Money that came when the time was somebody else's."""
    slot = _slot()
    payment = begin(unpaid(slot))
    _lapse(payment.appointment)
    book(slot)
    return settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)


def _ran_out() -> Iterator[Payment]:
    """Payments under way whose booking has run out."""
    transfer = begin(unpaid(_slot(), account_number="123"), method=Method.BANK_TRANSFER)
    for payment in (begin(unpaid(_slot())), transfer):
        _lapse(payment.appointment)
        yield payment


def _lapse(visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_overdue(actor=CLINIC)
