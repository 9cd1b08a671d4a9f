"""The demo's money: believable, in order, and nothing that a gateway would be asked about."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from payments.models import LedgerEntry, Payment, Receipt, Refund
from payments.selectors.accounts import accounts_of
from payments.states import AccountStatus, PaymentStatus, RefundStatus
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 18, 11, 10, tzinfo=UTC)


@pytest.mark.once("the same rows on both databases")
def test_the_first_house_is_paid_at_the_clinic_and_the_second_when_one_books():
    with time_machine.travel(MORNING, tick=False):
        call_command("demo", "--doctors", "8", "--patients", "80", "--days", "8", stdout=StringIO())
        call_command("check_invariants", stdout=StringIO())
        visits = Appointment.objects.filter(location__needs_confirmation=True, fee__gt=0)
        confirmed = list(visits.filter(status=AppointmentStatus.CONFIRMED))
        states = {account.status for account in accounts_of(confirmed).values()}
        owed = accounts_of(Appointment.objects.filter(status=AppointmentStatus.COMPLETED, fee__gt=0))
    assert states == {AccountStatus.PAID}
    assert {account.status for account in owed.values()} >= {AccountStatus.PAID, AccountStatus.PENDING}
    assert Payment.objects.filter(status=PaymentStatus.PENDING).exclude(reference=None).exists()
    assert not Payment.objects.filter(ask_at__isnull=False).exists()
    assert Refund.objects.filter(status=RefundStatus.PENDING, try_at=None).count() == 2
    assert not LedgerEntry.objects.filter(at__gt=MORNING).exists()
    numbers = list(Receipt.objects.filter(location__slug="harbour-street").order_by("issued_at", "sequence"))
    assert [receipt.sequence for receipt in numbers] == list(range(1, len(numbers) + 1))
