"""Finding rows by day: a range in the filters, and one press for the days that everybody asks for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.back_office import RangeDateFilter
from scheduling.clock import day_bounds


class DayFilter(RangeDateFilter):
    """From one day to another, both whole, in the clock of whoever reads."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows between the first midnight and the last; what is no date narrows nothing."""
        zone = timezone.get_current_timezone()
        first = read_date(self.used_parameters.get(f"{self.parameter_name}_from"))
        last = read_date(self.used_parameters.get(f"{self.parameter_name}_to"))
        if first is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": day_bounds(first, zone)[0]})
        if last is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": day_bounds(last, zone)[1]})
        return queryset


def read_date(text: Any) -> date | None:
    """A day between the years that calendars of clinics know, or None."""
    try:
        day = parse_date(str(text))
    except ValueError:
        return None
    return day if day is not None and 1900 <= day.year <= 2200 else None


class QuickDates:
    """Links for today, tomorrow, this week... above a list, and to the days before and after those shown.

    Unlike Django's date drill-down they cost no query, however many rows there are.
    """

    quick_dates: ClassVar[str] = ""
    list_before_template = "admin/scheduling/quick_dates.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with its links."""
        context = {**(extra_context or {}), "quick_dates": self._links(request)}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def _links(self, request: HttpRequest) -> list[dict[str, Any]]:
        today = timezone.localdate()
        monday = today - timedelta(days=today.weekday())
        month = today.replace(day=1)
        ranges = [
            (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
            (_("Today"), today, today),
            (_("Tomorrow"), today + timedelta(days=1), today + timedelta(days=1)),
            (_("This week"), monday, monday + timedelta(days=6)),
            (_("Next week"), monday + timedelta(days=7), monday + timedelta(days=13)),
            (_("This month"), month, _end_of_month(month)),
        ]
        first = read_date(request.GET.get(f"{self.quick_dates}_from"))
        last = read_date(request.GET.get(f"{self.quick_dates}_to"))
        links = [self._link(request, label, start, end, (start, end) == (first, last)) for label, start, end in ranges]
        if first is None or last is None or last < first:
            return [*links, self._link(request, _("Any day"), None, None, first is None and last is None)]
        length = last - first + timedelta(days=1)
        shown = _("%(first)s to %(last)s") % {"first": date_format(first), "last": date_format(last)}
        before = self._link(
            request, "‹", first - length, last - length, False, _("Before %(dates)s") % {"dates": shown}
        )
        after = self._link(request, "›", first + length, last + length, False, _("After %(dates)s") % {"dates": shown})
        return [before, *links, self._link(request, _("Any day"), None, None, False), after]

    def _link(
        self, request: HttpRequest, label: str, first: date | None, last: date | None, active: bool, title: str = ""
    ) -> dict[str, Any]:
        query = request.GET.copy()
        query.pop("p", None)
        for name, day in ((f"{self.quick_dates}_from", first), (f"{self.quick_dates}_to", last)):
            query.pop(name, None)
            if day is not None:
                query[name] = day.isoformat()
        return {"label": label, "link": f"?{query.urlencode()}", "active": active, "title": title}


def _end_of_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
