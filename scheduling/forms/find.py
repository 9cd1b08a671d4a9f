"""Finding an appointment again without its link."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class FindForm(forms.Form):
    """The reference, and the phone number or e-mail address that was given when booking."""

    number = forms.CharField(
        label=_("Reference"),
        help_text=_("It is in your confirmation and looks like APT-2026-000123."),
        max_length=40,
        error_messages={"required": _("Enter the reference of your appointment.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    contact = forms.CharField(
        label=_("Phone number or e-mail address"),
        help_text=_("The one that was given when the appointment was booked."),
        max_length=254,
        error_messages={"required": _("Enter the phone number or e-mail address that was given when booking.")},
        widget=forms.TextInput(attrs={"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def refuse(self) -> None:
        """Say that the two do not belong together, without saying which of them is wrong."""
        self.add_error(
            None,
            _(
                "We could not find an upcoming or recent appointment with these details. "
                "Check the reference, and use the phone number or e-mail address that was given when booking."
            ),
        )


class LinksForm(forms.Form):
    """The address to which links to upcoming appointments are sent."""

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The one that was given when the appointment was booked."),
        max_length=254,
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as name@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
