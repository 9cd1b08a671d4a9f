"""What the OpenAPI document says of the clinic's calls, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from scheduling.api.clinic_shapes import (
    DoctorDetailsSerializer,
    DoctorSerializer,
    LocationSerializer,
    SpecialtySerializer,
)


def described(one: str, many: str, *, takes: Any, gives: Any, sent: dict[str, Any], shown: dict[str, Any]) -> Any:
    """The five calls of a list that managers keep."""
    request = OpenApiExample(f"A {one}", value=sent, request_only=True)
    change = OpenApiExample(f"No longer offer a {one}", value={"is_active": False}, request_only=True)
    answer = OpenApiExample(f"That {one}", value=shown, response_only=True, status_codes=["200", "201"])
    return {
        "list": extend_schema(summary=f"List {many}", examples=[answer]),
        "retrieve": extend_schema(summary=f"Read a {one}", examples=[answer]),
        "create": extend_schema(
            summary=f"Add a {one} (managers)", request=takes, responses={201: gives}, examples=[request, answer]
        ),
        "partial_update": extend_schema(
            summary=f"Change a {one} (managers)",
            request=takes,
            responses={200: gives},
            examples=[change, answer],
        ),
        "destroy": extend_schema(
            summary=f"Delete a {one} that nothing hangs on (managers)",
            description=f"A {one} that is in use is refused (409 `in_use`): set `is_active` to false instead.",
            request=None,
            responses={204: None},
        ),
    }


_LOCATION = {
    "name": "Riverside Clinic",
    "slug": "riverside",
    "address": "12 River Street, London",
    "phone": "+442079460018",
    "time_zone": "Europe/London",
}
LOCATIONS = described(
    "location",
    "locations",
    takes=LocationSerializer,
    gives=LocationSerializer,
    sent=_LOCATION,
    shown={
        "id": 1,
        **_LOCATION,
        "is_active": True,
        "hold_minutes": 5,
        "needs_confirmation": False,
        "pending_minutes": 5,
        "lead_minutes": 0,
        "cancel_notice_minutes": 120,
        "waitlist_offer_minutes": 60,
        "days_ahead": 90,
    },
)

_SPECIALTY = {"name": "Cardiology", "description": "Heart and circulation."}
SPECIALTIES = described(
    "specialty",
    "specialties",
    takes=SpecialtySerializer,
    gives=SpecialtySerializer,
    sent=_SPECIALTY,
    shown={"id": 3, **_SPECIALTY, "is_active": True},
)

_DOCTOR = {
    "name": "Dr Amara Osei",
    "specialty": 3,
    "locations": [1],
    "room": "Room 4",
    "consultation_fee": "60.00",
    "currency": "GBP",
    "experience_years": 12,
    "biography": "",
}
_OF_THE_DESK = {"email": "amara.osei@example.org", "phone": "+442079460019", "license_number": "GMC-7012345"}
DOCTORS = described(
    "doctor",
    "doctors",
    takes=DoctorDetailsSerializer,
    gives=DoctorSerializer,
    sent={**_DOCTOR, **_OF_THE_DESK},
    shown={"id": 5, **_DOCTOR, "specialty_name": "Cardiology", "photo": None, "is_active": True},
)
