"""Who owes what: visits of these days that are to take place or did, and have not been paid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, DecimalField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from payments.models import Payment
from payments.money import ZERO
from payments.reports.asked import Asked
from scheduling.models import Appointment, Doctor
from scheduling.rules import Visitor
from scheduling.states import AppointmentStatus

OWING = frozenset(
    {
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.CHECKED_IN,
        AppointmentStatus.IN_PROGRESS,
        AppointmentStatus.COMPLETED,
    }
)
"""Whose fee is due. A booking that waits for its payment is no visit yet; about who did not come, staff decide."""

LEAST = Decimal("0.005")
"""Half of the smallest amount: SQLite reckons in binary, where what is paid may seem to lack a little."""

MOST_NAMED = 200
"""So many visits are named, the oldest first; all are counted."""

_MONEY: DecimalField[Decimal, Decimal] = DecimalField(max_digits=12, decimal_places=2)


@dataclass(frozen=True, slots=True)
class Debt:
    """A visit, and what is left of its fee."""

    visit: Appointment
    kept: Decimal
    owed: Decimal


@dataclass(frozen=True, slots=True)
class OwedSum:
    """So much of a currency is owed for so many visits, of all doctors or of one."""

    currency: str
    visits: int
    owed: Decimal
    doctor: Doctor | None = None


@dataclass(frozen=True, slots=True)
class Debts:
    """What is owed for the visits of these days."""

    totals: tuple[OwedSum, ...]
    by_doctor: tuple[OwedSum, ...]
    debts: tuple[Debt, ...]

    @property
    def are_all_named(self) -> bool:
        """Whether every visit is among `debts`."""
        return len(self.debts) == sum(one.visits for one in self.totals)


def debts_of(asked: Asked, user: Visitor) -> Debts:
    """What is owed for the visits whose money the visitor may see; four queries, and those of the rules."""
    owing = _owing(asked, user)
    counted = owing.order_by().values("currency", "doctor_id").annotate(visits=Count("pk"), sum=Sum("owed"))
    groups = list(counted.values_list("currency", "doctor_id", "visits", "sum"))
    doctors = Doctor.objects.filter(pk__in={group[1] for group in groups}).order_by("name", "pk")
    named = owing.select_related("patient", "doctor", "location").order_by("starts_at", "pk")[:MOST_NAMED]
    currencies = sorted({group[0] for group in groups})
    return Debts(
        totals=tuple(
            OwedSum(
                currency,
                sum(group[2] for group in groups if group[0] == currency),
                sum((group[3] for group in groups if group[0] == currency), ZERO),
            )
            for currency in currencies
        ),
        by_doctor=tuple(
            OwedSum(currency, visits, owed, doctor)
            for doctor in doctors
            for currency, doctor_id, visits, owed in sorted(groups)
            if doctor_id == doctor.pk
        ),
        debts=tuple(_debt(visit) for visit in named),
    )


def _debt(visit: Appointment) -> Debt:
    owed: Decimal = visit.owed  # type: ignore[attr-defined]  # annotated
    return Debt(visit, visit.fee - owed, owed)


def _owing(asked: Asked, user: Visitor) -> QuerySet[Appointment]:
    """Visits with what is left of their fees (`owed`), as in `selectors/accounts.py`: all payments of a visit count, at
    whichever time it was then, and what was given back is not owed again."""
    paid = Payment.objects.filter(appointment__calendar_uid=OuterRef("calendar_uid"), currency=OuterRef("currency"))
    by_visit = paid.order_by().values("appointment__calendar_uid")
    came = by_visit.annotate(came=Sum("captured")).values("came")
    visits = asked.visits(user).filter(status__in=sorted(OWING), fee__gt=0)
    owing = visits.annotate(owed=F("fee") - Coalesce(Subquery(came, output_field=_MONEY), ZERO, output_field=_MONEY))
    found: QuerySet[Appointment] = owing.filter(owed__gte=LEAST)
    return found
