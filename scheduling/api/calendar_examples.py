"""What the OpenAPI document says of the calendar's calls, with examples."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema

from scheduling.api.calendar_shapes import (
    BatchSerializer,
    BulkAnswerSerializer,
    BulkPlanSerializer,
    SlotChangesSerializer,
    SlotDetailsSerializer,
    SlotSerializer,
    UndoneSerializer,
)

_SLOT = {
    "id": 812,
    "doctor": 5,
    "location": 1,
    "starts_at": "2026-11-23T09:00:00Z",
    "ends_at": "2026-11-23T09:20:00Z",
    "free": 1,
}
_ON_OFFER = OpenApiExample("As everybody sees it", value=_SLOT, response_only=True, status_codes=["200"])
_AT_THE_DESK = OpenApiExample(
    "As staff of the location see it",
    value={**_SLOT, "is_open": True, "capacity": 1, "booked": False, "availability": 7, "batch": None},
    response_only=True,
    status_codes=["200", "201"],
)

SLOTS = {
    "list": extend_schema(
        summary="List slots",
        description=(
            "Everybody sees what is on offer: open, still to come, of active doctors at active locations. Staff also "
            "see, at their own locations, what is closed or over."
        ),
        examples=[_ON_OFFER, _AT_THE_DESK],
    ),
    "retrieve": extend_schema(summary="Read a slot", examples=[_ON_OFFER, _AT_THE_DESK]),
    "create": extend_schema(
        summary="Add a slot (reception)",
        request=SlotDetailsSerializer,
        responses={201: SlotSerializer},
        examples=[
            OpenApiExample(
                "Twenty minutes",
                value={
                    "doctor": 5,
                    "location": 1,
                    "starts_at": "2026-11-23T09:00:00Z",
                    "duration_minutes": 20,
                    "capacity": 1,
                },
                request_only=True,
            ),
            _AT_THE_DESK,
        ],
    ),
    "partial_update": extend_schema(
        summary="Open, close, widen or narrow a slot (reception)",
        description="Whoever is booked stays. Fewer seats than are taken are refused (`capacity_below_taken`).",
        request=SlotChangesSerializer,
        responses={200: SlotSerializer},
        examples=[OpenApiExample("Close it", value={"is_open": False}, request_only=True), _AT_THE_DESK],
    ),
    "destroy": extend_schema(
        summary="Remove a slot that nobody has (reception)",
        description="While somebody is booked or keeps a seat: 409 `slot_booked`.",
        request=None,
        responses={204: None},
    ),
}

_PLAN = {
    "doctor": 5,
    "location": 1,
    "start_date": "2026-11-23",
    "end_date": "2026-11-27",
    "start_time": "09:00",
    "end_time": "12:00",
    "duration_minutes": 20,
    "capacity": 1,
    "exclude_weekends": True,
    "weekdays": [0, 2, 4],
    "breaks": [{"start_time": "10:20", "end_time": "10:40"}],
    "dry_run": True,
}
_PREVIEW = {
    "dry_run": True,
    "batch": None,
    "total": 23,
    "skipped": {"past": 0, "missing": 0, "time_off": 0, "clash": 1},
    "days": [
        {"date": "2026-11-23", "slots": 7, "skipped": 1},
        {"date": "2026-11-25", "slots": 8, "skipped": 0},
        {"date": "2026-11-27", "slots": 8, "skipped": 0},
    ],
}
_BULK_ANSWERS = [
    OpenApiExample("What would be made", value=_PREVIEW, response_only=True, status_codes=["200"]),
    OpenApiExample(
        "What was made",
        value={**_PREVIEW, "dry_run": False, "batch": 14},
        response_only=True,
        status_codes=["201"],
    ),
]
BULK = {
    "post": extend_schema(
        operation_id="slots_bulk_create",
        summary="Add many slots in one go (reception)",
        description="At most 5,000 slots within a year. 200 when nothing was made, as with `dry_run`.",
        request=BulkPlanSerializer,
        responses={200: BulkAnswerSerializer, 201: BulkAnswerSerializer},
        examples=[OpenApiExample("Three mornings", value=_PLAN, request_only=True), *_BULK_ANSWERS],
    )
}

_BATCH = OpenApiExample(
    "A batch",
    value={
        "id": 4,
        "doctor": 5,
        "location": 1,
        "created_at": "2026-11-20T14:00:00Z",
        "description": "2026-11-23 – 2026-11-27, 09:00 – 12:00, 20 min × 1",
        "left": 23,
        "booked": 2,
    },
    response_only=True,
)
BATCHES = {
    "list": extend_schema(summary="List batches of slots (staff)", examples=[_BATCH]),
    "retrieve": extend_schema(
        summary="Read a batch of slots (staff)", responses={200: BatchSerializer}, examples=[_BATCH]
    ),
    "destroy": extend_schema(
        summary="Take back the slots of a batch that nobody has (reception)",
        request=None,
        responses={200: UndoneSerializer},
        examples=[OpenApiExample("Two stayed", value={"removed": 21, "stayed": 2}, response_only=True)],
    ),
}
