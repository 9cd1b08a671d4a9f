"""What a report is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from queueing import rules
from scheduling.asked_days import LONGEST_DAYS, AskedDays, days_asked
from scheduling.rules import Visitor

__all__ = ["LONGEST_DAYS", "Asked", "asked_about"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(AskedDays):
    """The days, and perhaps one location or one doctor only; of queues and visits."""

    def scope(self, user: Visitor) -> Q:
        """The queues that are meant, of those the visitor may see. Visits have the same columns, and the same scope."""
        return rules.queue_scope(user) & self.narrowed()


def asked_about(
    first: date | None, last: date | None, *, location_id: int | None = None, doctor_id: int | None = None
) -> Asked:
    """What is asked by somebody who may leave out days: the thirty up to today, or up to the last. Raises
    InvalidReport."""
    first, last = days_asked(first, last)
    return Asked(first=first, last=last, location_id=location_id, doctor_id=doctor_id)
