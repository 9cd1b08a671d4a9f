"""What places on the waitlist look like to programs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.serializers import KeyField, StrictSerializer
from scheduling.api.appointments_schema import TogetherSchema, one_of, whole
from scheduling.api.appointments_shapes import FOR_THE_PATIENT, DoctorNameSerializer, LocationNameSerializer
from scheduling.api.fields import DayField, MomentField
from scheduling.api.patients_shapes import PatientNameSerializer, WhoField
from scheduling.models import WaitlistEntry
from scheduling.services.waitlist_requests import WaitRequest
from scheduling.states import WaitlistStatus


def address_of(entry: WaitlistEntry) -> str:
    """Where the patient answers an offer in a browser."""
    return f"{settings.BASE_URL}{reverse('scheduling:waitlist_entry', args=[entry.secret])}"


class SpecialtyNameSerializer(serializers.Serializer[Any]):
    """A specialty, in other things."""

    id = KeyField()
    name = serializers.CharField()


class OfferedSlotSerializer(serializers.Serializer[Any]):
    """The seat that is kept for somebody who waits."""

    id = KeyField()
    starts_at = MomentField()
    ends_at = MomentField()
    doctor = DoctorNameSerializer()
    location = LocationNameSerializer()


class _AddressField(serializers.CharField):
    """The page behind the link of a place on the list."""

    def get_attribute(self, instance: WaitlistEntry) -> str:
        """Its whole address."""
        return address_of(instance)


class WaitlistEntrySummarySerializer(serializers.Serializer[Any]):
    """A place on the waitlist, in a list."""

    id = KeyField()
    status = serializers.ChoiceField(
        choices=WaitlistStatus.choices, help_text="`offered` counts no longer once `offer_expires_at` is past."
    )
    patient = PatientNameSerializer()
    doctor = DoctorNameSerializer(allow_null=True)
    specialty = SpecialtyNameSerializer(allow_null=True)
    location = LocationNameSerializer(allow_null=True)
    earliest_date = serializers.DateField()
    latest_date = serializers.DateField()
    instead_of = KeyField(source="instead_of_id", allow_null=True, help_text="The booking an earlier seat replaces.")
    offered_slot = OfferedSlotSerializer(allow_null=True, help_text="Kept until `offer_expires_at`.")
    offer_expires_at = MomentField(allow_null=True)
    joined_at = MomentField(source="created_at")

    def to_representation(self, instance: WaitlistEntry) -> dict[str, Any]:
        """An offer only while it is one: the entry remembers what was declined."""
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.status != WaitlistStatus.OFFERED:
            shown["offered_slot"] = None
        return shown


class WaitlistEntrySerializer(WaitlistEntrySummarySerializer):
    """A place on the waitlist. `secret` and `manage_url` are there only for the patient's side and in the answer to
    joining."""

    secret = serializers.CharField(required=False, help_text="Opens it: send it in the header `Frontdesk-Secret`.")
    manage_url = _AddressField(required=False, help_text="The same for a browser.")

    def to_representation(self, instance: WaitlistEntry) -> dict[str, Any]:
        """Without what is not for the visitor."""
        shown = super().to_representation(instance)
        if not self.context["is_own"]:
            for name in FOR_THE_PATIENT:
                del shown[name]
        return shown


class WaitlistEntryInLineSerializer(WaitlistEntrySerializer):
    """A place on the waitlist as its own page has it."""

    ahead = serializers.IntegerField(help_text="How many came earlier for the same seats.")


class WishSerializer(StrictSerializer):
    """Who would come on which days, to a `doctor` or to any of a `specialty`; or `instead_of` a booking, which alone
    says everything: the same doctor, the same place, any day before it."""

    patient = WhoField(required=False)
    doctor = KeyField(required=False)
    specialty = KeyField(required=False)
    location = KeyField(required=False, help_text="Anywhere, unless said.")
    earliest_date = DayField(required=False)
    latest_date = DayField(required=False)
    instead_of = KeyField(required=False, help_text="The id of the booking to be replaced.")

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """A whole wish, or a booking."""
        if "instead_of" in said:
            for name in said:
                if name != "instead_of":
                    raise serializers.ValidationError({name: _("The booking says this already.")}, code="superfluous")
            return said
        for name in ("patient", "earliest_date", "latest_date"):
            if name not in said:
                raise serializers.ValidationError({name: _("This field is required.")}, code="required")
        if "doctor" not in said and "specialty" not in said:
            raise serializers.ValidationError(
                {"doctor": _("Choose a doctor or a specialty to wait for.")}, code="required"
            )
        return said

    def asked(self) -> WaitRequest:
        """What the service takes."""
        said = self.validated_data
        return WaitRequest(
            patient=said["patient"],
            earliest_date=said["earliest_date"],
            latest_date=said["latest_date"],
            doctor_id=said.get("doctor"),
            specialty_id=said.get("specialty"),
            location_id=said.get("location"),
        )


class WishSchema(TogetherSchema):
    """A whole wish, or a booking that says it all."""

    target_class = "scheduling.api.waitlist_shapes.WishSerializer"
    together = {
        "oneOf": [
            {"required": ["instead_of"], "maxProperties": 1},
            {
                **whole("patient", "earliest_date", "latest_date", without=("instead_of",)),
                **one_of("doctor", "specialty"),
            },
        ]
    }
