"""What a report is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from queueing import rules
from queueing.errors import InvalidReport
from scheduling.clock import within_reach
from scheduling.rules import Visitor

LONGEST_DAYS = 366
USUAL = timedelta(days=29)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The days from `first` to `last`, both among them, and perhaps one location or one doctor only."""

    first: date
    last: date
    location_id: int | None = None
    doctor_id: int | None = None

    def __post_init__(self) -> None:
        """Refuse days that make no report. Raises InvalidReport."""
        if self.last < self.first:
            raise InvalidReport(_("The last day comes before the first."), field="until")
        if self.last - self.first >= timedelta(days=LONGEST_DAYS):
            raise InvalidReport(_("A report covers 366 days at most."), field="until")
        if within_reach(self.first) != self.first or within_reach(self.last) != self.last:
            raise InvalidReport(_("We cannot reckon with that day."), field="from")

    def scope(self, user: Visitor) -> Q:
        """The queues that are meant, of those the visitor may see. Visits have the same columns, and the same scope."""
        scope = rules.queue_scope(user)
        if self.location_id is not None:
            scope &= Q(location=self.location_id)
        if self.doctor_id is not None:
            scope &= Q(doctor=self.doctor_id)
        return scope


def asked_about(
    first: date | None, last: date | None, *, location_id: int | None = None, doctor_id: int | None = None
) -> Asked:
    """What is asked by somebody who may leave out days: the thirty up to today, or up to the last. Raises
    InvalidReport."""
    if last is None:
        last = max(timezone.localdate(timezone=ZoneInfo(settings.DEFAULT_TIME_ZONE)), first or date.min)
    if first is None:
        first = max(last, date.min + USUAL) - USUAL
    return Asked(first=first, last=last, location_id=location_id, doctor_id=doctor_id)
