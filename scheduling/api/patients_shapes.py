"""What patients look like to programs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from accounts.api.serializers import KeyField, StrictSerializer
from scheduling.api.fields import DayField, FlagField, LineField, MomentField, TextField
from scheduling.services.patients import PatientDetails
from scheduling.states import Gender

LONGEST_TEXT = 5_000
LONGEST_HISTORY = 20_000


class PatientNameSerializer(serializers.Serializer[Any]):
    """A patient, in other things."""

    id = KeyField()
    number = serializers.CharField(help_text="What people read out.")
    first_name = serializers.CharField()
    last_name = serializers.CharField()


class PatientSummarySerializer(PatientNameSerializer):
    """A patient in a list."""

    date_of_birth = serializers.DateField()
    phone = serializers.CharField(help_text="In E.164, or empty.")
    email = serializers.CharField()
    registered_at = MomentField(source="created_at")


class PatientSerializer(PatientSummarySerializer):
    """A patient's record. `medical_history` is there only for staff."""

    gender = serializers.ChoiceField(choices=Gender.choices)
    language = serializers.CharField()
    address = serializers.CharField()
    emergency_contact_name = serializers.CharField()
    emergency_contact_phone = serializers.CharField()
    insurance_provider = serializers.CharField()
    insurance_number = serializers.CharField()
    wants_email = serializers.BooleanField()
    wants_sms = serializers.BooleanField()
    wants_push = serializers.BooleanField()
    wants_call = serializers.BooleanField()
    medical_history = serializers.CharField(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Without what is not for the visitor."""
        shown: dict[str, Any] = super().to_representation(instance)
        if not self.context["is_staff"]:
            del shown["medical_history"]
        return shown


class NewPatientSerializer(StrictSerializer):
    """Somebody as they describe themselves. A phone number or an e-mail address is needed."""

    first_name = LineField(max_length=100)
    last_name = LineField(max_length=100)
    date_of_birth = DayField()
    phone = TextField(max_length=40, required=False, allow_blank=True, help_text="As people write it.")
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    gender = serializers.ChoiceField(choices=Gender.choices, required=False)
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES, required=False, help_text="In which messages are written."
    )

    def to_internal_value(self, data: Any) -> PatientDetails:
        """What the services take."""
        return PatientDetails(**super().to_internal_value(data))


class RecordSerializer(StrictSerializer):
    """What changes on a record. `medical_history` is for staff."""

    first_name = LineField(max_length=100, required=False)
    last_name = LineField(max_length=100, required=False)
    date_of_birth = DayField(required=False)
    gender = serializers.ChoiceField(choices=Gender.choices, required=False)
    phone = TextField(max_length=40, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    address = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    emergency_contact_name = TextField(max_length=150, required=False, allow_blank=True)
    emergency_contact_phone = TextField(max_length=40, required=False, allow_blank=True)
    insurance_provider = TextField(max_length=150, required=False, allow_blank=True)
    insurance_number = TextField(max_length=100, required=False, allow_blank=True)
    wants_email = FlagField(required=False)
    wants_sms = FlagField(required=False)
    wants_push = FlagField(required=False)
    wants_call = FlagField(required=False)
    medical_history = TextField(max_length=LONGEST_HISTORY, required=False, allow_blank=True)


class WhoField(serializers.Field[Any, Any, Any, Any]):
    """Who it is for: the id of a patient that the visitor may speak for, or somebody described."""

    default_error_messages = {"invalid": _("This is the id of a patient, or a description of one.")}

    def to_internal_value(self, data: Any) -> int | PatientDetails:
        """An id or a description; whether the patient is theirs is for the service to say."""
        if isinstance(data, dict):
            details: PatientDetails = NewPatientSerializer().run_validation(data)
            return details
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return KeyField().run_validation(data)


class WhoSchema(OpenApiSerializerFieldExtension):
    """How the OpenAPI document says it."""

    target_class = "scheduling.api.patients_shapes.WhoField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """One of the two."""
        described = auto_schema.resolve_serializer(NewPatientSerializer(), direction)
        key = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
        return {"oneOf": [key, described.ref]}
