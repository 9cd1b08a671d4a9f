"""What the OpenAPI document says of the calls about places in queues, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema

from queueing.api.bodies import PrioritySerializer, TokenStepSerializer, TransferSerializer, UndoSerializer
from queueing.api.queues_examples import CALLED, OF_STAFF, OF_THE_PATIENT, TOKEN, sent, shown
from queueing.api.reach import SECRET_OF_A_PLACE
from queueing.api.shapes import TokenSerializer

_STAFFS = {**TOKEN, **OF_STAFF}
_AHEAD = {
    "urgency": "high",
    "extra_points": 10,
    "extra_reason": "In pain",
    "version": 2,
    "score": {
        "points": 86.5,
        "reasons": [
            {"words": "high urgency", "points": 45.0},
            {"words": "booked time kept", "points": 20.0},
            {"words": "by hand", "points": 10.0},
            {"words": "waiting", "points": 11.5},
        ],
    },
    "last_step": {"id": 9002, "what": "prioritised", "at": "2026-11-23T09:02:00Z"},
}

TOKENS: dict[str, Any] = {
    "retrieve": extend_schema(
        summary="Read a place in a queue",
        description=(
            "Staff those of their queues, patients their own and their family's, whoever holds its secret that one. "
            "The secret of a place that was transferred opens the new one."
        ),
        parameters=[SECRET_OF_A_PLACE],
        responses={200: TokenSerializer},
        examples=[shown("For the patient", {**TOKEN, **OF_THE_PATIENT}), shown("For staff", _STAFFS)],
    ),
    "bring_into": extend_schema(
        summary="Bring a place into a state",
        description=(
            "By the one step that leads there: `called`, `in_consultation`, `completed`, `no_show`, `cancelled`, and "
            "`waiting` (put back). The visit follows. Patients can leave (`cancelled`). Where no step leads there, 409 "
            "`wrong_step` says `status_now`."
        ),
        parameters=[SECRET_OF_A_PLACE],
        request=TokenStepSerializer,
        responses={200: TokenSerializer},
        examples=[
            sent("Call out of turn", {"status": "called"}),
            sent("Leave the queue", {"status": "cancelled"}),
            shown("The place", {**_STAFFS, **CALLED}),
        ],
    ),
    "prioritise": extend_schema(
        summary="Say what somebody's priority is (staff)",
        description=(
            "By what is known of them (`urgency`, `special_requirements`), or by hand (`points`, with a `reason` for "
            "whoever asks later). The answer has the new position and what it is made of."
        ),
        request=PrioritySerializer,
        responses={200: TokenSerializer},
        examples=[
            sent("What is known", {"urgency": "high", "special_requirements": True}),
            sent("By hand", {"points": 10, "reason": "In pain"}),
            shown("The place", {**_STAFFS, **_AHEAD}),
        ],
    ),
    "call_again": extend_schema(
        summary="Call somebody again (staff)",
        description="Who was called and has not come: 409 `wrong_step` for everybody else.",
        request=None,
        responses={200: TokenSerializer},
        examples=[shown("The place", {**_STAFFS, **CALLED, "calls": 2, "version": 3})],
    ),
    "transfer": extend_schema(
        summary="Send somebody to another doctor (staff)",
        description="Of the same location, with the time already waited. The answer is the new place.",
        request=TransferSerializer,
        responses={201: TokenSerializer},
        examples=[
            sent("To that doctor", {"doctor": 6}),
            shown("The new place", {**_STAFFS, "id": 3102, "code": "D007", "queue": 72}, 201),
        ],
    ),
    "undo": extend_schema(
        summary="Take back the last step of a place (staff)",
        description=(
            "The `last_step` that was read, for half an hour; the visit follows. One that is not the last any more is "
            "409 `nothing_to_undo`."
        ),
        request=UndoSerializer,
        responses={200: TokenSerializer},
        examples=[sent("That step", {"step": 9001}), shown("The place", _STAFFS)],
    ),
}
