"""What the OpenAPI document says of messages, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from scheduling.api.appointments_reach import SECRET

CONFIRMATION = {
    "id": 8121,
    "kind": "confirmation",
    "channel": "email",
    "offset_minutes": 0,
    "status": "sent",
    "why_not": None,
    "delivery_status": "delivered",
    "due_at": "2026-11-20T14:02:11Z",
    "sent_at": "2026-11-20T14:02:14Z",
    "delivered_at": "2026-11-20T14:02:19Z",
    "language": "en",
    "address": "ada@example.org",
}
REMINDER = {
    "id": 8122,
    "kind": "reminder",
    "channel": "sms",
    "offset_minutes": 120,
    "status": "suppressed",
    "why_not": "not_wanted",
    "delivery_status": None,
    "due_at": "2026-11-23T07:00:00Z",
    "sent_at": None,
    "delivered_at": None,
    "language": None,
    "address": None,
}


def messages(message: Any) -> dict[str, Any]:
    """For the shape of a message."""
    return {
        "list": extend_schema(
            summary="List the messages about an appointment",
            description=(
                "What was sent, what is still to be, and what was not sent and why; due last, first. Reminders stand "
                "here from the booking on."
            ),
            parameters=[SECRET],
            responses={200: message(many=True)},
            examples=[
                OpenApiExample(name, value=value, response_only=True, status_codes=["200"])
                for name, value in (("A confirmation that arrived", CONFIRMATION), ("A reminder not wanted", REMINDER))
            ],
        )
    }
