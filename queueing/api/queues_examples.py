"""What the OpenAPI document says of the calls about queues, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from queueing.api.bodies import DoctorStatusSerializer, JoiningSerializer, RoomSerializer
from queueing.api.shapes import LineSerializer, TokenSerializer
from scheduling.api.appointments_examples import ADA, APPOINTMENT
from scheduling.api.appointments_reach import SECRET

DAY = {"status": "running_late", "late_minutes": 10, "back_at": None}
WAIT = {"low": 10, "middle": 16, "high": 25}
SCORE = {
    "points": 46.5,
    "reasons": [
        {"words": "medium urgency", "points": 15.0},
        {"words": "booked time kept", "points": 20.0},
        {"words": "waiting", "points": 11.5},
    ],
}
PERSON = {
    "id": 3101,
    "code": "C014",
    "status": "waiting",
    "version": 1,
    "patient": APPOINTMENT["patient"],
    "appointment": 123,
    "arrival": "on_time",
    "booked_for": "2026-11-23T09:00:00Z",
    "urgency": "medium",
    "checked_in_at": "2026-11-23T08:51:00Z",
    "called_at": None,
    "started_at": None,
    "room": "",
    "calls": 0,
}
LINE = {
    "id": 71,
    "doctor": APPOINTMENT["doctor"],
    "location": APPOINTMENT["location"],
    "day": "2026-11-23",
    "letter": "C",
    "room": "Room 2",
    "doctor_status": DAY,
    "closed_at": None,
    "counts": {"waiting": 1, "called": 0, "in_consultation": 0, "completed": 6, "no_show": 1, "cancelled": 0},
    "called": [],
    "in_consultation": [],
    "waiting": [{**PERSON, "position": 1, "wait": WAIT, "score": SCORE}],
}
TOKEN = {
    "id": 3101,
    "code": "C014",
    "status": "waiting",
    "version": 1,
    "queue": 71,
    "doctor": APPOINTMENT["doctor"],
    "location": APPOINTMENT["location"],
    "day": "2026-11-23",
    "appointment": 123,
    "position": 1,
    "wait": WAIT,
    "doctor_status": DAY,
    "room": "Room 2",
    "arrival": "on_time",
    "booked_for": "2026-11-23T09:00:00Z",
    "checked_in_at": "2026-11-23T08:51:00Z",
    "called_at": None,
    "started_at": None,
    "ended_at": None,
    "calls": 0,
    "successor": None,
}
OF_STAFF = {
    "patient": APPOINTMENT["patient"],
    "urgency": "medium",
    "has_special_requirements": False,
    "extra_points": 0,
    "extra_reason": "",
    "score": SCORE,
    "last_step": {"id": 9001, "what": "joined", "at": "2026-11-23T08:51:00Z"},
}
OF_THE_PATIENT = {
    "secret": "T0k3nS3cr3tN0b0dyGu3sses",
    "manage_url": "https://clinic.example/t/T0k3nS3cr3tN0b0dyGu3sses/",
}
CALLED = {"status": "called", "version": 2, "position": None, "wait": None, "called_at": "2026-11-23T09:02:00Z"}
CALLED |= {"calls": 1, "score": None}


def sent(name: str, value: Any) -> OpenApiExample:
    """A body that may be sent."""
    return OpenApiExample(name, value=value, request_only=True)


def shown(name: str, value: Any, http: int = 200) -> OpenApiExample:
    """An answer."""
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(http)])


QUEUES: dict[str, Any] = {
    "list": extend_schema(
        summary="List queues (staff)",
        description="As they stand now, with everybody in them. Opened last, first: ask for `date` and `location`.",
        examples=[OpenApiExample("A queue", value=LINE, response_only=True)],
    ),
    "retrieve": extend_schema(
        summary="Read a queue (staff)",
        description="Who is called, who is with the doctor, who waits: in which order, why, and how long it will take.",
        responses={200: LineSerializer},
        examples=[shown("The queue", LINE)],
    ),
    "partial_update": extend_schema(
        summary="Say in which room the doctor is today (staff)",
        request=RoomSerializer,
        responses={200: LineSerializer},
        examples=[sent("Another room", {"room": "Room 4"}), shown("The queue", {**LINE, "room": "Room 4"})],
    ),
    "join": extend_schema(
        summary="Check in, or join a queue without an appointment",
        description=(
            "With an `appointment` (one's own, the desk's, or by its `secret`): patients within the location's times "
            "(else 409 `check_in_too_early`, `check_in_too_late`), the desk on the whole day. Who has a place keeps "
            "it. Without one: a `patient` for a `doctor` at a `location`, by the desk, or by patients for their family "
            "where the location takes walk-ins (else 409 `walk_ins_refused`)."
        ),
        parameters=[SECRET],
        request=JoiningSerializer,
        responses={201: TokenSerializer},
        examples=[
            sent("Check in", {"appointment": 123}),
            sent("Check in by the link", {"secret": "Hk3vS0m3th1ngN0b0dyGu3ss"}),
            sent("One of the family", {"doctor": 5, "location": 1, "patient": 42, "reason": "Sore knee"}),
            sent("At the desk", {"doctor": 5, "location": 1, "patient": ADA, "urgency": "medium"}),
            shown("The place", {**TOKEN, **OF_THE_PATIENT}, 201),
        ],
    ),
    "call_next": extend_schema(
        summary="Call whoever is next (staff)",
        description=(
            "Two who ask at once call two; one who asks again under the same Idempotency-Key calls nobody else. 409 "
            "`queue_empty`, `queue_paused`, `queue_closed`."
        ),
        request=None,
        responses={200: TokenSerializer},
        examples=[shown("Who was called", {**TOKEN, **OF_STAFF, **CALLED})],
    ),
}
DOCTOR_STATUS: dict[str, Any] = {
    "partial_update": extend_schema(
        summary="Say how a doctor's day goes (staff)",
        description=(
            "In today's queue, which is opened if there is none, or past midnight in last night's, while anybody is "
            "left in it; everybody who waits is told. While a doctor is on a "
            "break or has finished, nobody is called. The answer is the queue."
        ),
        request=DoctorStatusSerializer,
        responses={200: LineSerializer},
        examples=[
            sent("Ten minutes late", {"status": "running_late", "minutes": 10, "location": 1}),
            sent("A break", {"status": "on_break", "minutes": 15}),
            sent("On time", {"status": "on_time"}),
            shown("The queue", LINE),
        ],
    )
}
