"""Guarantee 2, for money: no pair of writes about the same payment or visit breaks its books, whoever is first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.errors import DomainError
from payments.models import Payment, Refund
from payments.selectors.accounts import account_of
from payments.services.refunds import refund_payment
from payments.services.settling import settle
from payments.services.starting import give_up_payment, start_payment
from payments.states import CAPTURED, Method
from payments.tests.factories import PROVIDER, begin, came, policy, unpaid
from payments.tests.hooks import sound
from scheduling.models import Appointment, Doctor, Location, Slot
from scheduling.selectors.appointments import live_visit_of
from scheduling.services.lifecycle import cancel_appointment, confirm_appointment, expire_overdue
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import SEATED, AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, DoctorFactory, LocationFactory, SlotFactory, in_hours
from testing.threads import run_together

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = {"postgresql": 4, "sqlite": 2}
FEE = Decimal("60.00")


@dataclass
class Scene:
    """A visit that waits for a transfer of one of two payments, and another time for it."""

    visit: Appointment
    first: Payment
    second: Payment
    elsewhere: Slot


WRITES: dict[str, Callable[[Scene], object]] = {
    "the money comes": lambda s: settle(payment_id=s.first.pk, facts=[came(s.first)], actor=PROVIDER),
    "it comes twice": lambda s: settle(payment_id=s.second.pk, facts=[came(s.second)], actor=PROVIDER),
    "the patient cancels": lambda s: cancel_appointment(appointment_id=live(s).pk, actor=VISITOR),
    "the clinic cancels": lambda s: cancel_appointment(appointment_id=live(s).pk, actor=CLINIC),
    "it moves": lambda s: reschedule_appointment(appointment_id=s.visit.pk, slot_id=s.elsewhere.pk, actor=VISITOR),
    "it runs out": lambda _s: expire_overdue(actor=CLINIC),
    "staff waive it": lambda s: confirm_appointment(appointment_id=s.visit.pk, actor=CLINIC),
    "staff refund": lambda s: refund_payment(
        payment_id=s.first.pk, amount=Decimal("40.00"), words="too long a wait", actor=CLINIC
    ),
    "it is given up": lambda s: give_up_payment(payment_id=s.first.pk, actor=VISITOR),
    "it is begun again": lambda s: start_payment(appointment_id=live(s).pk, method=Method.BANK_TRANSFER, actor=VISITOR),
}
PAIRS = [
    ("the money comes", "the money comes"),
    ("the money comes", "it comes twice"),
    ("the money comes", "the patient cancels"),
    ("the money comes", "the clinic cancels"),
    ("the money comes", "it moves"),
    ("the money comes", "it runs out"),
    ("the money comes", "staff waive it"),
    ("the money comes", "staff refund"),
    ("the money comes", "it is given up"),
    ("the money comes", "it is begun again"),
    ("it runs out", "it is begun again"),
]
AFTER = [
    ("staff refund", "staff refund"),
    ("staff refund", "the patient cancels"),
    ("staff refund", "the clinic cancels"),
    ("it comes twice", "the clinic cancels"),
    ("it comes twice", "staff refund"),
    ("it moves", "staff refund"),
]
"""Pairs that meet when the money has come."""


@pytest.fixture
def clinic() -> tuple[Doctor, Location]:
    location = LocationFactory()
    policy(location, account_number="GB33BUKB20201555555555", transfer_hours=24)
    return DoctorFactory(), location


def scene(doctor: Doctor, location: Location, number: int, *, runs_out: bool) -> Scene:
    hour = 100 + 2 * number
    slots = [SlotFactory(doctor=doctor, location=location, starts_at=in_hours(hour + more)) for more in (0, 1)]
    visit = unpaid(slots[0])
    first = begin(visit, method=Method.BANK_TRANSFER)
    twin = Payment.objects.get(pk=first.pk)
    twin.pk, twin.key, twin.reference = None, f"twin-{first.pk}", None
    twin.save(force_insert=True)
    if runs_out:
        Appointment.objects.filter(pk=visit.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return Scene(visit, first, twin, slots[1])


def live(scene: Scene) -> Appointment:
    return live_visit_of(scene.visit.pk)


def play(pair: tuple[str, str], scenes: list[Scene]) -> None:
    """Both writes of every scene at one moment. A DomainError is an answer; anything else is a fault."""
    calls: list[Any] = [lambda one=one, name=name: WRITES[name](one) for one in scenes for name in pair]  # type: ignore[misc]
    for outcome in run_together(calls):
        assert outcome.error is None or isinstance(outcome.error, DomainError), (pair, outcome.error)


def is_fair(scene: Scene) -> None:
    """What the clinic keeps is never more than the fee of a visit that takes place, and nothing of one that does not;
    what somebody paid is never lost."""
    visit = live(scene)
    account = account_of(visit)
    came_in = sum(p.captured for p in Payment.objects.filter(appointment__calendar_uid=visit.calendar_uid))
    gone = sum(r.amount for r in Refund.objects.filter(payment__appointment__calendar_uid=visit.calendar_uid))
    assert account.held == came_in - gone
    if visit.status in SEATED:
        assert account.held <= FEE
    elif visit.status in (AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED):
        assert account.held == 0, (visit.status, came_in, gone)


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_money_that_comes_meets_what_else_may_happen(clinic: tuple[Doctor, Location], pair: tuple[str, str]) -> None:
    rounds = ROUNDS[connection.vendor]
    scenes = [scene(*clinic, number, runs_out="it runs out" in pair) for number in range(rounds)]
    play(pair, scenes)
    for one in scenes:
        is_fair(one)
    if "the money comes" in pair:
        assert Payment.objects.filter(pk__in=[one.first.pk for one in scenes], status__in=CAPTURED).count() == rounds
    sound()


@pytest.mark.parametrize("pair", AFTER, ids=" and ".join)
def test_money_that_has_come_goes_back_once(clinic: tuple[Doctor, Location], pair: tuple[str, str]) -> None:
    scenes = [scene(*clinic, number, runs_out=False) for number in range(ROUNDS[connection.vendor])]
    for one in scenes:
        WRITES["the money comes"](one)
    play(pair, scenes)
    for one in scenes:
        is_fair(one)
        one.first.refresh_from_db()
        assert one.first.refunding <= one.first.captured
    sound()
