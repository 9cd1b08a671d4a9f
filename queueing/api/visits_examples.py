"""What the OpenAPI document says of what the queue knows of an appointment, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema

from queueing.api.queues_examples import OF_THE_PATIENT, TOKEN, sent, shown
from scheduling.api.appointments_reach import SECRET

_CHECK_IN = {"is_open": False, "opens_at": "2026-11-23T08:00:00Z", "closes_at": "2026-11-23T11:00:00Z"}


def visits(queue: Any, body: Any, feedback: Any) -> dict[str, Any]:
    """For the shapes of the answers and of what is said."""
    return {
        "retrieve": extend_schema(
            summary="See how long it will still take",
            description=(
                "Before check-in: when that opens. From then on the place in the queue, how many minutes it will take, "
                "and how the doctor's day goes."
            ),
            parameters=[SECRET],
            responses={200: queue},
            examples=[
                shown(
                    "Before check-in",
                    {"appointment": 123, "status": "confirmed", "check_in": _CHECK_IN, "token": None},
                ),
                shown(
                    "In the queue",
                    {
                        "appointment": 123,
                        "status": "checked_in",
                        "check_in": None,
                        "token": {**TOKEN, **OF_THE_PATIENT},
                    },
                ),
            ],
        ),
        "create": extend_schema(
            summary="Say how a visit was",
            description="Once, when it is over; by the patient's side. A second time it is 409 `feedback_refused`.",
            parameters=[SECRET],
            request=body,
            responses={201: feedback},
            examples=[
                sent("Good", {"score": 5, "comment": "Everybody was kind"}),
                shown(
                    "What was said",
                    {
                        "appointment": 123,
                        "score": 5,
                        "comment": "Everybody was kind",
                        "given_at": "2026-11-23T10:00:00Z",
                    },
                    201,
                ),
            ],
        ),
    }
