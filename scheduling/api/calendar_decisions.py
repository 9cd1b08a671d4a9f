"""When a change of the calendar strands people: what the program decides for each, and what the change did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from accounts.api.schema import Error
from accounts.api.serializers import KeyField, StrictSerializer
from accounts.models import User
from scheduling.api.fields import TextField
from scheduling.errors import InvalidCalendar
from scheduling.selectors.slots import slots_kept_by
from scheduling.services.affected import CalendarOutcome, Decision
from scheduling.states import AffectedChoice

MOST_DECISIONS = 1_000


class DecisionSerializer(StrictSerializer):
    """What becomes of one appointment."""

    appointment = KeyField()
    choice = serializers.ChoiceField(choices=AffectedChoice.choices)
    slot = KeyField(required=False, help_text="Where to, for `move`.")
    message = TextField(max_length=500, required=False, allow_blank=True, help_text="For the patient, with `cancel`.")


class OutcomeSerializer(serializers.Serializer[Any]):
    """What a change of the calendar did."""

    added = serializers.IntegerField(help_text="Slots.")
    removed = serializers.IntegerField(help_text="Slots.")
    closed = serializers.IntegerField(help_text="Slots that stayed because somebody has them.")
    moved = serializers.IntegerField(help_text="Appointments.")
    cancelled = serializers.IntegerField(help_text="Appointments.")


class CalendarRefusalSerializer(Error):
    """An error; when people are booked at times that would go (`appointments_affected`), with who is undecided."""

    appointments = serializers.ListField(
        child=KeyField(), required=False, help_text="The ids of the appointments that want a decision."
    )


CALENDAR_REFUSED = OpenApiResponse(
    CalendarRefusalSerializer,
    description="A rule of the clinic says no. With `appointments_affected` come the appointments to decide about.",
    examples=[
        OpenApiExample(
            "People are booked then",
            value={
                "type": "refused",
                "code": "appointments_affected",
                "detail": "People are booked at times that would go. Please choose what becomes of each of them.",
                "errors": [],
                "appointments": [31, 42],
            },
        )
    ],
)
"""For the 409 of whatever unmakes slots."""

DECISIONS = [
    {"appointment": 31, "choice": "move", "slot": 815},
    {"appointment": 42, "choice": "cancel", "message": "The doctor is ill. Please book again."},
]


def decisions_of(user: User, said: Sequence[Mapping[str, Any]]) -> dict[int, Decision]:
    """The decisions by appointment. Nobody is moved to a place that whoever decides does not work at.

    Raises InvalidCalendar.
    """
    targets = {one["slot"] for one in said if "slot" in one}
    if targets - set(slots_kept_by(user).filter(pk__in=targets).values_list("pk", flat=True)):
        raise InvalidCalendar(_("We do not know that time. Please choose another one."), field="decisions")
    return {
        one["appointment"]: Decision(
            AffectedChoice(one["choice"]), message=one.get("message", ""), slot_id=one.get("slot")
        )
        for one in said
    }


def outcome_of(outcome: CalendarOutcome) -> dict[str, int]:
    """The shape of `OutcomeSerializer`."""
    counts: dict[str, int] = asdict(outcome)
    return counts
