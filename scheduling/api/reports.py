"""What programs ask of a report: the days, and where or whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import django_filters
from django.db.models import QuerySet
from django_filters.utils import translate_validation
from rest_framework.request import Request

from accounts.api.filters import DayFilter, KeyFilter
from accounts.api.permissions import Staff
from accounts.api.views import ApiView
from scheduling.asked_days import AskedDays
from scheduling.models import Location

Asked = TypeVar("Asked", bound=AskedDays)


class _ReportFilter(django_filters.FilterSet):
    doctor = KeyFilter(method="read_by_view")
    location = KeyFilter(method="read_by_view")
    until = DayFilter(method="read_by_view")

    def read_by_view(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Nothing: the report reads it."""
        return rows


_FILTERS = {"from": DayFilter(method="read_by_view"), "__doc__": "The days, and where or whose."}
ReportFilter: Any = type("ReportFilter", (_ReportFilter,), _FILTERS)
"""`from` is a word of the language, so that it cannot be named in the class."""


class ReportView(ApiView):
    """A report for staff."""

    permission_classes = [Staff]
    query_parameters = ("from", "until", "doctor", "location")

    def asked(self, request: Request, ask: Callable[..., Asked]) -> Asked:
        """What the address asks for. Raises ValidationError, InvalidReport."""
        filters = ReportFilter(request.query_params, queryset=Location.objects.none())
        if not filters.is_valid():
            raise translate_validation(filters.errors)
        said = filters.form.cleaned_data
        keys = {name: int(said[name]) if said[name] is not None else None for name in ("doctor", "location")}
        return ask(said["from"], said["until"], location_id=keys["location"], doctor_id=keys["doctor"])
