"""What the OpenAPI document says of the calls about emergencies, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from queueing.api.queues_examples import OF_THE_PATIENT, sent, shown
from scheduling.api.appointments_examples import APPOINTMENT

EMERGENCY = {
    "id": 12,
    "location": APPOINTMENT["location"],
    "source": "staff",
    "message": "Somebody has fainted at the entrance",
    "token": None,
    "raised_at": "2026-11-23T09:04:00Z",
    "acknowledged_at": None,
}


def emergencies(said: Any, answer: Any) -> dict[str, Any]:
    """For the shapes of what is said and of the answer."""
    return {
        "list": extend_schema(
            summary="List emergencies (staff)",
            description="Where the visitor works: those that wait for somebody, unless `open` says otherwise.",
            examples=[OpenApiExample("An emergency", value=EMERGENCY, response_only=True)],
        ),
        "retrieve": extend_schema(summary="Read an emergency (staff)", examples=[shown("The emergency", EMERGENCY)]),
        "create": extend_schema(
            summary="Call for help",
            description=(
                "Alerts every desk and doctor of the place at once, until somebody acknowledges it. Staff say a "
                "`location` or somebody's `token`, patients their `token` or its `secret`. Who calls again has the "
                "same open emergency."
            ),
            request=said,
            responses={201: answer},
            examples=[
                sent("At a place", {"location": 1, "message": "Somebody has fainted at the entrance"}),
                sent("Somebody who waits", {"token": 3101, "message": "Cannot breathe well"}),
                sent("By the link", {"secret": OF_THE_PATIENT["secret"]}),
                shown("The emergency", EMERGENCY, 201),
            ],
        ),
        "acknowledge": extend_schema(
            summary="Say that somebody sees to an emergency (staff)",
            description="Of two who say so, the first is remembered.",
            request=None,
            examples=[shown("The emergency", {**EMERGENCY, "acknowledged_at": "2026-11-23T09:05:00Z"})],
        ),
    }
