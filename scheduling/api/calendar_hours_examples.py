"""What the OpenAPI document says of hours and time off, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from scheduling.api.calendar_decisions import CALENDAR_REFUSED, DECISIONS, OutcomeSerializer
from scheduling.api.calendar_hours_shapes import (
    HoursChangesSerializer,
    HoursDetailsSerializer,
    HoursSerializer,
    TimeOffChangesSerializer,
    TimeOffDetailsSerializer,
    TimeOffSerializer,
)

_DECIDING = (
    "People who are booked at times that would go are named first (409 `appointments_affected`); say in `decisions` "
    "what becomes of each of them, and all happens at once."
)
_OUTCOME = {"added": 12, "removed": 6, "closed": 1, "moved": 1, "cancelled": 1}
_REMOVED = OpenApiExample("What it did", value=_OUTCOME, response_only=True)


def _described(many: str, *, gives: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """What reading takes."""
    shown = OpenApiExample("One of them", value=answer, response_only=True, status_codes=["200"])
    return {
        "list": extend_schema(summary=f"List {many} (staff)", examples=[shown]),
        "retrieve": extend_schema(summary=f"Read {many} (staff)", responses={200: gives}, examples=[shown]),
    }


def _changed(answer: dict[str, Any], status: int) -> OpenApiExample:
    value = {**answer, "outcome": _OUTCOME}
    return OpenApiExample("With what it did", value=value, response_only=True, status_codes=[str(status)])


_HOURS = {
    "doctor": 5,
    "location": 1,
    "weekdays": [0, 1, 2, 3, 4],
    "rrule": "",
    "valid_from": "2026-11-23",
    "valid_until": None,
    "start_time": "09:00",
    "end_time": "17:00",
    "breaks": [{"start_time": "12:00", "end_time": "13:00"}],
    "slot_minutes": 20,
    "capacity": 1,
}
_HOURS_TOLD = {"id": 7, **_HOURS, "is_active": True, "generated_until": "2027-02-18"}
HOURS = {
    **_described("recurring hours", gives=HoursSerializer, answer=_HOURS_TOLD),
    "create": extend_schema(
        summary="Add recurring hours (reception)",
        description="Their slots are made at once, as far ahead as the location's calendar is open.",
        request=HoursDetailsSerializer,
        responses={201: HoursSerializer},
        examples=[OpenApiExample("Weekdays", value=_HOURS, request_only=True), _changed(_HOURS_TOLD, 201)],
    ),
    "partial_update": extend_schema(
        summary="Change recurring hours (reception)",
        description=f"Slots to come are brought in line; `is_active` false retires the hours. {_DECIDING}",
        request=HoursChangesSerializer,
        responses={200: HoursSerializer, 409: CALENDAR_REFUSED},
        examples=[
            OpenApiExample(
                "Close at noon", value={"end_time": "12:00", "breaks": [], "decisions": DECISIONS}, request_only=True
            ),
            _changed(_HOURS_TOLD, 200),
        ],
    ),
    "destroy": extend_schema(
        summary="Retire recurring hours now (reception)",
        description=(
            "Slots to come go. While somebody is booked in them: 409 `appointments_affected`; then change `is_active` "
            "to false, with `decisions`."
        ),
        request=None,
        responses={200: OutcomeSerializer, 409: CALENDAR_REFUSED},
        examples=[_REMOVED],
    ),
}

_LEAVE = {
    "doctor": 5,
    "starts_at": "2026-12-24T00:00:00Z",
    "ends_at": "2027-01-04T00:00:00Z",
    "reason": "Holiday",
}
_LEAVE_TOLD = {"id": 9, "location": None, **_LEAVE}
TIME_OFF = {
    **_described("leave and closures", gives=TimeOffSerializer, answer=_LEAVE_TOLD),
    "create": extend_schema(
        summary="Enter leave or a closure (reception)",
        description=f"A doctor's leave, a location's closure, or with both a doctor's leave there. {_DECIDING}",
        request=TimeOffDetailsSerializer,
        responses={201: TimeOffSerializer, 409: CALENDAR_REFUSED},
        examples=[
            OpenApiExample("Leave", value={**_LEAVE, "decisions": DECISIONS}, request_only=True),
            _changed(_LEAVE_TOLD, 201),
        ],
    ),
    "partial_update": extend_schema(
        summary="Move the ends of leave or a closure (reception)",
        description=f"Slots newly in it go, those no longer in it come back. {_DECIDING}",
        request=TimeOffChangesSerializer,
        responses={200: TimeOffSerializer, 409: CALENDAR_REFUSED},
        examples=[
            OpenApiExample("Back a day earlier", value={"ends_at": "2027-01-03T00:00:00Z"}, request_only=True),
            _changed(_LEAVE_TOLD, 200),
        ],
    ),
    "destroy": extend_schema(
        summary="Take back leave or a closure (reception)",
        description="The slots that the hours want there come back; those made by hand do not.",
        request=None,
        responses={200: OutcomeSerializer},
        examples=[_REMOVED],
    ),
}
