"""By what the list of payments can be narrowed."""

from __future__ import annotations

import datetime

import django_filters
from django.db.models import Q, QuerySet

from accounts.api.filters import DayFilter, KeyFilter
from payments.models import Payment
from payments.states import PaymentStatus
from scheduling.clock import day_bounds
from scheduling.models import Location


class PaymentFilter(django_filters.FilterSet):
    """Of the payments one may see, those that fit all that is said."""

    status = django_filters.ChoiceFilter(choices=PaymentStatus.choices)
    location = KeyFilter(field_name="location_id")
    date = DayFilter(method="on_day", label="The day on which they were begun, on the clock of the location.")

    def on_day(self, payments: QuerySet[Payment], name: str, value: datetime.date) -> QuerySet[Payment]:
        """Begun on that day. One query more, for the clocks."""
        begun = Q(pk__in=[])
        for place in Location.objects.order_by("pk"):
            starts, ends = day_bounds(value, place.zone)
            begun |= Q(location=place, created_at__gte=starts, created_at__lt=ends)
        return payments.filter(begun)
