"""Calling off an appointment."""

from __future__ import annotations

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a patient cancels, in their own words as far as a list has them."""

    TIME = "time", _("The time does not suit me any more")
    BETTER = "better", _("I feel better")
    ELSEWHERE = "elsewhere", _("I am being seen somewhere else")
    MISTAKE = "mistake", _("I booked by mistake")
    OTHER = "other", _("Another reason")


class CancellationForm(forms.Form):
    """Why somebody cancels. Nobody has to say."""

    reason = forms.ChoiceField(
        label=_("Why are you cancelling?"),
        help_text=_("It helps the clinic, but you do not have to say."),
        choices=Reason.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of the reasons, or none.")},
    )
    details = forms.CharField(
        label=_("Anything the clinic should know"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
        error_messages={"max_length": _("Keep this to 500 characters or fewer.")},
    )

    def words(self) -> str:
        """What was said, as one text for the clinic; empty when nothing was."""
        reason = self.cleaned_data["reason"]
        parts = [str(Reason(reason).label) if reason else "", self.cleaned_data["details"].strip()]
        return ": ".join(part for part in parts if part)
