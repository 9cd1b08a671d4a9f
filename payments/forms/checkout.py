"""How somebody wants to pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.method_words import hint_of, name_of
from payments.selectors.methods import Offer


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the ways, as the page shows it."""

    value: str
    label: str
    hint: str
    is_chosen: bool


class CheckoutForm(forms.Form):
    """One of the ways that are offered; where there is one alone, nobody has to choose it."""

    method = forms.ChoiceField(
        label=_("How do you want to pay?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how you want to pay."),
            "invalid_choice": _("Choose one of the ways to pay."),
        },
    )
    request_key = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, offers: Sequence[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = offers
        self.fields["method"].choices = [(offer.method, name_of(offer.method)) for offer in offers]  # type: ignore[attr-defined]

    @property
    def choices(self) -> list[Choice]:
        """The ways in the order in which they are offered."""
        chosen = self["method"].value()
        return [
            Choice(offer.method, name_of(offer.method), hint_of(offer.method, offer.provider), offer.method == chosen)
            for offer in self.offers
        ]

    @property
    def fresh_key(self) -> str:
        """What this showing of the page is called: what is pressed on it twice is done once."""
        return str(uuid4())

    def key(self) -> str | None:
        """The name of the request; another way chosen on the same page is another request."""
        try:
            return f"page:{UUID(self.cleaned_data['request_key'])}:{self.cleaned_data['method']}"
        except ValueError:
            return None
