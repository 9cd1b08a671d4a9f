"""What a report on money is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from payments.models import LedgerEntry
from payments.rules import money_scope
from scheduling.asked_days import AskedDays, days_asked
from scheduling.models import Appointment
from scheduling.rules import Visitor
from scheduling.selectors.slots import in_days

_PLACE, _DOCTOR = "payment__location", "payment__appointment__doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(AskedDays):
    """The days, and perhaps one location or one doctor only; of money and of visits."""

    def entries(self, user: Visitor) -> QuerySet[LedgerEntry]:
        """What moved on these days, of what the visitor may see."""
        return LedgerEntry.objects.filter(
            money_scope(user, location=_PLACE, doctor=_DOCTOR),
            self.narrowed(location=_PLACE, doctor=_DOCTOR),
            in_days(self.first, self.last, moment="at", location=_PLACE),
        )

    def visits(self, user: Visitor) -> QuerySet[Appointment]:
        """The visits of these days, of those whose money the visitor may see; walk-ins by when they came."""
        walked_in = Q(starts_at__isnull=True) & in_days(self.first, self.last, moment="created_at")
        return Appointment.objects.filter(
            money_scope(user, doctor="doctor"), self.narrowed(), in_days(self.first, self.last) | walked_in
        )


def asked_about(
    first: date | None, last: date | None, *, location_id: int | None = None, doctor_id: int | None = None
) -> Asked:
    """What is asked by somebody who may leave out days: the thirty up to today, or up to the last. Raises
    InvalidReport."""
    first, last = days_asked(first, last)
    return Asked(first=first, last=last, location_id=location_id, doctor_id=doctor_id)
