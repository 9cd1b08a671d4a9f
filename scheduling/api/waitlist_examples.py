"""What the OpenAPI document says of the calls about the waitlist, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from scheduling.api.appointments_examples import ADA, APPOINTMENT
from scheduling.api.appointments_reach import SECRET
from scheduling.api.appointments_shapes import AppointmentSerializer
from scheduling.api.waitlist_shapes import WaitlistEntryInLineSerializer, WaitlistEntrySerializer, WishSerializer

_SUMMARY = {
    "id": 17,
    "status": "waiting",
    "patient": APPOINTMENT["patient"],
    "doctor": APPOINTMENT["doctor"],
    "specialty": None,
    "location": APPOINTMENT["location"],
    "earliest_date": "2026-11-23",
    "latest_date": "2026-12-04",
    "instead_of": None,
    "offered_slot": None,
    "offer_expires_at": None,
    "joined_at": "2026-11-20T14:30:00Z",
}
_ENTRY = {
    **_SUMMARY,
    "secret": "W41tL1stS3cr3tN0b0dyGu3",
    "manage_url": "https://clinic.example/waitlist/W41tL1stS3cr3tN0b0dyGu3/",
}


def _sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def _shown(status: int = 200, **more: Any) -> OpenApiExample:
    value = {**_ENTRY, **more}
    return OpenApiExample("The place", value=value, response_only=True, status_codes=[str(status)])


WAITLIST: dict[str, Any] = {
    "list": extend_schema(
        summary="List who waits",
        description="The visitor's family; for staff whoever waits at their locations. Joined last, first.",
        examples=[OpenApiExample("A place", value=_SUMMARY, response_only=True)],
    ),
    "create": extend_schema(
        summary="Join the waitlist",
        description=(
            "For a doctor or a specialty, from one day to another; or `instead_of` a booking, for any earlier seat "
            "with the same doctor (by the booking's secret, too). The same wish again is the same place."
        ),
        parameters=[SECRET],
        request=WishSerializer,
        responses={201: WaitlistEntrySerializer},
        examples=[
            _sent(
                "For a doctor",
                {"patient": ADA, "doctor": 5, "earliest_date": "2026-11-23", "latest_date": "2026-12-04"},
            ),
            _sent("For an earlier time", {"instead_of": 123}),
            _shown(201),
        ],
    ),
    "retrieve": extend_schema(
        summary="Read a place on the waitlist",
        description="`ahead` says how many came earlier for the same seats.",
        parameters=[SECRET],
        responses={200: WaitlistEntryInLineSerializer},
        examples=[_shown(ahead=2)],
    ),
    "destroy": extend_schema(
        summary="Leave the waitlist",
        description="A seat that was offered goes to the next in line.",
        parameters=[SECRET],
        request=None,
        responses={204: None},
    ),
    "accept": extend_schema(
        summary="Take the offered seat",
        description="As a new booking, or in place of the one it stands for. The answer is the appointment.",
        parameters=[SECRET],
        request=None,
        responses={201: AppointmentSerializer},
        examples=[OpenApiExample("The appointment", value=APPOINTMENT, response_only=True, status_codes=["201"])],
    ),
    "decline": extend_schema(
        summary="Decline the offered seat",
        description="And go on waiting for another one.",
        parameters=[SECRET],
        request=None,
        responses={200: WaitlistEntrySerializer},
        examples=[_shown()],
    ),
}
