"""Calling for help."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class HelpForm(forms.Form):
    """What is the matter. Nobody has to say."""

    message = forms.CharField(
        label=_("What is the matter?"),
        help_text=_("In a few words. You do not have to say."),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 300}),
        error_messages={"max_length": _("Keep this to 300 characters or fewer.")},
    )
