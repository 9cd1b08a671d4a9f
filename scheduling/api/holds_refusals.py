"""What a program learns when somebody else was faster: three free slots near the one it wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from accounts.api.schema import Error
from accounts.api.serializers import KeyField
from scheduling.api.fields import MomentField
from scheduling.errors import SlotTaken
from scheduling.models import Slot
from scheduling.selectors.availability import nearest_free_slots


class NearSlotSerializer(serializers.Serializer[Any]):
    """A free slot near the one that could not be had."""

    id = KeyField()
    doctor = KeyField(source="doctor_id")
    location = KeyField(source="location_id")
    starts_at = MomentField()
    ends_at = MomentField()


class SlotRefusalSerializer(Error):
    """An error; when the slot was taken (`slot_taken`), with the free slots nearest to it."""

    nearest = NearSlotSerializer(many=True, required=False)


SLOT_REFUSED = OpenApiResponse(
    SlotRefusalSerializer,
    description="A rule of the clinic says no. With `slot_taken` come the nearest three free slots.",
    examples=[
        OpenApiExample(
            "Somebody was faster",
            value={
                "type": "refused",
                "code": "slot_taken",
                "detail": "Somebody else has just taken that time. Please choose another one.",
                "errors": [],
                "nearest": [
                    {
                        "id": 813,
                        "doctor": 5,
                        "location": 1,
                        "starts_at": "2026-11-23T09:20:00Z",
                        "ends_at": "2026-11-23T09:40:00Z",
                    }
                ],
            },
        )
    ],
)
"""For the 409 of whatever takes a seat."""


@contextmanager
def telling_nearest(slot_id: int | None) -> Iterator[None]:
    """Around a service that takes a seat of the slot: its SlotTaken then names the nearest free slots to programs."""
    try:
        yield
    except SlotTaken as refusal:
        lost = Slot.objects.select_related("doctor").filter(pk=slot_id or 0).first()
        near = nearest_free_slots(slot=lost) if lost else []
        refusal.members = {"nearest": NearSlotSerializer(near, many=True).data}
        raise
