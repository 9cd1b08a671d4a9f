"""How visits stand with their fees. Read from the payments, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from payments.models import Payment
from payments.money import ZERO
from payments.states import AccountStatus, PaymentStatus
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

NOT_OWED = frozenset(
    {
        AppointmentStatus.CANCELLED,
        AppointmentStatus.EXPIRED,
        AppointmentStatus.RESCHEDULED,
        AppointmentStatus.NO_SHOW,
    }
)
"""States of a visit for which nobody owes anything: it does not take place, or staff decide."""


@dataclass(frozen=True, slots=True)
class Account:
    """A visit's money, all of one currency.

    `held` is what the clinic has and will keep: `captured - refunded - refunding`. `outstanding` is what is owed of the
    fee: what the clinic gave back of it is not asked for again. `due_now` is what the patient is asked for at this
    moment: the prepayment while the booking waits for it, else what is outstanding. `takeable` is the most the desk may
    take: what is outstanding, or the fee anew where all of it went back, to be paid in another way.
    """

    fee: Decimal
    currency: str
    prepayment: Decimal
    captured: Decimal
    refunded: Decimal
    refunding: Decimal
    outstanding: Decimal
    due_now: Decimal
    takeable: Decimal
    status: AccountStatus
    has_pending: bool

    @property
    def kept(self) -> Decimal:
        """What has come and has not gone back yet."""
        return self.captured - self.refunded

    @property
    def held(self) -> Decimal:
        """What the clinic has and will keep."""
        return self.kept - self.refunding


def payments_of_visit(appointment: Appointment) -> QuerySet[Payment]:
    """Every payment for a visit, whichever time it was at when somebody paid; the oldest first."""
    return Payment.objects.filter(appointment__calendar_uid=appointment.calendar_uid).order_by("pk")


def account_of(appointment: Appointment) -> Account:
    """How a visit stands with its fee, in one query."""
    return account_from(appointment, payments_of_visit(appointment))


def accounts_of(appointments: Iterable[Appointment]) -> dict[int, Account]:
    """How visits stand with their fees, by the id of each, in one query."""
    visits = list(appointments)
    payments: dict[UUID, list[Payment]] = defaultdict(list)
    found = Payment.objects.filter(appointment__calendar_uid__in={visit.calendar_uid for visit in visits})
    for payment in found.select_related("appointment").order_by("pk"):
        payments[payment.appointment.calendar_uid].append(payment)
    return {visit.pk: account_from(visit, payments[visit.calendar_uid]) for visit in visits}


def account_from(appointment: Appointment, payments: Iterable[Payment]) -> Account:
    """The account of a visit from its payments. What was paid in another currency is not counted."""
    counted = [payment for payment in payments if payment.currency == appointment.currency]
    captured = sum((payment.captured for payment in counted), ZERO)
    refunded = sum((payment.refunded for payment in counted), ZERO)
    refunding = sum((payment.refunding for payment in counted), ZERO)
    held = captured - refunded - refunding
    is_owed = appointment.status not in NOT_OWED
    owed = max(appointment.fee - captured, ZERO) if is_owed else ZERO
    due_now = owed
    if appointment.status == AppointmentStatus.PENDING and appointment.prepayment:
        due_now = max(appointment.prepayment - held, ZERO)
    return Account(
        fee=appointment.fee,
        currency=appointment.currency,
        prepayment=appointment.prepayment,
        captured=captured,
        refunded=refunded,
        refunding=refunding,
        outstanding=owed,
        due_now=due_now,
        takeable=appointment.fee if is_owed and captured and not held else owed,
        status=_status(appointment, counted, captured=captured, held=held, owed=owed),
        has_pending=any(payment.status == PaymentStatus.PENDING for payment in counted),
    )


def _status(
    appointment: Appointment, payments: list[Payment], *, captured: Decimal, held: Decimal, owed: Decimal
) -> AccountStatus:
    if captured and not held:
        return AccountStatus.REFUNDED
    if held:
        is_part = owed or (appointment.status in NOT_OWED and held < captured)
        return AccountStatus.PARTIAL if is_part else AccountStatus.PAID
    if not owed:
        return AccountStatus.NOT_DUE
    if payments and payments[-1].status == PaymentStatus.FAILED:
        return AccountStatus.FAILED
    return AccountStatus.PENDING
