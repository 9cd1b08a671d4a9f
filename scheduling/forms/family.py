"""The people somebody looks after, and how they want to be told things."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from scheduling.models import Patient
from scheduling.services.patients import PatientDetails
from scheduling.states import Gender

ABOUT = ("first_name", "last_name", "date_of_birth", "gender", "phone", "email", "language")
MORE = (
    "address",
    "emergency_contact_name",
    "emergency_contact_phone",
    "insurance_provider",
    "insurance_number",
)
MESSAGES = ("wants_email", "wants_sms", "wants_push", "wants_call")
PHONE_FORMAT = _("Enter a phone number in the correct format, such as 07700 900123 or +44 7700 900123")


class FamilyMemberForm(forms.Form):
    """A new patient in somebody's care."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=100,
        error_messages={"required": _("Enter their first name")},
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=100,
        error_messages={"required": _("Enter their last name")},
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    date_of_birth = forms.DateField(
        label=_("Date of birth"),
        error_messages={
            "required": _("Enter their date of birth"),
            "invalid": _("Enter a real date of birth, with day, month and year"),
        },
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1900-01-01"}),
    )
    gender = forms.ChoiceField(label=_("Gender"), choices=Gender.choices, initial=Gender.UNDISCLOSED)
    phone = PhoneNumberField(
        label=_("Phone number"),
        help_text=_("Spaces, brackets and + are fine. Give a phone number, an e-mail address, or both."),
        required=False,
        max_length=40,
        error_messages={"invalid": PHONE_FORMAT},
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        error_messages={"invalid": _("Enter an e-mail address in the correct format, such as name@example.com")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(label=_("Language of messages"), choices=settings.LANGUAGES)

    def clean_date_of_birth(self) -> Any:
        """A birthday is not in the future, nor beyond human memory."""
        born = self.cleaned_data["date_of_birth"]
        if born > timezone.now().date():
            raise forms.ValidationError(_("The date of birth must be in the past"))
        if born.year < 1900:
            raise forms.ValidationError(_("The date of birth must be after 1900"))
        return born

    def clean(self) -> dict[str, Any]:
        """Without a phone number or an address the clinic could not reach anybody."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        reachable = cleaned.get("phone") or cleaned.get("email")
        if not reachable and not {"phone", "email"} & set(self.errors):
            self.add_error("phone", _("Give a phone number or an e-mail address, so that the clinic can reach you"))
        return cleaned

    def patient_details(self) -> PatientDetails:
        """What was typed, as the services take it."""
        values = {name: self.cleaned_data[name] for name in ABOUT}
        return PatientDetails(**{**values, "phone": str(values["phone"] or "")})


class PatientForm(FamilyMemberForm):
    """A patient's record, as far as the patient or whoever looks after them keeps it."""

    address = forms.CharField(label=_("Address"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    emergency_contact_name = forms.CharField(label=_("Emergency contact’s name"), required=False, max_length=150)
    emergency_contact_phone = PhoneNumberField(
        label=_("Emergency contact’s phone number"),
        required=False,
        max_length=40,
        error_messages={"invalid": PHONE_FORMAT},
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    insurance_provider = forms.CharField(label=_("Insurer"), required=False, max_length=150)
    insurance_number = forms.CharField(label=_("Insurance number"), required=False, max_length=100)
    wants_email = forms.BooleanField(label=_("E-mail"), required=False)
    wants_sms = forms.BooleanField(label=_("Text messages (SMS)"), required=False)
    wants_push = forms.BooleanField(label=_("Notifications on the phone’s screen"), required=False)
    wants_call = forms.BooleanField(label=_("Voice calls"), required=False)

    FIELDS: ClassVar[tuple[str, ...]] = (*ABOUT, *MORE, *MESSAGES)

    @classmethod
    def of(cls, patient: Patient) -> PatientForm:
        """The form filled in with what is on record."""
        return cls(initial={name: getattr(patient, name) for name in cls.FIELDS})

    def changes(self, patient: Patient) -> dict[str, Any]:
        """What differs from the record: a form that was left alone changes nothing."""
        typed = {name: self.cleaned_data[name] for name in self.FIELDS}
        return {name: value for name, value in typed.items() if value != getattr(patient, name)}
