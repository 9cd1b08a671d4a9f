"""How a visit was."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from queueing.services.feedback import LONGEST_COMMENT

SCORES = [
    (5, _("5, very good")),
    (4, _("4, good")),
    (3, _("3, neither good nor bad")),
    (2, _("2, bad")),
    (1, _("1, very bad")),
]


class FeedbackForm(forms.Form):
    """A number in words, and whatever somebody wants to add."""

    score = forms.TypedChoiceField(
        label=_("How was your visit?"),
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how your visit was."),
            "invalid_choice": _("Choose how your visit was, from 1 to 5."),
        },
    )
    comment = forms.CharField(
        label=_("What should we know?"),
        help_text=_("What was good, and what could be better? The clinic reads this with your visit."),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST_COMMENT}),
        error_messages={"max_length": _("Keep this to 1,000 characters or fewer.")},
    )
