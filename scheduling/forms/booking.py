"""What the wizard asks once a seat is held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.phone_numbers import PhoneFormField
from scheduling.models import Patient
from scheduling.services.booking import VisitDetails
from scheduling.services.patients import PatientDetails
from scheduling.states import Urgency

SOMEBODY_NEW = "new"


class DatePartsWidget(forms.MultiWidget):
    """Day, month and year as three short boxes: nobody scrolls back decades in a calendar."""

    template_name = "scheduling/forms/date_parts.html"
    use_fieldset = True

    def __init__(self) -> None:
        number = {"inputmode": "numeric", "maxlength": "4"}
        super().__init__(
            widgets={
                "day": forms.TextInput({**number, "autocomplete": "bday-day"}),
                "month": forms.TextInput({**number, "autocomplete": "bday-month"}),
                "year": forms.TextInput({**number, "autocomplete": "bday-year"}),
            }
        )

    def decompress(self, value: date | None) -> list[int | None]:
        return [value.day, value.month, value.year] if value else [None, None, None]


class BirthdayField(forms.MultiValueField):
    """A date of birth in three parts."""

    widget = DatePartsWidget

    def __init__(self, **options: Any) -> None:
        sentence = _("The date of birth must have a day, a month and a year, such as 27 3 1987.")
        wrong = {"invalid": sentence, "min_value": sentence}
        super().__init__(
            fields=[forms.IntegerField(min_value=1, error_messages=wrong) for _part in range(3)],
            require_all_fields=True,
            error_messages={"required": _("Enter the date of birth."), "invalid": sentence},
            **options,
        )

    def compress(self, parts: Sequence[int]) -> date | None:
        if not parts:
            return None
        day, month, year = parts
        try:
            born = date(year, month, day)
        except (ValueError, OverflowError) as error:
            raise ValidationError(_("That is not a day of the calendar. Check the date of birth.")) from error
        if born > timezone.localdate():
            raise ValidationError(_("The date of birth must be in the past."))
        if born.year < 1890:
            raise ValidationError(_("Check the year of birth."))
        return born


class PatientForm(forms.Form):
    """Who the appointment is for, when we do not know them yet."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "given-name", "spellcheck": "false"}),
        error_messages={"required": _("Enter the first name.")},
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "family-name", "spellcheck": "false"}),
        error_messages={"required": _("Enter the last name.")},
    )
    date_of_birth = BirthdayField(label=_("Date of birth"), help_text=_("For example, 27 3 1987."))
    phone = PhoneFormField(
        label=_("Phone number"),
        required=False,
        help_text=_("We need a phone number or an e-mail address, so that we can reach you."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        help_text=_("So that we can reach you, and send you a fresh link if you lose yours."),
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"invalid": _("Enter an e-mail address such as name@example.com.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed_wrongly = "phone" in self.errors or "email" in self.errors
        if not typed_wrongly and not cleaned.get("phone") and not cleaned.get("email"):
            self.add_error("phone", _("Enter a phone number or an e-mail address, so that we can reach you."))
        return cleaned

    def details(self) -> PatientDetails:
        """What the booking service takes."""
        said = self.cleaned_data
        return PatientDetails(
            first_name=said["first_name"],
            last_name=said["last_name"],
            date_of_birth=said["date_of_birth"],
            phone=said["phone"].as_e164 if said["phone"] else "",
            email=said["email"],
            language=get_language() or settings.LANGUAGE_CODE,
        )


class WhoForm(forms.Form):
    """Which of the people somebody looks after the appointment is for."""

    patient = forms.ChoiceField(
        label=_("Who is the appointment for?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose who the appointment is for."),
            "invalid_choice": _("Choose one of the people in the list."),
        },
    )

    def __init__(self, *args: Any, patients: Sequence[Patient], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: list[tuple[str, Any]] = [(str(patient.pk), patient.full_name) for patient in patients]
        self.fields["patient"].choices = [*people, (SOMEBODY_NEW, _("Somebody else"))]  # type: ignore[attr-defined]


class DetailsForm(forms.Form):
    """What the visit is about."""

    reason = forms.CharField(
        label=_("Reason for the visit"),
        max_length=500,
        help_text=_("A few words are enough, such as “sore knee” or “blood pressure check”."),
        widget=forms.TextInput(),
        error_messages={"required": _("Say in a few words why you would like to come.")},
    )
    symptoms = forms.CharField(
        label=_("Symptoms"),
        max_length=4_000,
        required=False,
        help_text=_("What you notice, and since when. Only the clinic's staff read this."),
        widget=forms.Textarea({"rows": 4}),
    )
    urgency = forms.ChoiceField(
        label=_("How soon do you need to be seen?"),
        choices=[
            (Urgency.LOW, _("It can wait for the appointment")),
            (Urgency.MEDIUM, _("It bothers me every day")),
            (Urgency.HIGH, _("It is getting worse quickly")),
        ],
        initial=Urgency.LOW,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how soon you need to be seen."),
            "invalid_choice": _("Choose one of the answers in the list."),
        },
    )
    special_requirements = forms.CharField(
        label=_("Anything that makes the visit easier for you"),
        max_length=2_000,
        required=False,
        help_text=_("Such as a wheelchair, an interpreter, or somebody who comes with you."),
        widget=forms.Textarea({"rows": 3}),
    )

    def visit(self) -> VisitDetails:
        """What the booking service takes."""
        said = self.cleaned_data
        return VisitDetails(
            reason=said["reason"],
            symptoms=said["symptoms"],
            urgency=said["urgency"],
            special_requirements=said["special_requirements"],
        )

    def urgency_label(self) -> Any:
        """The chosen urgency in the words of the form."""
        return dict(self.fields["urgency"].choices).get(self.cleaned_data["urgency"])  # type: ignore[attr-defined]
