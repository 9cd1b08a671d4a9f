"""What locations, specialties and doctors look like to programs."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.api.serializers import KeyField, StrictSerializer
from scheduling.api.fields import FlagField, LineField, MoneyField, NumberField, TextField
from scheduling.models import Doctor
from scheduling.services.clinic import time_zones

LARGEST_NUMBER = 2**31 - 1
LONGEST_TEXT = 5_000

OF_THE_DESK = ("email", "phone", "license_number", "user")
"""Fields of a doctor that only staff of their locations see."""


class LocationSerializer(StrictSerializer):
    """A place of the clinic, with its clock and its rules for booking."""

    id = KeyField(read_only=True)
    name = LineField(max_length=150)
    slug = TextField(
        max_length=50, validators=[RegexValidator(r"^[-a-zA-Z0-9_]+$")], help_text="Its short name in links."
    )
    address = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    phone = TextField(max_length=40, required=False, allow_blank=True, help_text="Answers give it in E.164.")
    time_zone = serializers.ChoiceField(
        choices=time_zones(), required=False, help_text="Its clock: the name of an IANA time zone."
    )
    is_active = FlagField(required=False)
    hold_minutes = NumberField(min_value=1, max_value=60, required=False, help_text="How long a hold keeps a seat.")
    needs_confirmation = FlagField(required=False, help_text="Whether bookings must be confirmed in time.")
    pending_minutes = NumberField(
        min_value=1, max_value=LARGEST_NUMBER, required=False, help_text="How long a booking waits to be confirmed."
    )
    lead_minutes = NumberField(
        min_value=0, max_value=LARGEST_NUMBER, required=False, help_text="Booking ends so long before the start."
    )
    cancel_notice_minutes = NumberField(
        min_value=0, max_value=LARGEST_NUMBER, required=False, help_text="Notice to cancel or move without phoning."
    )
    waitlist_offer_minutes = NumberField(
        min_value=1, max_value=LARGEST_NUMBER, required=False, help_text="How long an offer of a seat stands."
    )
    days_ahead = NumberField(
        min_value=1, max_value=730, required=False, help_text="The calendar is open so many days ahead."
    )


class SpecialtySerializer(StrictSerializer):
    """What a doctor is a doctor of."""

    id = KeyField(read_only=True)
    name = LineField(max_length=100)
    description = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    is_active = FlagField(required=False)


class DoctorSerializer(serializers.Serializer[Any]):
    """A doctor. `email`, `phone`, `license_number` and `user` are there only for staff of their locations.

    The context names in `desk` the ids of the doctors whose such fields the visitor sees.
    """

    id = KeyField()
    name = serializers.CharField()
    specialty = KeyField(source="specialty_id")
    specialty_name = serializers.CharField(source="specialty.name")
    locations = serializers.SerializerMethodField(help_text="The ids of the places where they work.")
    room = serializers.CharField()
    consultation_fee = MoneyField()
    currency = serializers.CharField()
    experience_years = serializers.IntegerField()
    biography = serializers.CharField()
    photo = serializers.ImageField(use_url=True, allow_null=True, help_text="Where the picture is, if there is one.")
    is_active = serializers.BooleanField()
    email = serializers.EmailField(required=False)
    phone = serializers.CharField(required=False)
    license_number = serializers.CharField(required=False)
    user = KeyField(source="user_id", required=False, allow_null=True, help_text="With whom they sign in.")

    def get_locations(self, doctor: Doctor) -> list[int]:
        """In order; the view has read them all."""
        return sorted(location.pk for location in doctor.locations.all())

    def to_representation(self, instance: Doctor) -> dict[str, Any]:
        """Without what is not for the visitor."""
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.pk not in self.context["desk"]:
            for name in OF_THE_DESK:
                del shown[name]
        return shown


class DoctorDetailsSerializer(StrictSerializer):
    """What managers say about a doctor."""

    name = LineField(max_length=150)
    specialty = KeyField()
    locations = serializers.ListField(child=KeyField(), required=False, max_length=200)
    room = TextField(max_length=50, required=False, allow_blank=True)
    consultation_fee = MoneyField(required=False)
    currency = TextField(validators=[RegexValidator(r"^[A-Z]{3}$")], required=False)
    experience_years = NumberField(min_value=0, max_value=32767, required=False)
    biography = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    is_active = FlagField(required=False)
    email = serializers.EmailField(max_length=254)
    phone = TextField(max_length=40, required=False, allow_blank=True)
    license_number = LineField(max_length=50)
    user = KeyField(required=False, allow_null=True)
