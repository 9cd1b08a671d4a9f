"""What programs say about money."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.serializers import StrictSerializer
from payments.states import Method
from scheduling.api.appointments_schema import TogetherSchema
from scheduling.api.fields import FlagField, LineField, MoneyField, TextField

LONGEST_WORDS = 300
AT_THE_DESK_ONLY = ("amount", "proof")


class PayingSerializer(StrictSerializer):
    """How the patient pays what is due; how much that is, the clinic says. Or, `at_desk`, what the staff were given."""

    method = serializers.ChoiceField(choices=Method.choices)
    at_desk = FlagField(required=False, help_text="By staff: the money is here. The payment is written down as paid.")
    amount = MoneyField(required=False, help_text="Of what was given at the desk, and only of that.")
    proof = TextField(
        max_length=LONGEST_WORDS,
        required=False,
        allow_blank=True,
        help_text="What the card machine or the phone printed, and never the number of a card. Cash needs none.",
    )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """An amount goes with the desk, and the desk with an amount."""
        if said.get("at_desk"):
            if "amount" not in said:
                raise serializers.ValidationError({"amount": _("This field is required.")}, code="required")
            return said
        for name in AT_THE_DESK_ONLY:
            if name in said:
                raise serializers.ValidationError({name: _("This goes with at_desk only.")}, code="superfluous")
        return said


class PayingSchema(TogetherSchema):
    """An amount goes with the desk, and the desk with an amount."""

    target_class = "payments.api.bodies.PayingSerializer"
    together = {
        "oneOf": [
            {"required": ["at_desk", "amount"], "properties": {"at_desk": {"const": True}}},
            {
                "properties": {"at_desk": {"const": False}},
                "not": {"anyOf": [{"required": [name]} for name in AT_THE_DESK_ONLY]},
            },
        ]
    }


class RefundingSerializer(StrictSerializer):
    """How much goes back, and why."""

    amount = MoneyField()
    words = LineField(max_length=LONGEST_WORDS, help_text="Why, for the books; patients do not read it.")
    proof = TextField(
        max_length=LONGEST_WORDS,
        required=False,
        allow_blank=True,
        help_text="What shows that it was paid back by hand just now; providers tell that by themselves.",
    )


class MarkingSerializer(StrictSerializer):
    """What shows that the money of a transfer or of a UPI payment is on the clinic's account."""

    proof = LineField(max_length=LONGEST_WORDS, help_text="Such as the number in the bank's statement.")
    amount = MoneyField(required=False, help_text="What came, where it is not what was asked for.")
