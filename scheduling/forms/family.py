"""The people somebody looks after, and how they want to be told things."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.phone_numbers import PhoneFormField
from scheduling.forms.booking import PatientForm
from scheduling.models import Patient
from scheduling.services.patients import KEPT_BY_FAMILY, PatientDetails
from scheduling.states import Gender


class FamilyMemberForm(PatientForm):
    """A new patient in somebody's care: what booking asks, and two things more."""

    gender = forms.ChoiceField(label=_("Gender"), choices=Gender.choices, initial=Gender.UNDISCLOSED)
    language = forms.ChoiceField(label=_("Language of messages"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):  # of somebody else as a rule: the browser's own name is no help
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.fields["email"].help_text = _("Messages about appointments go there.")

    def details(self) -> PatientDetails:
        """What the registering service takes."""
        said = self.cleaned_data
        return replace(super().details(), gender=said["gender"], language=said["language"])


class RecordForm(FamilyMemberForm):
    """A patient's record, as far as the patient or whoever looks after them keeps it."""

    address = forms.CharField(label=_("Address"), required=False, max_length=500, widget=forms.Textarea({"rows": 3}))
    emergency_contact_name = forms.CharField(label=_("Emergency contact’s name"), required=False, max_length=150)
    emergency_contact_phone = PhoneFormField(
        label=_("Emergency contact’s phone number"),
        required=False,
        widget=forms.TextInput({"type": "tel"}),
    )
    insurance_provider = forms.CharField(label=_("Insurer"), required=False, max_length=150)
    insurance_number = forms.CharField(label=_("Insurance number"), required=False, max_length=100)
    wants_email = forms.BooleanField(label=_("E-mail"), required=False)
    wants_sms = forms.BooleanField(label=_("Text messages (SMS)"), required=False)
    wants_push = forms.BooleanField(label=_("Notifications on the phone’s screen"), required=False)
    wants_call = forms.BooleanField(label=_("Voice calls"), required=False)

    KEPT: ClassVar[tuple[str, ...]] = KEPT_BY_FAMILY

    @classmethod
    def of(cls, patient: Patient) -> RecordForm:
        """The form filled in with what is on record."""
        initial = {name: getattr(patient, name) for name in cls.KEPT}
        for name in ("phone", "emergency_contact_phone"):
            initial[name] = initial[name].as_international if initial[name] else ""
        return cls(initial=initial)

    def changes(self, patient: Patient) -> dict[str, Any]:
        """What differs from the record: a form that was left alone changes nothing."""
        typed = {name: self.cleaned_data[name] for name in self.KEPT}
        typed["email"] = typed["email"].lower()
        return {name: value for name, value in typed.items() if value != getattr(patient, name)}
