"""By what lists of slots, batches and free times can be narrowed."""

from __future__ import annotations

import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from accounts.api.filters import DayFilter, FlagFilter, KeyFilter, WholeNumberField
from scheduling.models import Slot
from scheduling.selectors.availability import has_free_seat
from scheduling.selectors.slots import in_days
from scheduling.services.calendar import LONGEST_MINUTES


class _SlotFilter(django_filters.FilterSet):
    doctor = KeyFilter(field_name="doctor_id")
    location = KeyFilter(field_name="location_id")
    date = DayFilter(method="on_day", label="Begins on this day, by the clock of its location.")
    until = DayFilter(method="until_day", label="Begins on this day or before.")
    open = FlagFilter(field_name="is_open", label="Whether it is offered.")
    free = FlagFilter(method="with_free_seat", label="Whether it has a free seat.")

    def on_day(self, slots: QuerySet[Slot], name: str, value: datetime.date) -> QuerySet[Slot]:
        """On one day."""
        return slots.filter(in_days(value, value))

    def from_day(self, slots: QuerySet[Slot], name: str, value: datetime.date) -> QuerySet[Slot]:
        """From a day on."""
        return slots.filter(in_days(value, None))

    def until_day(self, slots: QuerySet[Slot], name: str, value: datetime.date) -> QuerySet[Slot]:
        """Up to a day."""
        return slots.filter(in_days(None, value))

    def with_free_seat(self, slots: QuerySet[Slot], name: str, value: bool) -> QuerySet[Slot]:
        """Claims that ran out count no more."""
        return slots.filter(has_free_seat()) if value else slots.exclude(has_free_seat())


_FROM = DayFilter(method="from_day", label="Begins on this day or later.")
SlotFilter: Any = type("SlotFilter", (_SlotFilter,), {"from": _FROM, "__doc__": "Slots by whose, where and when."})
"""`from` is a word of the language, so that it cannot be named in the class."""


class BatchFilter(django_filters.FilterSet):
    """Batches by whose and where."""

    doctor = KeyFilter(field_name="doctor_id")
    location = KeyFilter(field_name="location_id")


class _MinutesField(WholeNumberField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "min_value": 1, "max_value": LONGEST_MINUTES})


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LONGEST_MINUTES})
class MinutesFilter(django_filters.NumberFilter):
    """`?duration=30`: so many minutes."""

    field_class = _MinutesField

    def get_max_validator(self) -> None:
        """The field has its own."""


class FreeTimesFilter(django_filters.FilterSet):
    """Whose free times, and when. The view reads the days and the length."""

    doctor = KeyFilter(field_name="doctor_id")
    specialty = KeyFilter(field_name="doctor__specialty_id")
    location = KeyFilter(field_name="location_id")
    date = DayFilter(method="read_by_view", label="The first day; unless told, the first with a free slot.")
    until = DayFilter(method="read_by_view", label="The last day; unless told, the first. At most 31 days.")
    duration = MinutesFilter(method="read_by_view", label="Only slots of at least so many minutes.")

    def read_by_view(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Nothing: it is about slots, not about doctors."""
        return rows


class HoursFilter(django_filters.FilterSet):
    """Recurring hours by whose, where and whether they count."""

    doctor = KeyFilter(field_name="doctor_id")
    location = KeyFilter(field_name="location_id")
    is_active = FlagFilter(label="`false`: those that are retired.")


class TimeOffFilter(django_filters.FilterSet):
    """Leave and closures by whose and where."""

    doctor = KeyFilter(field_name="doctor_id")
    location = KeyFilter(field_name="location_id")
