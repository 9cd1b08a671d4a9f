"""By which ways, and in which language, a patient wants to be told things."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from scheduling.models import Patient


class ChoicesForm(forms.Form):
    """Nothing else of a record is asked or changed here."""

    language = forms.ChoiceField(label=_("Language of messages"), choices=settings.LANGUAGES)
    wants_email = forms.BooleanField(label=_("E-mail"), required=False)
    wants_sms = forms.BooleanField(label=_("Text messages (SMS)"), required=False)
    wants_push = forms.BooleanField(label=_("Notifications on the phone’s screen"), required=False)
    wants_call = forms.BooleanField(label=_("Voice calls"), required=False)

    KEPT: ClassVar[tuple[str, ...]] = ("language", "wants_email", "wants_sms", "wants_push", "wants_call")

    @classmethod
    def of(cls, patient: Patient) -> ChoicesForm:
        """The form filled in with what is on record."""
        return cls(initial={name: getattr(patient, name) for name in cls.KEPT})

    def changes(self, patient: Patient) -> dict[str, Any]:
        """What differs from the record: a form that was left alone changes nothing."""
        said = {name: self.cleaned_data[name] for name in self.KEPT}
        return {name: value for name, value in said.items() if value != getattr(patient, name)}
