"""Guarantee 3: a late payment is safe, with no worker at work: a seat never has two owners, and no money is lost.

Whoever pays just before, at or after the moment at which the booking runs out is confirmed, or, where somebody else has
the seat by then, gets all of it back and is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from payments.models import Payment, Refund
from payments.services.reconciling import ask_provider
from payments.services.refund_sending import send_refunds
from payments.states import PaymentStatus, RefundReason, RefundStatus
from payments.tests.hooks import begun_at, messages_of, serving, sound, tell, visit_at
from scheduling import invariants as ground
from scheduling.errors import SlotTaken
from scheduling.models import Appointment
from scheduling.services import prepaid
from scheduling.services.booking import VisitDetails, book_slot
from scheduling.services.lifecycle import expire_appointment, expire_overdue
from scheduling.states import SEATED, AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, PatientFactory
from testing.stripe_server import StripeServer
from testing.threads import run_together

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = {"postgresql": 4, "sqlite": 2}
MOMENTS = {
    "just before": timedelta(seconds=2),
    "at": timedelta(0),
    "just after": timedelta(milliseconds=-1),
    "long after": timedelta(hours=-1),
}


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with serving(StripeServer) as running:
        yield running


def runs_out(visit: Appointment, by: timedelta) -> None:
    Appointment.objects.filter(pk=visit.pk).update(expires_at=timezone.now() + by)


def take(visit: Appointment) -> Any:
    """Somebody else books the same time."""
    return lambda: book_slot(slot_id=visit.slot_id, patient=PatientFactory(), visit=VisitDetails(), actor=CLINIC)


def owner_of(visit: Appointment) -> Appointment:
    """Who has the seat: one, whatever happened."""
    return Appointment.objects.get(slot_id=visit.slot_id, status__in=SEATED)


def ends_well(payment: Payment) -> bool:
    """Whether the visit is confirmed; if not, all goes back, and the patient is told so."""
    payment.refresh_from_db()
    visit = payment.appointment
    visit.refresh_from_db()
    assert payment.captured == payment.amount
    owner = owner_of(visit)
    confirmed = owner.pk == visit.pk
    if confirmed:
        assert (visit.status, payment.status) == (AppointmentStatus.CONFIRMED, PaymentStatus.PAID)
        assert not payment.refunds.exists()
    else:
        assert visit.status == AppointmentStatus.EXPIRED
        refund = payment.refunds.get()
        assert (refund.reason, refund.amount) == (RefundReason.SEAT_GONE, payment.amount)
        assert messages_of(visit, "refunded")
    sound()
    return confirmed


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_payment_at_any_moment_with_nobody_else_there_confirms(stripe: StripeServer, moment: str) -> None:
    payment = begun_at(stripe)
    event = stripe.pay(payment.provider_reference)[-1]
    runs_out(payment.appointment, MOMENTS[moment])
    assert tell(stripe, event) == 200
    assert ends_well(payment)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_payment_and_somebody_else_for_the_seat_at_the_same_moment(stripe: StripeServer, moment: str) -> None:
    for number in range(ROUNDS[connection.vendor]):
        visit = visit_at(stripe)
        payment = begun_at(stripe, visit)
        event = stripe.pay(payment.provider_reference)[-1]
        runs_out(visit, MOMENTS[moment])
        if number % 2:  # what ran out has been ended, and its seat given back
            expire = number > 1 and MOMENTS[moment] <= timedelta(0)
            expire_appointment(appointment_id=visit.pk, actor=CLINIC) if expire else expire_overdue(actor=CLINIC)
        outcomes = run_together([lambda event=event: tell(stripe, event), take(visit)])  # type: ignore[misc]
        assert outcomes[0].answer == 200
        assert outcomes[1].error is None or isinstance(outcomes[1].error, SlotTaken)
        assert ends_well(payment) == (outcomes[1].error is not None)
    if Refund.objects.exists():
        send_refunds(actor=CLINIC)
        assert set(Refund.objects.values_list("status", flat=True)) == {RefundStatus.SUCCEEDED}
        assert sum(row["amount"] for row in stripe.refunds.values()) == 6000 * Refund.objects.count()
        sound()


def test_somebody_who_was_faster_keeps_the_seat(stripe: StripeServer) -> None:
    payment = begun_at(stripe)
    runs_out(payment.appointment, timedelta(seconds=-1))
    take(payment.appointment)()
    assert tell(stripe, stripe.pay(payment.provider_reference)[-1]) == 200
    assert not ends_well(payment)
    send_refunds(actor=CLINIC)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.REFUNDED
    sound()


def test_the_payer_who_returns_the_provider_who_tells_and_the_sweep_at_one_moment(stripe: StripeServer) -> None:
    for _round in range(ROUNDS[connection.vendor]):
        payment = begun_at(stripe)
        events = stripe.pay(payment.provider_reference)
        runs_out(payment.appointment, timedelta(milliseconds=-1))
        calls: list[Any] = [lambda event=event: tell(stripe, event) for event in events]  # type: ignore[misc]
        calls += [lambda payment=payment: ask_provider(payment_id=payment.pk, actor=VISITOR)]  # type: ignore[misc]
        calls += [lambda: expire_overdue(actor=CLINIC)]
        assert [outcome.error for outcome in run_together(calls)] == [None] * len(calls)
        assert ends_well(payment)


def test_without_taking_the_seat_again_it_would_have_two_owners(
    stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin, with the mechanism switched off."""
    payment = begun_at(stripe)
    runs_out(payment.appointment, timedelta(seconds=-1))
    take(payment.appointment)()
    monkeypatch.setattr(prepaid, "_take_seat_again", lambda _appointment: None)
    tell(stripe, stripe.pay(payment.provider_reference)[-1])
    assert Appointment.objects.filter(slot_id=payment.appointment.slot_id, status__in=SEATED).count() == 2
    assert [drift.code for drift in ground.check()] == ["slot_miscounted"]
