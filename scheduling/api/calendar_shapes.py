"""What slots, plans for many slots, and batches of them look like to programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts.api.serializers import KeyField, StrictSerializer
from scheduling.api.fields import ClockField, DayField, FlagField, MomentField, NumberField, moment
from scheduling.models import Slot
from scheduling.services.bulk_slots import BulkPlan, BulkPreview, SkipReason
from scheduling.services.calendar import LARGEST_CAPACITY, LONGEST_MINUTES, SHORTEST_MINUTES

MOST_BREAKS = 20


class SlotSerializer(serializers.Serializer[Any]):
    """A time with a doctor. What comes after `free` is there only for staff of the location.

    The context names in `desk` the ids of the visitor's locations. Slots carry `free` (`count_free_seats`).
    """

    id = KeyField()
    doctor = KeyField()
    location = KeyField()
    starts_at = MomentField()
    ends_at = MomentField()
    free = serializers.IntegerField(help_text="Seats that nobody keeps now.")
    is_open = serializers.BooleanField(required=False, help_text="Whether it is offered.")
    capacity = serializers.IntegerField(required=False, help_text="Seats in all.")
    booked = serializers.BooleanField(required=False, help_text="Whether somebody has or keeps a seat.")
    availability = KeyField(required=False, allow_null=True, help_text="The recurring hours that made it.")
    batch = KeyField(required=False, allow_null=True, help_text="The batch it was made in.")

    def to_representation(self, instance: Slot) -> dict[str, Any]:
        """Written out: lists of slots are long."""
        shown = {
            "id": instance.pk,
            "doctor": instance.doctor_id,
            "location": instance.location_id,
            "starts_at": moment(instance.starts_at),
            "ends_at": moment(instance.ends_at),
            "free": instance.free,  # type: ignore[attr-defined]
        }
        if instance.location_id in self.context["desk"]:
            shown |= {
                "is_open": instance.is_open,
                "capacity": instance.capacity,
                "booked": shown["free"] < instance.capacity,
                "availability": instance.availability_id,
                "batch": instance.batch_id,
            }
        return shown


class SlotDetailsSerializer(StrictSerializer):
    """One slot more."""

    doctor = KeyField()
    location = KeyField()
    starts_at = MomentField()
    duration_minutes = NumberField(min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES)
    capacity = NumberField(min_value=1, max_value=LARGEST_CAPACITY, required=False, default=1)


class SlotChangesSerializer(StrictSerializer):
    """What can change of a slot."""

    is_open = FlagField(required=False)
    capacity = NumberField(min_value=1, max_value=LARGEST_CAPACITY, required=False)


class BreakSerializer(StrictSerializer):
    """A pause inside the hours."""

    start_time = ClockField()
    end_time = ClockField()


class BulkPlanSerializer(StrictSerializer):
    """Many slots: hours on some days, by the clock of the location."""

    doctor = KeyField()
    location = KeyField()
    start_date = DayField()
    end_date = DayField()
    start_time = ClockField()
    end_time = ClockField(help_text="Not after the start: on the next day.")
    duration_minutes = NumberField(min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES)
    capacity = NumberField(min_value=1, max_value=LARGEST_CAPACITY, required=False, default=1)
    exclude_weekends = FlagField(required=False, default=False)
    weekdays = serializers.ListField(
        child=NumberField(min_value=0, max_value=6),
        required=False,
        max_length=7,
        help_text="Only on these; 0 is Monday. None: every day.",
    )
    breaks = BreakSerializer(many=True, required=False, max_length=MOST_BREAKS)
    dry_run = FlagField(required=False, default=False, help_text="Only tell what would be made.")

    def plan(self) -> BulkPlan:
        """In the words of the service."""
        said: dict[str, Any] = dict(self.validated_data)
        del said["dry_run"]
        return BulkPlan(
            doctor_id=said.pop("doctor"),
            location_id=said.pop("location"),
            weekdays=frozenset(said.pop("weekdays", ())),
            breaks=tuple(pairs_of(said.pop("breaks", ()))),
            **said,
        )


def pairs_of(breaks: Any) -> list[tuple[Any, Any]]:
    """Breaks as the services read them."""
    return [(pause["start_time"], pause["end_time"]) for pause in breaks]


class BulkDaySerializer(serializers.Serializer[Any]):
    """One day of a plan."""

    date = serializers.DateField()
    slots = serializers.IntegerField(help_text="Made, or to be made.")
    skipped = serializers.IntegerField(help_text="Times that get no slot.")


class SkippedSerializer(serializers.Serializer[Any]):
    """How many times get no slot, by reason."""

    past = serializers.IntegerField(help_text="Already over.")
    missing = serializers.IntegerField(help_text="The clocks skip it.")
    time_off = serializers.IntegerField(help_text="Leave or closure.")
    clash = serializers.IntegerField(help_text="The doctor already has a slot then.")


class BulkAnswerSerializer(serializers.Serializer[Any]):
    """What came of a plan, or with `dry_run` what would."""

    dry_run = serializers.BooleanField()
    batch = KeyField(allow_null=True, help_text="To undo it; null when no slot was made.")
    total = serializers.IntegerField()
    skipped = SkippedSerializer()
    days = BulkDaySerializer(many=True)


def bulk_answer(preview: BulkPreview, *, batch_id: int | None, dry_run: bool) -> dict[str, Any]:
    """The shape of `BulkAnswerSerializer`."""
    skipped: Mapping[str, int] = preview.skipped
    return {
        "dry_run": dry_run,
        "batch": batch_id,
        "total": preview.total,
        "skipped": {reason.value: skipped.get(reason.value, 0) for reason in SkipReason},
        "days": [
            {"date": day.date.isoformat(), "slots": len(day.slots), "skipped": len(day.skipped)} for day in preview.days
        ],
    }


class BatchSerializer(serializers.Serializer[Any]):
    """Slots that were made in one go."""

    id = KeyField()
    doctor = KeyField(source="doctor_id")
    location = KeyField(source="location_id")
    created_at = MomentField()
    description = serializers.CharField()
    left = serializers.IntegerField(help_text="Slots that there still are.")
    booked = serializers.IntegerField(help_text="Those of them that somebody has.")


class UndoneSerializer(serializers.Serializer[Any]):
    """What taking a batch back came to."""

    removed = serializers.IntegerField()
    stayed = serializers.IntegerField(help_text="Slots that somebody has, or that are over.")
