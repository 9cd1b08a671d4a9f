"""What staff ask of a report: the days, and where or whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from scheduling.asked_days import AskedDays
from scheduling.errors import InvalidReport
from scheduling.models import Doctor, Location


class _ReportForm(forms.Form):
    until = forms.DateField(label=_("Last day"), required=False)
    location = forms.ModelChoiceField(
        label=_("Location"), queryset=Location.objects.none(), required=False, empty_label=_("All")
    )
    doctor = forms.ModelChoiceField(
        label=_("Doctor"), queryset=Doctor.objects.none(), required=False, empty_label=_("All")
    )
    field_order = ("from", "until", "location", "doctor")

    def __init__(
        self, data: Any, *, locations: QuerySet[Location], doctors: QuerySet[Doctor], ask: Callable[..., AskedDays]
    ) -> None:
        super().__init__(data)
        self.ask = ask
        for name, choices in (("location", locations), ("doctor", doctors)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = choices.order_by("name", "pk")
        for name in ("from", "until"):
            self.fields[name].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        """The days must make a report."""
        said = super().clean() or {}
        if not self.errors:
            location, doctor = said.get("location"), said.get("doctor")
            try:
                self.asked = self.ask(
                    said.get("from"),
                    said.get("until"),
                    location_id=location.pk if location else None,
                    doctor_id=doctor.pk if doctor else None,
                )
            except InvalidReport as error:
                self.add_error(error.field, str(error))
        return said


_FIRST = forms.DateField(label=_("First day"), required=False)
ReportForm: Any = type("ReportForm", (_ReportForm,), {"from": _FIRST, "__doc__": "The days, and where or whose."})
"""`from` is a word of the language, so that it cannot be named in the class."""
