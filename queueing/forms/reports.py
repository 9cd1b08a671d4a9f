"""What staff ask of a report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from queueing import rules
from queueing.errors import InvalidReport
from queueing.models import Queue
from queueing.reports import Asked
from queueing.reports.asked import asked_about
from scheduling.models import Doctor, Location
from scheduling.rules import Visitor


class _ReportForm(forms.Form):
    until = forms.DateField(label=_("Last day"), required=False)
    location = forms.ModelChoiceField(
        label=_("Location"), queryset=Location.objects.none(), required=False, empty_label=_("All")
    )
    doctor = forms.ModelChoiceField(
        label=_("Doctor"), queryset=Doctor.objects.none(), required=False, empty_label=_("All")
    )
    field_order = ("from", "until", "location", "doctor")
    asked: Asked

    def __init__(self, data: Any, *, user: Visitor) -> None:
        super().__init__(data)
        queues = Queue.objects.filter(rules.queue_scope(user)).order_by()
        places, doctors = self.fields["location"], self.fields["doctor"]
        assert isinstance(places, forms.ModelChoiceField)
        assert isinstance(doctors, forms.ModelChoiceField)
        places.queryset = rules.locations_with_desk(user).order_by("name", "pk")
        doctors.queryset = Doctor.objects.filter(pk__in=queues.values("doctor")).order_by("name", "pk")
        for name in ("from", "until"):
            self.fields[name].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        """The days must make a report."""
        said = super().clean() or {}
        if not self.errors:
            location, doctor = said.get("location"), said.get("doctor")
            try:
                self.asked = asked_about(
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
