"""What the OpenAPI document says of the calls about appointments, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from scheduling.api.appointments_reach import SECRET
from scheduling.api.appointments_shapes import (
    AppointmentSerializer,
    BookingSerializer,
    CancellationSerializer,
    DetailSerializer,
    FindSerializer,
    LinksSerializer,
    MoveSerializer,
    StepSerializer,
    VisitChangesSerializer,
)
from scheduling.api.holds_refusals import SLOT_REFUSED

SUMMARY = {
    "id": 123,
    "number": "APT-2026-000123",
    "status": "confirmed",
    "type": "online",
    "starts_at": "2026-11-23T09:00:00Z",
    "ends_at": "2026-11-23T09:20:00Z",
    "expires_at": None,
    "patient": {"id": 42, "number": "PAT-000042", "first_name": "Ada", "last_name": "Okafor"},
    "doctor": {"id": 5, "name": "Dr Amara Osei"},
    "location": {"id": 1, "name": "Riverside Clinic", "time_zone": "Europe/London"},
    "slot": 981,
    "booked_at": "2026-11-20T14:30:00Z",
    "changed_at": "2026-11-20T14:30:00Z",
}
APPOINTMENT = {
    **SUMMARY,
    "source": "api",
    "fee": "60.00",
    "currency": "GBP",
    "prepayment": "0.00",
    "meeting_link": "",
    "attendance_confirmed_at": None,
    "cancellation_message": "",
    "follows": None,
    "successor": None,
    "secret": "Hk3vS0m3th1ngN0b0dyGu3ss",
    "manage_url": "https://clinic.example/a/Hk3vS0m3th1ngN0b0dyGu3ss/",
}
ADA = {
    "first_name": "Ada",
    "last_name": "Okafor",
    "date_of_birth": "1990-02-03",
    "phone": "020 7946 0456",
    "email": "ada@example.org",
}


def _sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def _shown(http: int = 200, **changes: Any) -> OpenApiExample:
    value = {**APPOINTMENT, **changes}
    return OpenApiExample("The appointment", value=value, response_only=True, status_codes=[str(http)])


def _step(summary: str, description: str = "", *, request: Any = None, sent: Any = None, **changes: Any) -> Any:
    """An action on one appointment."""
    return extend_schema(
        summary=summary,
        description=description,
        parameters=[SECRET],
        request=request,
        responses={200: AppointmentSerializer},
        examples=[*([_sent("For example", sent)] if sent else []), _shown(**changes)],
    )


APPOINTMENTS: dict[str, Any] = {
    "list": extend_schema(
        summary="List appointments",
        description="Patients find their own and their family's, staff those of their locations. Booked last, first.",
        examples=[OpenApiExample("An appointment", value=SUMMARY, response_only=True)],
    ),
    "create": extend_schema(
        summary="Book an appointment",
        description=(
            "With the token of a `hold`, or a `slot` and the header Idempotency-Key. Either may be sent again: it "
            "books once. `pending` bookings must be confirmed before `expires_at`: by paying, where `prepayment` is "
            "above zero. A time that is gone is 409 `slot_taken`, with the `nearest` free slots."
        ),
        request=BookingSerializer,
        responses={201: AppointmentSerializer, 409: SLOT_REFUSED},
        examples=[
            _sent("By a hold", {"hold": "m4d3Of144randomBits0", "patient": ADA, "reason": "Sore knee"}),
            _sent("For one of the family", {"slot": 981, "patient": 42, "reason": "Sore knee"}),
            _sent("Walk-in (staff)", {"type": "walk_in", "doctor": 5, "location": 1, "patient": 42}),
            _sent("Follow-up", {"follows": 101, "slot": 981, "reason": "Is it better?"}),
            _shown(201),
        ],
    ),
    "retrieve": extend_schema(
        summary="Read an appointment",
        parameters=[SECRET],
        responses={200: AppointmentSerializer},
        examples=[_shown()],
    ),
    "partial_update": extend_schema(
        summary="Change what is written down about a visit (staff)",
        request=VisitChangesSerializer,
        responses={200: AppointmentSerializer},
        examples=[_sent("A remark", {"notes": "Needs an interpreter"}), _shown(notes="Needs an interpreter")],
    ),
    "confirm": _step(
        "Confirm a pending appointment",
        "In time: until `expires_at`. Where `prepayment` is above zero, paying confirms it, and this is 409 "
        "`payment_due`; staff who confirm it waive the prepayment.",
    ),
    "attendance": _step("Say that the patient will come", attendance_confirmed_at="2026-11-22T18:00:00Z"),
    "cancel": _step(
        "Cancel an appointment",
        "Patients within the clinic's notice (else 409 `too_late`). The seat comes free at once.",
        request=CancellationSerializer,
        sent={"message": "I feel better"},
        status="cancelled",
        cancellation_message="I feel better",
    ),
    "reschedule": extend_schema(
        summary="Move an appointment",
        description=(
            "To a `slot`, or the seat that a `hold` keeps. The old seat is kept until the new one is sure. The answer "
            "is the successor, a new appointment with a number and a secret of its own."
        ),
        parameters=[SECRET],
        request=MoveSerializer,
        responses={201: AppointmentSerializer, 409: SLOT_REFUSED},
        examples=[_sent("To another slot", {"slot": 990}), _shown(201, id=124, number="APT-2026-000124", slot=990)],
    ),
    "bring_into": extend_schema(
        summary="Bring a visit into a state (staff)",
        description=(
            "By the one step that leads there: check in, start, complete, did not come, confirm, cancel. Where none "
            "does, 409 `wrong_state` says `status_now`."
        ),
        request=StepSerializer,
        responses={200: AppointmentSerializer},
        examples=[_sent("Check in", {"status": "checked_in"}), _shown(status="checked_in")],
    ),
    "calendar": extend_schema(
        summary="Get an appointment as a calendar file",
        parameters=[SECRET],
        responses={
            (200, "text/calendar"): OpenApiResponse(
                OpenApiTypes.STR,
                examples=[OpenApiExample("A calendar", value="BEGIN:VCALENDAR", media_type="text/calendar")],
            )
        },
    ),
    "add_to_account": _step(
        "Keep an appointment in one's account", "Whoever holds its secret and has signed in finds it among their own."
    ),
    "find": extend_schema(
        summary="Find an appointment without its link",
        description="By its reference and the phone number or e-mail address that was given when booking.",
        request=FindSerializer,
        responses={200: AppointmentSerializer},
        examples=[_sent("What is known", {"number": "APT-2026-000123", "contact": "ada@example.org"}), _shown()],
    ),
    "send_links": extend_schema(
        summary="Have the links of upcoming appointments sent",
        description="The answer is the same whether there are any.",
        request=LinksSerializer,
        responses={202: DetailSerializer},
        examples=[
            _sent("An address", {"email": "ada@example.org"}),
            OpenApiExample(
                "The answer",
                value={"detail": "If appointments were booked with this address, their links are on the way to it."},
                response_only=True,
                status_codes=["202"],
            ),
        ],
    ),
}
