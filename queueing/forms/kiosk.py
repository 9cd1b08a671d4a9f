"""What a kiosk asks, one question a page. Nothing of it is offered to whoever comes next: no field completes itself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.phone_numbers import PhoneFormField
from queueing.errors import InvalidOperation
from queueing.services.kiosk import LONGEST_REASON, Matter, read_operation
from scheduling.forms.booking import BirthdayField, PatientForm
from scheduling.states import Urgency

FIRST_AVAILABLE = ""


class KioskForm(forms.Form):
    """A question. It carries the name of what is asked for, so that the same twice is done once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            for widget in (field.widget, *getattr(field.widget, "widgets", ())):
                widget.attrs |= {"autocomplete": "off", "autocorrect": "off", "spellcheck": "false"}

    def said(self) -> dict[str, str]:
        """The answers as an operation takes them."""
        return {name: written(value) for name, value in self.cleaned_data.items()}

    def refuse(self, sentence: str, field: str | None = None) -> None:
        """Say why not, beside the field it is about if that is on this page."""
        self.add_error(field if field in self.fields else None, sentence)


def written(value: Any) -> str:
    """An answer in the one form in which devices keep it."""
    if hasattr(value, "as_e164"):
        return str(value.as_e164)
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


def operation_in(posted: Any) -> str:
    """The name that the device gave this, or one made here for a device without scripts."""
    try:
        return read_operation(posted.get("operation", ""))
    except InvalidOperation:
        return str(uuid4())


class ScanForm(KioskForm):
    """The code of a message or ticket. A scanner types what it reads, and Enter."""

    link = forms.CharField(
        label=_("What the scanner reads"),
        max_length=300,
        error_messages={"required": _("Hold the code under the scanner.")},
        # A keyboard on the screen would only be in the way.
        widget=forms.TextInput({"inputmode": "none", "autocapitalize": "none", "autofocus": True}),
    )


class ReferenceForm(KioskForm):
    """A reference and a birthday."""

    reference = forms.CharField(
        label=_("Reference"),
        help_text=_("It is in your confirmation and looks like APT-2026-000123."),
        max_length=40,
        error_messages={"required": _("Enter the reference of your appointment.")},
        widget=forms.TextInput({"autocapitalize": "characters"}),
    )
    date_of_birth = BirthdayField(label=_("Date of birth of the patient"), help_text=_("For example, 27 3 1987."))


class PhoneForm(KioskForm):
    """A phone number and a birthday."""

    phone = PhoneFormField(
        label=_("Phone number"),
        help_text=_("The one that was given when the appointment was booked."),
        widget=forms.TextInput({"type": "tel"}),
        error_messages={"required": _("Enter the phone number that was given when booking.")},
    )
    date_of_birth = BirthdayField(label=_("Date of birth of the patient"), help_text=_("For example, 27 3 1987."))


class DoctorForm(KioskForm):
    """Whom somebody without an appointment would like to see."""

    doctor = forms.ChoiceField(
        label=_("Who would you like to see?"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a doctor, or what kind of doctor you need."),
            "invalid_choice": _("This doctor does not take anybody now. Choose another one."),
        },
    )

    def __init__(self, *args: Any, wishes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doctor"].choices = wishes  # type: ignore[attr-defined]
        self.fields["doctor"].required = FIRST_AVAILABLE not in dict(wishes)


class PersonForm(KioskForm, PatientForm):
    """Who it is, as when booking: by the phone number or the e-mail address the service finds whom it knows."""

    field_order = ("first_name", "last_name", "date_of_birth", "phone", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].help_text = _("Or an e-mail address. If you have neither, please ask at the desk.")
        self.fields["email"].help_text = ""


class ReasonForm(KioskForm):
    """What it is about, in as few words as one likes."""

    reason = forms.CharField(
        label=_("Reason for the visit"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=_("A few words, such as “sore knee”. Only the clinic's staff read this."),
        widget=forms.TextInput(),
    )
    urgency = forms.ChoiceField(
        label=_("How are you?"),
        choices=[(Urgency.LOW, _("I can wait")), (Urgency.MEDIUM, _("It is hard for me to wait"))],
        initial=Urgency.LOW,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one of the answers."),
            "invalid_choice": _("Choose one of the answers in the list."),
        },
    )


class HelpForm(KioskForm):
    """Why somebody calls the staff."""

    matter = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[
            (Matter.UNWELL, _("I feel very unwell, or somebody here does")),
            (Matter.SCREEN, _("I need help with this screen")),
            (Matter.ASSISTANCE, _("I need help to move, see or hear")),
            (Matter.OTHER, _("Something else")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about."), "invalid_choice": _("Choose what it is about.")},
    )
