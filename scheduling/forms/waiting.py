"""What somebody who wants to wait for a seat is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.services.waitlist import LONGEST_WAIT


class DaysForm(forms.Form):
    """From which day to which day somebody could come; `today` is the date where they would come."""

    earliest_date = forms.DateField(
        label=_("From"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Enter the first day on which you could come."),
            "invalid": _("Enter the first day as a date, such as 27/3/2027."),
        },
    )
    latest_date = forms.DateField(
        label=_("Until"),
        help_text=_("The last day on which you could come."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Enter the last day on which you could come."),
            "invalid": _("Enter the last day as a date, such as 27/3/2027."),
        },
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_latest_date(self) -> date:
        latest: date = self.cleaned_data["latest_date"]
        if latest < self.today:
            raise forms.ValidationError(_("The last day is in the past."))
        if latest > self.today + LONGEST_WAIT:
            raise forms.ValidationError(_("Choose a last day within a year."))
        return latest

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        earliest, latest = cleaned.get("earliest_date"), cleaned.get("latest_date")
        if earliest and latest and latest < earliest:
            self.add_error("latest_date", _("The last day must not be before the first."))
        return cleaned
