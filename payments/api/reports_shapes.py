"""What the report on money looks like to programs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers import KeyField
from payments.states import Method, RefundReason


class RevenueSumSerializer(serializers.Serializer[Any]):
    """So much of one currency. Currencies are never added up."""

    currency = serializers.CharField(min_length=3, max_length=3)
    payments = serializers.IntegerField(min_value=0, help_text="In how many payments it came.")
    captured = serializers.CharField(help_text="What came.")
    refunds = serializers.IntegerField(min_value=0, help_text="In how many refunds it went back.")
    refunded = serializers.CharField(help_text="What went back.")
    net = serializers.CharField(help_text="What is left; below zero where more went back than came on these days.")


class RevenueNamedSerializer(serializers.Serializer[Any]):
    """A doctor or a location."""

    id = KeyField()
    name = serializers.CharField()


class RevenueDaySerializer(RevenueSumSerializer):
    """A day on the clock of the location where the money came."""

    day = serializers.DateField()


class RevenueDoctorSerializer(RevenueSumSerializer):
    """What the visits to a doctor earned."""

    doctor = RevenueNamedSerializer()


class RevenueMethodSerializer(RevenueSumSerializer):
    """What was paid in one way."""

    method = serializers.ChoiceField(choices=Method.choices)


class RevenueLocationSerializer(RevenueSumSerializer):
    """What one location earned."""

    location = RevenueNamedSerializer()


class RefundReasonSerializer(serializers.Serializer[Any]):
    """What went back for one reason."""

    reason = serializers.ChoiceField(choices=RefundReason.choices)
    currency = serializers.CharField(min_length=3, max_length=3)
    count = serializers.IntegerField(min_value=0)
    amount = serializers.CharField()


class OutstandingSerializer(serializers.Serializer[Any]):
    """What is owed for visits to one doctor on these days."""

    doctor = RevenueNamedSerializer()
    currency = serializers.CharField(min_length=3, max_length=3)
    visits = serializers.IntegerField(min_value=0)
    amount = serializers.CharField()


class RevenueReportSerializer(serializers.Serializer[Any]):
    """The money of these days."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    location = KeyField(allow_null=True)
    doctor = KeyField(allow_null=True)
    totals = RevenueSumSerializer(many=True)
    by_day = RevenueDaySerializer(many=True)
    by_doctor = RevenueDoctorSerializer(many=True)
    by_method = RevenueMethodSerializer(many=True)
    by_location = RevenueLocationSerializer(many=True)
    refunds = RefundReasonSerializer(many=True)
    outstanding = OutstandingSerializer(many=True)
