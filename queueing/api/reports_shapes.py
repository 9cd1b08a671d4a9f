"""What reports look like to programs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers import KeyField
from queueing.reports import FEWEST
from scheduling.states import AppointmentStatus, AppointmentType, Source


class MinutesSerializer(serializers.Serializer[Any]):
    """How long something took, so many times; in minutes, null where it is known of nobody."""

    count = serializers.IntegerField(min_value=0)
    mean = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True, help_text="Half took less.")
    longest_tenth = serializers.FloatField(allow_null=True, help_text="One in ten took longer.")


class FlowSerializer(serializers.Serializer[Any]):
    """How many came, and what became of them. The rest is still there."""

    arrived = serializers.IntegerField(min_value=0)
    seen = serializers.IntegerField(min_value=0)
    left = serializers.IntegerField(min_value=0, help_text="Without being seen.")
    no_show = serializers.IntegerField(min_value=0, help_text="Called, and not there.")


class AccuracySerializer(serializers.Serializer[Any]):
    """How good the waits were that people were told when they checked in; in minutes."""

    count = serializers.IntegerField(min_value=0, help_text="People who were told a range and then seen.")
    is_enough = serializers.BooleanField(help_text=f"Whether they are {FEWEST}: fewer say more about chance.")
    inside = serializers.FloatField(allow_null=True, help_text="Share whose wait lay inside the range; 0.8 is meant.")
    error = serializers.FloatField(allow_null=True, help_text="How far the middle was off, on average.")
    width = serializers.FloatField(allow_null=True, help_text="How wide the range was, on average.")
    fixed_rule_error = serializers.FloatField(
        allow_null=True, help_text="How far “20 minutes for each person before you” would have been off."
    )


class ReportDoctorSerializer(serializers.Serializer[Any]):
    """Whose patients they were."""

    id = KeyField()
    name = serializers.CharField()


class DoctorFiguresSerializer(serializers.Serializer[Any]):
    """One doctor's patients."""

    doctor = ReportDoctorSerializer()
    flow = FlowSerializer()
    waits = MinutesSerializer()
    consultations = MinutesSerializer()
    accuracy = AccuracySerializer()


class HourSerializer(serializers.Serializer[Any]):
    """An hour of the day on the clock of the location, of all days together."""

    hour = serializers.IntegerField(min_value=0, max_value=23)
    flow = FlowSerializer(help_text="Who came, went in, left and was called in vain in this hour.")
    waits = MinutesSerializer(help_text="Of those who came in it.")


class DoctorHourSerializer(serializers.Serializer[Any]):
    """Those who came to a doctor in an hour of the day."""

    doctor = ReportDoctorSerializer()
    hour = serializers.IntegerField(min_value=0, max_value=23)
    waits = MinutesSerializer()


class KindSerializer(serializers.Serializer[Any]):
    """A doctor's consultations of one type."""

    doctor = ReportDoctorSerializer()
    type = serializers.ChoiceField(choices=AppointmentType.choices)
    consultations = MinutesSerializer()


class ScoreCountSerializer(serializers.Serializer[Any]):
    """How many said so."""

    score = serializers.IntegerField(min_value=1, max_value=5)
    count = serializers.IntegerField(min_value=0)


class SatisfactionSerializer(serializers.Serializer[Any]):
    """What patients said of their visits, from 1 to 5."""

    count = serializers.IntegerField(min_value=0)
    mean = serializers.FloatField(allow_null=True)
    scores = ScoreCountSerializer(many=True)


class _ReportSerializer(serializers.Serializer[Any]):
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    location = KeyField(allow_null=True)
    doctor = KeyField(allow_null=True)


class QueueReportSerializer(_ReportSerializer):
    """What happened in the queues of these days."""

    flow = FlowSerializer()
    waits = MinutesSerializer(help_text="From check-in until they went in.")
    consultations = MinutesSerializer()
    accuracy = AccuracySerializer()
    peak_hours = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=23), help_text="In which most came, the busiest first."
    )
    by_doctor = DoctorFiguresSerializer(many=True)
    by_hour = HourSerializer(many=True)
    by_doctor_and_hour = DoctorHourSerializer(many=True)
    by_type = KindSerializer(many=True)
    satisfaction = SatisfactionSerializer()


class StatusCountSerializer(serializers.Serializer[Any]):
    """So many visits are in this state."""

    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    count = serializers.IntegerField(min_value=0)


class KeptSerializer(serializers.Serializer[Any]):
    """What became of booked visits."""

    booked = serializers.IntegerField(min_value=0)
    statuses = StatusCountSerializer(many=True)
    never_came = serializers.IntegerField(min_value=0, help_text="No-shows who did not check in, or were not called.")
    missed_call = serializers.IntegerField(min_value=0, help_text="No-shows who were called and not there.")
    no_show_rate = serializers.FloatField(
        allow_null=True, help_text="Share of no-shows among those who were seen or did not come, from 0 to 1."
    )


class DoctorKeptSerializer(KeptSerializer):
    """The same for one doctor."""

    doctor = ReportDoctorSerializer()


class TypeCountSerializer(serializers.Serializer[Any]):
    """So many visits came about this way."""

    type = serializers.ChoiceField(choices=AppointmentType.choices)
    count = serializers.IntegerField(min_value=0)


class SourceCountSerializer(serializers.Serializer[Any]):
    """So many visits were booked through this."""

    source = serializers.ChoiceField(choices=Source.choices)
    count = serializers.IntegerField(min_value=0)


class AppointmentReportSerializer(_ReportSerializer, KeptSerializer):
    """What became of the visits booked for these days."""

    by_doctor = DoctorKeptSerializer(many=True)
    by_type = TypeCountSerializer(many=True)
    by_source = SourceCountSerializer(many=True)
