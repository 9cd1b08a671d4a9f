"""What staff write when somebody pays at the desk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.money import is_amount
from payments.states import Method

NUMBERS = {"inputmode": "decimal", "autocomplete": "off"}
WAYS = [
    (Method.CASH.value, _("Cash")),
    (Method.CARD.value, _("Card machine")),
    (Method.UPI.value, _("UPI at the desk")),
]


class AmountField(forms.DecimalField):
    """An amount as people type it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=Decimal("0.01"),
            max_digits=12,
            widget=forms.TextInput(NUMBERS),
            error_messages={
                "required": _("Enter the amount."),
                "invalid": _("Enter an amount, such as 60.00."),
                "min_value": _("Enter an amount above zero."),
                "max_digits": _("Enter a smaller amount."),
                "max_whole_digits": _("Enter a smaller amount."),
            },
            **kwargs,
        )


class TakeForm(forms.Form):
    """How much somebody pays, and how. Cash alone has a note that is handed over and change that goes back."""

    method = forms.ChoiceField(label=_("How"), choices=WAYS, widget=forms.RadioSelect, initial=Method.CASH.value)
    amount = AmountField(label=_("Amount"))
    given = AmountField(
        label=_("Handed over"), required=False, help_text=_("In notes and coins, to reckon the change. Cash only.")
    )
    proof = forms.CharField(
        label=_("Number of the slip"),
        required=False,
        max_length=300,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("As the card machine or the phone shows it. Not for cash."),
    )

    def __init__(self, *args: Any, currency: str, takes_cash: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        if not takes_cash:
            self.fields["method"].choices = WAYS[1:]  # type: ignore[attr-defined]
            self.initial.setdefault("method", WAYS[1][0])
            del self.fields["given"]

    def clean_amount(self) -> Decimal:
        """An amount of the currency. Whether it is too much, the service says, who knows what was pressed before."""
        return _amount(self.cleaned_data["amount"], self.currency)

    def clean(self) -> dict[str, Any]:
        """Slips for what is not cash; notes that are enough."""
        said = super().clean() or {}
        if said.get("method") not in (None, Method.CASH) and not said.get("proof"):
            self.add_error("proof", _("Enter the number of the slip, so that the payment is found again."))
        given, amount = said.get("given"), said.get("amount")
        if said.get("method") == Method.CASH and given and amount and given < amount:
            self.add_error("given", _("That is less than the amount. Take a smaller amount, or more notes."))
        return said

    @property
    def change(self) -> Decimal | None:
        """What goes back over the counter; None where nothing was said of a note."""
        said = self.cleaned_data
        if said.get("method") != Method.CASH or not said.get("given"):
            return None
        change: Decimal = said["given"] - said["amount"]
        return change


class HandBackForm(forms.Form):
    """Cash that goes back over the counter."""

    amount = AmountField(label=_("Amount"))
    words = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("The patient reads it. Leave out medical details."),
        error_messages={"required": _("Say why the money goes back.")},
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_amount(self) -> Decimal:
        """An amount of the currency."""
        return _amount(self.cleaned_data["amount"], self.currency)


def _amount(amount: Decimal, currency: str) -> Decimal:
    if not is_amount(amount, currency):
        raise forms.ValidationError(_("Enter an amount, such as 60.00."))
    return amount


class HandedOverForm(forms.Form):
    """The note somebody handed over, as it stands in the address of the page that says the change."""

    given = AmountField(required=False)
