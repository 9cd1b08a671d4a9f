"""What appointments look like to programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.serializers import KeyField, StrictSerializer
from accounts.models import User
from scheduling.api.appointments_schema import TogetherSchema, one_of, whole
from scheduling.api.fields import LineField, MomentField, MoneyField, TextField
from scheduling.api.patients_shapes import PatientNameSerializer, WhoField
from scheduling.models import Appointment
from scheduling.selectors.people import belongs_to
from scheduling.selectors.self_service import Standing, standing_of
from scheduling.services.booking import VisitDetails
from scheduling.services.booking_requests import BookingRequest
from scheduling.states import AppointmentStatus, AppointmentType, Source, Urgency

LONGEST_NOTES = 10_000
WALK_INS = ("doctor", "location")
SAID_ABOUT_THE_VISIT = ("reason", "symptoms", "urgency", "special_requirements", "notes", "meeting_link", "type")
FOR_STAFF = ("reason", "symptoms", "urgency", "special_requirements", "notes")
FOR_THE_PATIENT = ("secret", "manage_url")
BOOKABLE_TYPES = [choice for choice in AppointmentType.choices if choice[0] != AppointmentType.FOLLOW_UP]


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks at a visit, and whether they came by its secret link."""

    user: User | AnonymousUser
    by_link: bool = False

    def is_own(self, visit: Appointment) -> bool:
        """Whether they look from the patient's side."""
        return self.by_link or belongs_to(visit, self.user)

    @property
    def is_staffs(self) -> bool:
        """Whether they look from the clinic's side."""
        return self.user.is_staff and not self.by_link


def address_of(visit: Appointment) -> str:
    """Where the patient sees and changes the visit in a browser."""
    return f"{settings.BASE_URL}{reverse('scheduling:appointment', args=[visit.secret])}"


class DoctorNameSerializer(serializers.Serializer[Any]):
    """A doctor, in other things."""

    id = KeyField()
    name = serializers.CharField()


class LocationNameSerializer(serializers.Serializer[Any]):
    """A place, in other things."""

    id = KeyField()
    name = serializers.CharField()
    time_zone = serializers.CharField()


class _AddressField(serializers.CharField):
    """The page behind the link of a visit."""

    def get_attribute(self, instance: Appointment) -> str:
        """Its whole address."""
        return address_of(instance)


class AppointmentSummarySerializer(serializers.Serializer[Any]):
    """An appointment in a list."""

    id = KeyField()
    number = serializers.CharField(help_text="What people read out.")
    status = serializers.ChoiceField(
        choices=AppointmentStatus.choices,
        help_text="`pending` counts no longer once `expires_at` is past, whether it says `expired` already or not.",
    )
    type = serializers.ChoiceField(choices=AppointmentType.choices)
    starts_at = MomentField(allow_null=True, help_text="null: a walk-in.")
    ends_at = MomentField(allow_null=True)
    expires_at = MomentField(allow_null=True, help_text="Until when a pending appointment must be confirmed or paid.")
    patient = PatientNameSerializer()
    doctor = DoctorNameSerializer()
    location = LocationNameSerializer()
    slot = KeyField(source="slot_id", allow_null=True)
    booked_at = MomentField(source="created_at")
    changed_at = MomentField()


class AppointmentSerializer(AppointmentSummarySerializer):
    """An appointment. What it is about and `notes` are there only for staff; `secret` and `manage_url` only for the
    patient's side and in the answer to the booking."""

    source = serializers.ChoiceField(choices=Source.choices, help_text="Through which door it came in.")
    fee = MoneyField()
    currency = serializers.CharField()
    prepayment = MoneyField(
        help_text="What of the fee has to be paid to confirm it; `0.00`: nothing, or staff waived it."
    )
    meeting_link = serializers.CharField(help_text="Of a video visit; for patients while it is to come.")
    attendance_confirmed_at = MomentField(allow_null=True, help_text="When the patient said that they will come.")
    cancellation_message = serializers.CharField()
    follows = KeyField(source="follows_id", allow_null=True, help_text="The visit that this one follows up.")
    successor = KeyField(source="successor_id", allow_null=True, help_text="What it was moved to.")
    reason = serializers.CharField(required=False)
    symptoms = serializers.CharField(required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    special_requirements = serializers.CharField(required=False)
    notes = serializers.CharField(required=False)
    secret = serializers.CharField(required=False, help_text="Opens it: send it in the header `Frontdesk-Secret`.")
    manage_url = _AddressField(required=False, help_text="The same for a browser.")

    def to_representation(self, instance: Appointment) -> dict[str, Any]:
        """Without what is not for the visitor."""
        shown: dict[str, Any] = super().to_representation(instance)
        sight: Sight = self.context["sight"]
        hidden = () if sight.is_staffs else FOR_STAFF
        for name in (*hidden, *(() if sight.is_own(instance) else FOR_THE_PATIENT)):
            del shown[name]
        if not sight.is_staffs and standing_of(instance) != Standing.UPCOMING:
            shown["meeting_link"] = ""
        return shown


class _AboutTheVisit(StrictSerializer):
    reason = TextField(max_length=500, required=False, allow_blank=True)
    symptoms = TextField(max_length=4_000, required=False, allow_blank=True)
    urgency = serializers.ChoiceField(
        choices=Urgency.choices, required=False, help_text="`emergency` is for staff to say."
    )
    special_requirements = TextField(max_length=2_000, required=False, allow_blank=True)
    notes = TextField(max_length=LONGEST_NOTES, required=False, allow_blank=True, help_text="For staff, by staff.")
    meeting_link = serializers.URLField(max_length=200, required=False, allow_blank=True, help_text="By staff.")


class VisitChangesSerializer(_AboutTheVisit):
    """What staff write down about a visit."""


class BookingSerializer(_AboutTheVisit):
    """A booking: the seat of a `hold` or of a `slot`; staff register walk-ins with `doctor` and `location` instead."""

    hold = LineField(max_length=64, required=False, help_text="The token of a hold.")
    slot = KeyField(required=False, help_text="The id of a slot with a free seat.")
    doctor = KeyField(required=False, help_text="Of a walk-in, with `location`; by staff.")
    location = KeyField(required=False)
    patient = WhoField(required=False, help_text="Not needed with `follows`.")
    follows = KeyField(required=False, help_text="The id of a visit that this one follows up.")
    type = serializers.ChoiceField(choices=BOOKABLE_TYPES, required=False, help_text="By staff.")

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """One seat, and somebody to sit on it."""
        walk_in = said.get("type") == AppointmentType.WALK_IN and all(name in said for name in WALK_INS)
        if ("hold" in said) + ("slot" in said) + walk_in != 1 or (
            not walk_in and any(name in said for name in WALK_INS)
        ):
            raise serializers.ValidationError(
                {
                    "slot": _(
                        "Say which seat: a hold, or a slot, or for a visit of the type walk_in a doctor and a location."
                    )
                },
                code="seat",
            )
        if "patient" not in said and "follows" not in said:
            raise serializers.ValidationError({"patient": _("Say who the appointment is for.")}, code="required")
        return said

    def asked(self) -> BookingRequest:
        """What the service takes."""
        said = self.validated_data
        words = {name: said[name] for name in SAID_ABOUT_THE_VISIT if name in said}
        return BookingRequest(
            visit=VisitDetails(**words, source=Source.API),
            patient=said.get("patient"),
            hold=said.get("hold"),
            slot_id=said.get("slot"),
            doctor_id=said.get("doctor"),
            location_id=said.get("location"),
            follows_id=said.get("follows"),
        )


class MoveSerializer(StrictSerializer):
    """Where to: a `slot`, or the seat of a `hold`."""

    slot = KeyField(required=False)
    hold = LineField(max_length=64, required=False)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """One of them."""
        if len(said) != 1:
            raise serializers.ValidationError({"slot": _("Say where to: either a slot or a hold.")}, code="seat")
        return said


class BookingSchema(TogetherSchema):
    """One seat, and somebody to sit on it."""

    target_class = "scheduling.api.appointments_shapes.BookingSerializer"
    together = {
        "oneOf": [
            whole("hold", without=("slot", *WALK_INS)),
            whole("slot", without=("hold", *WALK_INS)),
            {
                **whole("type", *WALK_INS, without=("hold", "slot")),
                "properties": {"type": {"const": AppointmentType.WALK_IN.value}},
            },
        ],
        **one_of("patient", "follows"),
    }


class MoveSchema(TogetherSchema):
    """One of both."""

    target_class = "scheduling.api.appointments_shapes.MoveSerializer"
    together = {"minProperties": 1, "maxProperties": 1}


class CancellationSerializer(StrictSerializer):
    """Why, or what staff tell the patient."""

    message = TextField(max_length=500, required=False, allow_blank=True)


class StepSerializer(CancellationSerializer):
    """The state to bring the visit into; `message` goes with `cancelled`."""

    status = serializers.ChoiceField(choices=AppointmentStatus.choices)


class StepSchema(TogetherSchema):
    """The state is needed, though it is a change of something that is there."""

    target_class = "scheduling.api.appointments_shapes.StepSerializer"
    together = {"required": ["status"]}


class FindSerializer(StrictSerializer):
    """A reference, and the phone number or e-mail address that was given when booking."""

    number = LineField(max_length=40)
    contact = LineField(max_length=254)


class LinksSerializer(StrictSerializer):
    """The address that was given when booking."""

    email = serializers.EmailField(max_length=254)


class NothingSerializer(StrictSerializer):
    """Nothing needs to be said."""


class DetailSerializer(serializers.Serializer[Any]):
    """A sentence for the person."""

    detail = serializers.CharField()
