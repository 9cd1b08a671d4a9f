"""What programs say about queues."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.serializers import KeyField, StrictSerializer
from queueing.services.feedback import LONGEST_COMMENT
from queueing.services.priorities import MOST_EXTRA, Priority
from queueing.services.queues import MOST_MINUTES_LATE
from queueing.states import DoctorStatus, TokenStatus
from scheduling.api.appointments_schema import TogetherSchema, whole
from scheduling.api.fields import FlagField, LineField, MomentField, NumberField, TextField
from scheduling.api.patients_shapes import WhoField
from scheduling.states import Urgency

SECRET_LENGTH = 64
ABOUT_A_WALK_IN = ("doctor", "location", "patient")
SAID_OF_A_WALK_IN = ("reason", "urgency", "special_requirements")


class SecretField(LineField):
    """The secret of somebody's link."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=SECRET_LENGTH, **kwargs)


class JoiningSerializer(StrictSerializer):
    """Who comes: an `appointment`, or the `secret` of its link; or a `patient` without one, to a `doctor` at a
    `location`."""

    appointment = KeyField(required=False)
    secret = SecretField(required=False, help_text="Of the appointment's link, in place of its id.")
    doctor = KeyField(required=False)
    location = KeyField(required=False)
    patient = WhoField(required=False, help_text="Somebody described, by staff only.")
    reason = TextField(max_length=500, required=False, allow_blank=True)
    urgency = serializers.ChoiceField(
        choices=Urgency.choices, required=False, help_text="`high` and `emergency` are for staff to say."
    )
    special_requirements = TextField(max_length=2_000, required=False, allow_blank=True)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """An appointment, or all of a walk-in."""
        walk_in = [name for name in (*ABOUT_A_WALK_IN, *SAID_OF_A_WALK_IN) if name in said]
        if ("appointment" in said) + ("secret" in said) == 1 and not walk_in:
            return said
        if "appointment" in said or "secret" in said:
            name = walk_in[0] if walk_in else "secret"
            raise serializers.ValidationError({name: _("The appointment says this already.")}, code="superfluous")
        missing = [name for name in ABOUT_A_WALK_IN if name not in said]
        if missing:
            sentence = _("Say who comes: an appointment, or a doctor, a location and a patient.")
            raise serializers.ValidationError(dict.fromkeys(missing, sentence), code="required")
        return said


class JoiningSchema(TogetherSchema):
    """An appointment, or all of a walk-in."""

    target_class = "queueing.api.bodies.JoiningSerializer"
    together = {
        "oneOf": [
            {"required": ["appointment"], "maxProperties": 1},
            {"required": ["secret"], "maxProperties": 1},
            whole(*ABOUT_A_WALK_IN, without=("appointment", "secret")),
        ]
    }


class RoomSerializer(StrictSerializer):
    """The room of the day; empty for the doctor's own."""

    room = TextField(max_length=50, allow_blank=True)


class RoomSchema(TogetherSchema):
    """It is needed, though it is a change of something that is there."""

    target_class = "queueing.api.bodies.RoomSerializer"
    together = {"required": ["room"]}


class DoctorStatusSerializer(StrictSerializer):
    """How a doctor's day goes, at one of their locations."""

    status = serializers.ChoiceField(choices=DoctorStatus.choices)
    minutes = NumberField(
        min_value=0,
        max_value=MOST_MINUTES_LATE,
        required=False,
        help_text="How late in all, with `running_late`; how long from now, with `on_break`.",
    )
    until = MomentField(required=False, help_text="When the break ends, in place of `minutes`.")
    location = KeyField(required=False, help_text="Needed where the doctor works at several.")


class DoctorStatusSchema(TogetherSchema):
    """The status is needed, though it is a change of something that is there."""

    target_class = "queueing.api.bodies.DoctorStatusSerializer"
    together = {"required": ["status"]}


class TokenStepSerializer(StrictSerializer):
    """The state to bring the place into; `message` goes with `cancelled`."""

    status = serializers.ChoiceField(choices=TokenStatus.choices)
    message = TextField(max_length=500, required=False, allow_blank=True)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """Words are sent with a farewell only."""
        if "message" in said and said.get("status") != TokenStatus.CANCELLED:
            raise serializers.ValidationError({"message": _("This goes with cancelled only.")}, code="superfluous")
        return said


class TokenStepSchema(TogetherSchema):
    """The state is needed, though it is a change of something that is there."""

    target_class = "queueing.api.bodies.TokenStepSerializer"
    together = {
        "required": ["status"],
        "anyOf": [
            {"properties": {"status": {"const": TokenStatus.CANCELLED.value}}},
            {"not": {"required": ["message"]}},
        ],
    }


class PrioritySerializer(StrictSerializer):
    """What somebody's place is made of; what is left out stays as it is."""

    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    special_requirements = FlagField(required=False)
    points = NumberField(
        min_value=-MOST_EXTRA, max_value=MOST_EXTRA, required=False, help_text="By hand: minutes ahead, or behind."
    )
    reason = TextField(max_length=200, required=False, allow_blank=True, help_text="Needed with `points`, unless 0.")

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """Something."""
        if not said:
            raise serializers.ValidationError({"urgency": _("Say what is to change.")}, code="required")
        return said

    def asked(self) -> Priority:
        """What the service takes."""
        said = self.validated_data
        return Priority(
            urgency=said.get("urgency"),
            has_special_requirements=said.get("special_requirements"),
            extra_points=said.get("points"),
            reason=said.get("reason"),
        )


class PrioritySchema(TogetherSchema):
    """Something, and why."""

    target_class = "queueing.api.bodies.PrioritySerializer"
    together = {
        "minProperties": 1,
        "anyOf": [
            {"not": {"required": ["points"]}},
            {"properties": {"points": {"const": 0}}},
            {"required": ["reason"]},
        ],
    }


class TransferSerializer(StrictSerializer):
    """To whom."""

    doctor = KeyField()


class UndoSerializer(StrictSerializer):
    """Which step: the `last_step` that was read. Another one meanwhile is not taken back by mistake."""

    step = KeyField()


class EmergencyCallSerializer(StrictSerializer):
    """Where help is needed: at a `location` (staff), or for whoever has a place in a queue: its `token` (staff, and
    patients' own) or its `secret`."""

    location = KeyField(required=False)
    token = KeyField(required=False)
    secret = SecretField(required=False, help_text="Of the place in the queue.")
    message = TextField(max_length=300, required=False, allow_blank=True)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """One of them."""
        if len(said.keys() - {"message"}) != 1:
            sentence = _("Say where help is needed: a location, a place in a queue, or the secret of one.")
            raise serializers.ValidationError({"location": sentence}, code="required")
        return said


class EmergencyCallSchema(TogetherSchema):
    """One of them."""

    target_class = "queueing.api.bodies.EmergencyCallSerializer"
    together = {
        "oneOf": [
            whole("location", without=("token", "secret")),
            whole("token", without=("location", "secret")),
            whole("secret", without=("location", "token")),
        ]
    }


class FeedbackSerializer(StrictSerializer):
    """How it was: 1 is worst, 5 is best."""

    score = NumberField(min_value=1, max_value=5)
    comment = TextField(max_length=LONGEST_COMMENT, required=False, allow_blank=True)
