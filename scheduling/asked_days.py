"""What a report is asked about: days, and perhaps one location or one doctor only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.clock import within_reach
from scheduling.errors import InvalidReport

LONGEST_DAYS = 366
USUAL = timedelta(days=29)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDays:
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

    def narrowed(self, *, location: str = "location", doctor: str = "doctor") -> Q:
        """What lies at the location and is the doctor's, where one was named; by the names of these columns."""
        scope = Q()
        if self.location_id is not None:
            scope &= Q(**{location: self.location_id})
        if self.doctor_id is not None:
            scope &= Q(**{doctor: self.doctor_id})
        return scope


def days_asked(first: date | None, last: date | None) -> tuple[date, date]:
    """The days of somebody who may leave them out: the thirty up to today, or up to the last."""
    if last is None:
        last = max(timezone.localdate(timezone=ZoneInfo(settings.DEFAULT_TIME_ZONE)), first or date.min)
    if first is None:
        first = max(last, date.min + USUAL) - USUAL
    return first, last
