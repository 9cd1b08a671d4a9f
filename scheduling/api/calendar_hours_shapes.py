"""What recurring hours and time off look like to programs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers import KeyField, StrictSerializer
from scheduling.api.calendar_decisions import MOST_DECISIONS, DecisionSerializer, OutcomeSerializer
from scheduling.api.calendar_shapes import MOST_BREAKS, BreakSerializer
from scheduling.api.fields import ClockField, DayField, FlagField, MomentField, NumberField, TextField
from scheduling.recurrence import LONGEST_RULE
from scheduling.services.calendar import LARGEST_CAPACITY, LONGEST_MINUTES, SHORTEST_MINUTES

_DAYS = "On which days; 0 is Monday. Either these or `rrule`."


class HoursSerializer(serializers.Serializer[Any]):
    """A doctor's recurring hours at a location, by the clock of the location."""

    id = KeyField()
    doctor = KeyField(source="doctor_id")
    location = KeyField(source="location_id")
    weekdays = serializers.ListField(child=serializers.IntegerField(), help_text=_DAYS)
    rrule = serializers.CharField(help_text="An RFC 5545 rule, such as FREQ=MONTHLY;BYDAY=1MO.")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    start_time = ClockField()
    end_time = ClockField(help_text="Not after the start: on the next day.")
    breaks = BreakSerializer(many=True)
    slot_minutes = serializers.IntegerField()
    capacity = serializers.IntegerField(help_text="Patients a slot.")
    is_active = serializers.BooleanField()
    generated_until = serializers.DateField(allow_null=True, help_text="The last day whose slots are made.")
    outcome = OutcomeSerializer(required=False, help_text="After a change: what it did.")


class _HoursSaid(StrictSerializer):
    weekdays = serializers.ListField(
        child=NumberField(min_value=0, max_value=6), required=False, max_length=7, help_text=_DAYS
    )
    rrule = TextField(max_length=LONGEST_RULE, required=False, allow_blank=True)
    valid_from = DayField()
    valid_until = DayField(required=False, allow_null=True)
    start_time = ClockField()
    end_time = ClockField()
    breaks = BreakSerializer(many=True, required=False, max_length=MOST_BREAKS)
    slot_minutes = NumberField(min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES, required=False)
    capacity = NumberField(min_value=1, max_value=LARGEST_CAPACITY, required=False)


class HoursDetailsSerializer(_HoursSaid):
    """New hours."""

    doctor = KeyField()
    location = KeyField()


class _Changes(StrictSerializer):
    """Everything may be left out, but what is said is said in full.

    REST framework's `partial` would let what is nested be said by halves, too: a break without an end.
    """

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, none of them required."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class HoursChangesSerializer(_Changes, _HoursSaid):
    """Changed hours. `is_active` false retires them."""

    is_active = FlagField(required=False)
    decisions = DecisionSerializer(many=True, required=False, max_length=MOST_DECISIONS)


class TimeOffSerializer(serializers.Serializer[Any]):
    """A doctor's leave, a location's closure, or with both a doctor's leave at that location."""

    id = KeyField()
    doctor = KeyField(source="doctor_id", allow_null=True)
    location = KeyField(source="location_id", allow_null=True)
    starts_at = MomentField()
    ends_at = MomentField()
    reason = serializers.CharField()
    outcome = OutcomeSerializer(required=False, help_text="After a change: what it did.")


class _TimeOffSaid(StrictSerializer):
    starts_at = MomentField()
    ends_at = MomentField()
    reason = TextField(max_length=200, required=False, allow_blank=True)
    decisions = DecisionSerializer(many=True, required=False, max_length=MOST_DECISIONS)


class TimeOffChangesSerializer(_Changes, _TimeOffSaid):
    """Another time, or another reason."""


class TimeOffDetailsSerializer(_TimeOffSaid):
    """New leave or a closure: `doctor`, `location` or both."""

    doctor = KeyField(required=False)
    location = KeyField(required=False)
