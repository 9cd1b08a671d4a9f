"""What a patient paid, for all their visits, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects

from payments.models import LedgerEntry, Payment, Refund
from payments.money import ZERO
from payments.rules import money_scope
from payments.selectors.accounts import Account, account_from
from scheduling.models import Appointment, Patient
from scheduling.rules import Visitor, appointment_scope

AT_A_TIME = 25
"""Visits of one page."""


@dataclass(frozen=True, slots=True)
class VisitMoney:
    """A visit, wherever it was moved to, with its money. `visit` is the latest of its `rows` that somebody sees.

    Each payment has its `refunds`, `entries` with their receipts, and `events` at hand.
    """

    rows: list[Appointment]
    account: Account
    payments: list[Payment]

    @property
    def visit(self) -> Appointment:
        """As it is now."""
        return self.rows[-1]


@dataclass(slots=True)
class Sum:
    """What the visits of one currency come to."""

    currency: str
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    refunding: Decimal = ZERO
    outstanding: Decimal = ZERO

    @property
    def kept(self) -> Decimal:
        """What the clinic has."""
        return self.captured - self.refunded


@dataclass(frozen=True, slots=True)
class PatientMoney:
    """One page of a patient's visits, and what all of them come to.

    `readable` are the payments whose own page opens for whoever asks: not those of a place that a visit was moved from.
    """

    visits: list[VisitMoney]
    sums: list[Sum]
    has_more: bool
    readable: frozenset[int]


def money_of_patient(patient: Patient, *, user: Visitor, page: int = 1) -> PatientMoney:
    """The visits of a patient that somebody sees, the latest first, each with its payments and all about them.

    Six queries, and those of the rules.
    """
    visits = _visits(patient, user)
    payments = _payments(rows[-1] for rows in visits)
    accounts = [_with_money(rows, payments[rows[-1].calendar_uid]) for rows in visits]
    shown = accounts[(page - 1) * AT_A_TIME : page * AT_A_TIME]
    told = [payment for one in shown for payment in one.payments]
    _bring_along(told)
    readable = Payment.objects.filter(money_scope(user), pk__in=[payment.pk for payment in told])
    return PatientMoney(
        visits=shown,
        sums=_sums(accounts),
        has_more=len(accounts) > page * AT_A_TIME,
        readable=frozenset(readable.values_list("pk", flat=True)),
    )


def _with_money(rows: list[Appointment], payments: list[Payment]) -> VisitMoney:
    return VisitMoney(rows, account_from(rows[-1], payments), payments)


def _visits(patient: Patient, user: Visitor) -> list[list[Appointment]]:
    """The rows of each visit in the order of its moves, the latest visit first; one without a time by when it was
    made."""
    found = Appointment.objects.filter(appointment_scope(user), patient=patient)
    visits: dict[UUID, list[Appointment]] = defaultdict(list)
    for row in found.select_related("doctor", "location", "booked_by").order_by("calendar_sequence", "pk"):
        visits[row.calendar_uid].append(row)

    def when(rows: list[Appointment]) -> tuple[datetime, int]:
        return rows[-1].starts_at or rows[-1].created_at, rows[-1].pk

    return sorted(visits.values(), key=when, reverse=True)


def _payments(visits: Iterable[Appointment]) -> dict[UUID, list[Payment]]:
    found = Payment.objects.filter(appointment__calendar_uid__in=[visit.calendar_uid for visit in visits])
    payments: dict[UUID, list[Payment]] = defaultdict(list)
    for payment in found.select_related("appointment", "location", "begun_by", "received_by").order_by("pk"):
        payments[payment.appointment.calendar_uid].append(payment)
    return payments


def _bring_along(payments: list[Payment]) -> None:
    entries = LedgerEntry.objects.select_related("receipt__location").order_by("pk")
    refunds = Refund.objects.select_related("decided_by").order_by("pk")
    prefetch_related_objects(payments, Prefetch("entries", entries), Prefetch("refunds", refunds), "events")


def _sums(accounts: Iterable[VisitMoney]) -> list[Sum]:
    sums: dict[str, Sum] = {}
    for one in accounts:
        total = sums.setdefault(one.account.currency, Sum(one.account.currency))
        total.captured += one.account.captured
        total.refunded += one.account.refunded
        total.refunding += one.account.refunding
        total.outstanding += one.account.outstanding
    return sorted(sums.values(), key=lambda total: total.currency)
