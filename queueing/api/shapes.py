"""What queues and the places in them look like to programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import KeyField
from queueing.models import Token, TokenStep
from queueing.selectors.lines import Line, Place
from queueing.states import Arrival, DoctorStatus, Step, TokenStatus
from queueing.token_links import link_of
from queueing.wait_words import rounded_minutes
from scheduling.api.appointments_shapes import DoctorNameSerializer, LocationNameSerializer
from scheduling.api.fields import MomentField
from scheduling.api.patients_shapes import PatientNameSerializer
from scheduling.states import Urgency

FOR_STAFF = ("patient", "urgency", "has_special_requirements", "extra_points", "extra_reason", "score", "last_step")
FOR_THE_PATIENT = ("secret", "manage_url")


def wait_of(place: Place | None, status: str) -> dict[str, int] | None:
    """The range in minutes, as pages say it; None for whoever does not wait, or for nobody any more."""
    if place is None or status == DoctorStatus.FINISHED:
        return None
    low, high = rounded_minutes(place.wait)
    return {"low": low, "middle": round(place.wait.middle / 60), "high": high}


class WaitSerializer(serializers.Serializer[Any]):
    """How long it will still take, in minutes: four of five times between `low` and `high`."""

    low = serializers.IntegerField(min_value=0, help_text="Rounded down to five minutes.")
    middle = serializers.IntegerField(min_value=0)
    high = serializers.IntegerField(min_value=0, help_text="Rounded up to five minutes.")


class ReasonSerializer(serializers.Serializer[Any]):
    """What somebody has points for."""

    words = serializers.CharField()
    points = serializers.FloatField()


class ScoreSerializer(serializers.Serializer[Any]):
    """Why somebody is called before others: whoever has most points is next."""

    points = serializers.FloatField(help_text="The sum of the reasons. A point is worth a minute of waiting.")
    reasons = ReasonSerializer(many=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The points to a tenth: they change with every second."""
        shown: dict[str, Any] = super().to_representation(instance)
        for one in (shown, *shown["reasons"]):
            one["points"] = round(one["points"], 1)
        return shown


class DoctorDaySerializer(serializers.Serializer[Any]):
    """How a doctor's day goes."""

    status = serializers.ChoiceField(choices=DoctorStatus.choices)
    late_minutes = serializers.IntegerField(min_value=0)
    back_at = MomentField(allow_null=True, help_text="When a break ends, if anybody said.")


class PersonInLineSerializer(serializers.Serializer[Any]):
    """Somebody in a queue, as staff see them there."""

    id = KeyField()
    code = serializers.CharField(help_text="What is called out.")
    status = serializers.ChoiceField(choices=TokenStatus.choices)
    version = serializers.IntegerField(min_value=1)
    patient = PatientNameSerializer()
    appointment = KeyField(source="appointment_id")
    arrival = serializers.ChoiceField(choices=Arrival.choices)
    booked_for = MomentField(allow_null=True, help_text="null: without an appointment.")
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    checked_in_at = MomentField()
    called_at = MomentField(allow_null=True)
    started_at = MomentField(allow_null=True)
    room = serializers.CharField(help_text="Where they were called to.")
    calls = serializers.IntegerField(min_value=0)


class WaitingSerializer(PersonInLineSerializer):
    """Somebody who waits, as staff see them."""

    position = serializers.IntegerField(min_value=1, help_text="1 is called next.")
    wait = WaitSerializer(allow_null=True)
    score = ScoreSerializer()


class CountsSerializer(serializers.Serializer[Any]):
    """How many are in each state."""

    waiting = serializers.IntegerField(min_value=0)
    called = serializers.IntegerField(min_value=0)
    in_consultation = serializers.IntegerField(min_value=0)
    completed = serializers.IntegerField(min_value=0)
    no_show = serializers.IntegerField(min_value=0)
    cancelled = serializers.IntegerField(min_value=0)


class LineSerializer(serializers.Serializer[Any]):
    """A doctor's queue at a location on a day, as it stands. Made from a `Line`; wants `counts` by queue."""

    id = KeyField(source="queue.pk")
    doctor = DoctorNameSerializer(source="queue.doctor")
    location = LocationNameSerializer(source="queue.location")
    day = serializers.DateField(source="queue.day", help_text="On the clock of the location.")
    letter = serializers.CharField(source="queue.letter", help_text="What its codes begin with.")
    room = serializers.CharField(source="queue.place", help_text="Where its patients go.")
    doctor_status = DoctorDaySerializer(source="queue")
    closed_at = MomentField(source="queue.closed_at", allow_null=True)
    counts = serializers.SerializerMethodField()
    called = PersonInLineSerializer(many=True)
    in_consultation = PersonInLineSerializer(source="running", many=True)
    waiting = serializers.SerializerMethodField()

    @extend_schema_field(CountsSerializer)
    def get_counts(self, line: Line) -> dict[str, int]:
        """By state; those who are gone are counted too."""
        found: dict[str, int] = self.context["counts"].get(line.queue.pk, {})
        return {status: found.get(status, 0) for status in TokenStatus.values}

    @extend_schema_field(WaitingSerializer(many=True))
    def get_waiting(self, line: Line) -> list[dict[str, Any]]:
        """In the order in which they will be called."""
        return [
            {
                **PersonInLineSerializer(place.token).data,
                "position": place.position,
                "wait": wait_of(place, line.queue.status),
                "score": ScoreSerializer(place.score).data,
            }
            for place in line.waiting
        ]


@dataclass(frozen=True, slots=True)
class Standing:
    """A token with its place in the line, and from which side it is looked at."""

    token: Token
    place: Place | None
    last_step: TokenStep | None
    for_staff: bool
    is_own: bool

    @property
    def wait(self) -> dict[str, int] | None:
        """The range in minutes."""
        return wait_of(self.place, self.token.queue.status)

    @property
    def manage_url(self) -> str:
        """The page to follow it on."""
        return link_of(self.token)


class LastStepSerializer(serializers.Serializer[Any]):
    """What happened to it last."""

    id = KeyField(help_text="To be taken back by `undo`.")
    what = serializers.ChoiceField(choices=Step.choices)
    at = MomentField()


class TokenSerializer(serializers.Serializer[Any]):
    """A place in a queue. Who it is and why it is where it is are there only for staff; `secret` and `manage_url` only
    for the patient's side and in the answer to joining."""

    id = KeyField(source="token.pk")
    code = serializers.CharField(source="token.code", help_text="What is called out and shown on the screen.")
    status = serializers.ChoiceField(source="token.status", choices=TokenStatus.choices)
    version = serializers.IntegerField(source="token.version", min_value=1)
    queue = KeyField(source="token.queue_id")
    doctor = DoctorNameSerializer(source="token.queue.doctor")
    location = LocationNameSerializer(source="token.queue.location")
    day = serializers.DateField(source="token.day")
    appointment = KeyField(source="token.appointment_id")
    position = serializers.IntegerField(
        source="place.position", default=None, allow_null=True, min_value=1, help_text="null: does not wait (any more)."
    )
    wait = WaitSerializer(allow_null=True)
    doctor_status = DoctorDaySerializer(source="token.queue")
    room = serializers.SerializerMethodField(help_text="Where to go when called.")
    arrival = serializers.ChoiceField(source="token.arrival", choices=Arrival.choices)
    booked_for = MomentField(source="token.booked_for", allow_null=True)
    checked_in_at = MomentField(source="token.checked_in_at")
    called_at = MomentField(source="token.called_at", allow_null=True)
    started_at = MomentField(source="token.started_at", allow_null=True)
    ended_at = MomentField(source="token.ended_at", allow_null=True)
    calls = serializers.IntegerField(source="token.calls", min_value=0)
    successor = KeyField(source="token.successor_id", allow_null=True, help_text="What a transfer made of it.")
    patient = PatientNameSerializer(source="token.patient", required=False)
    urgency = serializers.ChoiceField(source="token.urgency", choices=Urgency.choices, required=False)
    has_special_requirements = serializers.BooleanField(source="token.has_special_requirements", required=False)
    extra_points = serializers.IntegerField(source="token.extra_points", required=False)
    extra_reason = serializers.CharField(source="token.extra_reason", required=False)
    score = ScoreSerializer(source="place.score", default=None, allow_null=True)
    last_step = LastStepSerializer(allow_null=True, required=False)
    secret = serializers.CharField(
        source="token.secret", required=False, help_text="Opens it: send it in the header `Frontdesk-Secret`."
    )
    manage_url = serializers.CharField(required=False, help_text="The same for a browser: the page that counts down.")

    def get_room(self, standing: Standing) -> str:
        """The room of the call, else that of the queue."""
        return standing.token.room or standing.token.queue.place

    def to_representation(self, instance: Standing) -> dict[str, Any]:
        """Without what is not for the visitor."""
        shown: dict[str, Any] = super().to_representation(instance)
        for names, may_see in ((FOR_STAFF, instance.for_staff), (FOR_THE_PATIENT, instance.is_own)):
            for name in () if may_see else names:
                del shown[name]
        return shown
