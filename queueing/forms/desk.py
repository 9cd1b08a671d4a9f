"""What staff write at the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from queueing.models import Token
from queueing.services.priorities import MOST_EXTRA, Priority
from scheduling.forms.booking import PatientForm
from scheduling.models import Doctor
from scheduling.services.booking import VisitDetails
from scheduling.states import AppointmentType, Source, Urgency


class PriorityForm(forms.Form):
    """What somebody's place is made of."""

    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices)
    has_special_requirements = forms.BooleanField(label=_("Special requirements"), required=False)
    extra_points = forms.IntegerField(
        label=_("Points given by hand"),
        required=False,
        min_value=-MOST_EXTRA,
        max_value=MOST_EXTRA,
        help_text=_("A point is worth a minute of waiting. With a minus, they wait longer."),
        error_messages={
            "min_value": _("Enter points between -600 and 600."),
            "max_value": _("Enter points between -600 and 600."),
            "invalid": _("Enter a whole number of points."),
        },
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=200,
        help_text=_("Needed when you give points. It is kept with your name."),
    )

    @classmethod
    def of(cls, token: Token) -> PriorityForm:
        """The form filled in with what holds now."""
        return cls(
            initial={
                "urgency": token.urgency,
                "has_special_requirements": token.has_special_requirements,
                "extra_points": token.extra_points,
                "reason": token.extra_reason,
            }
        )

    def priority(self) -> Priority:
        """What the service takes."""
        said = self.cleaned_data
        return Priority(
            urgency=said["urgency"],
            has_special_requirements=said["has_special_requirements"],
            extra_points=said["extra_points"] or 0,
            reason=said["reason"],
        )


class DoctorField(forms.ModelChoiceField):
    """A doctor of those who are offered, each with `is_in`: who sees patients here today first, the others marked."""

    def offer(self, doctors: QuerySet[Doctor]) -> None:
        """Say who can be chosen."""
        self.queryset = doctors.order_by("-is_in", "name", "pk")

    def label_from_instance(self, obj: Any) -> str:
        """The name, and whether they are away."""
        return str(obj) if obj.is_in else str(_("%(doctor)s (not here today)") % {"doctor": obj})


class TransferForm(forms.Form):
    """To whom somebody goes."""

    doctor = DoctorField(
        label=_("Transfer to"),
        queryset=Doctor.objects.none(),
        empty_label=_("Choose a doctor"),
        error_messages={
            "required": _("Choose a doctor."),
            "invalid_choice": _("Choose one of the doctors in the list."),
        },
    )

    def __init__(self, *args: Any, doctors: QuerySet[Doctor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doctor"].offer(doctors)  # type: ignore[attr-defined]


class LeaveForm(forms.Form):
    """What the patient is told when the desk takes them out of the queue."""

    message = forms.CharField(label=_("A word to the patient"), required=False, max_length=500)


class EmergencyForm(forms.Form):
    """What is the matter, and with whom."""

    message = forms.CharField(
        label=_("What is the matter?"),
        max_length=300,
        required=False,
        help_text=_("A few words, such as “chest pain, by the entrance”. Every desk here sees them."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    token = forms.ModelChoiceField(
        label=_("Who is it about?"), queryset=Token.objects.none(), required=False, empty_label=_("Nobody in a queue")
    )

    def __init__(self, *args: Any, tokens: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].queryset = tokens  # type: ignore[attr-defined]


class FindForm(forms.Form):
    """Whom to look for. Sent as a form, so that names stay out of addresses and logs."""

    term = forms.CharField(
        label=_("Find"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_term(self) -> str:
        """Without what surrounds it."""
        return str(self.cleaned_data["term"]).strip()


class WalkInForm(forms.Form):
    """The visit of somebody who came without an appointment."""

    doctor = DoctorField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        empty_label=_("Choose a doctor"),
        error_messages={
            "required": _("Choose a doctor."),
            "invalid_choice": _("Choose one of the doctors in the list."),
        },
    )
    reason = forms.CharField(
        label=_("Reason for the visit"), max_length=500, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices, initial=Urgency.LOW)
    special_requirements = forms.CharField(
        label=_("Special requirements"),
        max_length=2_000,
        required=False,
        help_text=_("Such as a wheelchair or an interpreter."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, doctors: QuerySet[Doctor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doctor"].offer(doctors)  # type: ignore[attr-defined]

    def visit(self) -> VisitDetails:
        """What the service takes."""
        said = self.cleaned_data
        return VisitDetails(
            reason=said["reason"],
            urgency=said["urgency"],
            special_requirements=said["special_requirements"],
            type=AppointmentType.WALK_IN,
            source=Source.ADMIN,
        )


class NewPatientForm(PatientForm):
    """Somebody who is not on record. At the desk nobody needs a phone to be seen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].help_text = ""
        self.fields["email"].help_text = ""
        for field in self.fields.values():  # of somebody else: the browser's own name is no help
            field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        return forms.Form.clean(self) or {}
