"""When somebody could come: free slots by doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.utils import translate_validation
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.errors import InvalidFields
from accounts.api.pagination import LARGEST_PAGE, Cursor
from accounts.api.permissions import Public
from accounts.api.serializers import KeyField
from accounts.api.views import ApiViewSet
from scheduling.api.calendar_filters import FreeTimesFilter
from scheduling.api.fields import MomentField, MoneyField, moment
from scheduling.models import Slot
from scheduling.selectors.free_times import FreeTimes, first_free_day, free_of_length, free_times, practices, today

MOST_DAYS = 31
MOST_DOCTORS = 20
MOST_SLOTS = 300
"""So many slots of one doctor at one place are told; `more` says that there are others."""


class FreeSlotSerializer(serializers.Serializer[Any]):
    """A slot with a free seat."""

    id = KeyField()
    starts_at = MomentField()
    ends_at = MomentField()
    free = serializers.IntegerField(help_text="Seats that nobody keeps now.")


class NextSlotSerializer(serializers.Serializer[Any]):
    """The next free slot, on whatever day."""

    id = KeyField()
    starts_at = MomentField()
    ends_at = MomentField()


class FreeDoctorSerializer(serializers.Serializer[Any]):
    """Who it is."""

    id = KeyField()
    name = serializers.CharField()
    specialty = KeyField()
    specialty_name = serializers.CharField()
    consultation_fee = MoneyField()
    currency = serializers.CharField()


class FreeLocationSerializer(serializers.Serializer[Any]):
    """Where it is."""

    id = KeyField()
    name = serializers.CharField()
    time_zone = serializers.CharField()


class FreeTimesSerializer(serializers.Serializer[Any]):
    """The free slots of one doctor at one of their places."""

    doctor = FreeDoctorSerializer()
    location = FreeLocationSerializer()
    slots = FreeSlotSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether there are more than those 300: ask from the last day on.")
    next_free = NextSlotSerializer(allow_null=True)


@extend_schema_serializer(many=False)
class AvailabilitySerializer(serializers.Serializer[Any]):
    """A page of doctors with their free slots."""

    date = serializers.DateField(help_text="The first day looked at.")
    until = serializers.DateField(help_text="The last one.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FreeTimesSerializer(many=True)


_EXAMPLE = OpenApiExample(
    "One doctor",
    value={
        "date": "2026-11-23",
        "until": "2026-11-23",
        "next": None,
        "previous": None,
        "results": [
            {
                "doctor": {
                    "id": 5,
                    "name": "Dr Amara Osei",
                    "specialty": 3,
                    "specialty_name": "Cardiology",
                    "consultation_fee": "60.00",
                    "currency": "GBP",
                },
                "location": {"id": 1, "name": "Riverside Clinic", "time_zone": "Europe/London"},
                "slots": [
                    {
                        "id": 812,
                        "starts_at": "2026-11-23T09:00:00Z",
                        "ends_at": "2026-11-23T09:20:00Z",
                        "free": 1,
                    }
                ],
                "more": False,
                "next_free": {
                    "id": 812,
                    "starts_at": "2026-11-23T09:00:00Z",
                    "ends_at": "2026-11-23T09:20:00Z",
                },
            }
        ],
    },
    response_only=True,
)


class ByDoctor(Cursor):
    """Ten doctors a page unless told, 20 at most."""

    page_size = 10

    def get_page_size(self, request: Request) -> int:
        """Fewer rows than elsewhere: each has its slots in it."""
        return min(super().get_page_size(request), MOST_DOCTORS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: days and length."""

    first: date | None
    last: date | None
    minutes: int | None


class AvailabilityViewSet(ApiViewSet):
    """Free slots by doctor and place."""

    permission_classes = [Public]
    queryset = practices()
    serializer_class = FreeTimesSerializer
    filterset_class = FreeTimesFilter
    pagination_class = ByDoctor
    ordering = ("doctor_name", "id")

    @extend_schema(
        operation_id="availability_list",
        summary="List free slots by doctor",
        description=(
            "Active doctors in the order of their names, one row for each place where they work, with the free slots "
            "of the days from `date` to `until` (31 at most), by the clock of the place. Seats whose hold or booking "
            "ran out count as free."
        ),
        parameters=[
            OpenApiParameter("cursor", str, description="Goes on where a page ended."),
            OpenApiParameter(
                "page_size",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
                description="How many doctors; 10 unless told, and never more than 20.",
            ),
        ],
        responses={200: AvailabilitySerializer},
        examples=[_EXAMPLE],
        filters=True,
    )
    def list(self, request: Request) -> Response:
        """A page of doctors."""
        rows, asked = self._read(request)
        free = free_of_length(minutes=asked.minutes)
        first, last = self._days(rows, free, asked)
        page = self.paginate_queryset(rows) or []
        found = free_times(page, free, first=first, last=last, most=MOST_SLOTS)
        answer = self.get_paginated_response([_shown(one) for one in found])
        answer.data = {"date": first.isoformat(), "until": last.isoformat(), **answer.data}
        return answer

    def _read(self, request: Request) -> tuple[QuerySet[Any], Asked]:
        """The rows that are asked for, and the days. Raises ValidationError."""
        filters = FreeTimesFilter(request.query_params, queryset=practices())
        if not filters.is_valid():
            raise translate_validation(filters.errors)
        said = filters.form.cleaned_data
        return filters.qs, Asked(said["date"], said["until"], int(said["duration"]) if said["duration"] else None)

    def _days(self, rows: QuerySet[Any], free: QuerySet[Slot], asked: Asked) -> tuple[date, date]:
        """From when until when. Raises InvalidFields."""
        if asked.first is None and asked.last is None:
            day = first_free_day(rows, free)
            return day, day
        first = asked.first or today()
        last = asked.last or first
        if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
            sentence = _("The last day comes not before the first, and at most 30 days after it.")
            raise InvalidFields({"until": [sentence]}, code="invalid")
        return first, last


def _shown(found: FreeTimes) -> dict[str, Any]:
    """The shape of `FreeTimesSerializer`, written out: pages are long."""
    doctor, location = found.practice.doctor, found.practice.location
    return {
        "doctor": {
            "id": doctor.pk,
            "name": doctor.name,
            "specialty": doctor.specialty_id,
            "specialty_name": doctor.specialty.name,
            "consultation_fee": str(doctor.consultation_fee),
            "currency": doctor.currency,
        },
        "location": {"id": location.pk, "name": location.name, "time_zone": location.time_zone},
        "slots": [{**_times(slot), "free": slot.free} for slot in found.slots],  # type: ignore[attr-defined]
        "more": found.more,
        "next_free": _times(found.next_free) if found.next_free else None,
    }


def _times(slot: Slot) -> dict[str, Any]:
    return {"id": slot.pk, "starts_at": moment(slot.starts_at), "ends_at": moment(slot.ends_at)}
