"""What staff say when they move money: what shows it, how much, and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.back_office import TextWidget

LONGEST_PROOF = 300


class ProofForm(forms.Form):
    """What shows that money has moved."""

    proof = forms.CharField(
        label=_("What shows it"),
        max_length=LONGEST_PROOF,
        widget=TextWidget,
        help_text=_("Such as the number and the day in the bank statement. It is kept with your name."),
        error_messages={"required": _("Say what shows it, such as the number in the bank statement.")},
    )


class MarkPaidForm(ProofForm):
    """That the money of a transfer has come, perhaps another amount than was asked for."""

    amount = forms.DecimalField(
        label=_("Amount that came"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        widget=TextWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("Only where it is not what was asked for. What is above the fee goes back."),
    )


class RefundForm(forms.Form):
    """Why money goes back, and how much of it."""

    words = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=TextWidget,
        help_text=_("The patient reads it. Leave out medical details."),
        error_messages={"required": _("Say why the money goes back.")},
    )
    amount = forms.DecimalField(
        label=_("Amount"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        widget=TextWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("Empty: all that is left of the payment."),
    )
    proof = forms.CharField(
        label=_("Paid back already?"),
        required=False,
        max_length=LONGEST_PROOF,
        widget=TextWidget,
        help_text=_(
            "Where you handed it out or sent it yourself: what shows it, such as the number of the slip. Empty: it "
            "waits among the refunds to pay back. Providers pay back by themselves."
        ),
    )
    request_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, asks_amount: bool, asks_proof: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("request_key", str(uuid4()))
        if not asks_amount:
            del self.fields["amount"]
        if not asks_proof:
            del self.fields["proof"]
