"""Forms of the back office that lose nothing: not what was typed, not what somebody else saved meanwhile."""

from __future__ import annotations

import json
from hashlib import blake2s
from typing import Any, ClassVar

from django import forms
from django.forms.models import model_to_dict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.errors import DomainError


def fingerprint(values: dict[str, Any]) -> str:
    """A short hash of what a form started from: when it differs at saving, somebody else saved in between."""
    text = json.dumps(values, sort_keys=True, default=lambda value: str(getattr(value, "pk", value)))
    return blake2s(text.encode(), digest_size=12).hexdigest()


LONGEST_KEY = 18
"""Digits: what fits into a database's integers."""


def is_key(text: str) -> bool:
    """Whether a text can be the key of a row."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY


class BackOfficeForm(forms.ModelForm):
    """A form that says what a service refused, and that somebody else was faster.

    `refusal` is the domain error of the first try to save; the form is shown again with everything typed.
    """

    refusal: ClassVar[DomainError | None] = None
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = self._stored_values()
        self.initial["seen"] = fingerprint(self.stored)

    def _stored_values(self) -> dict[str, Any]:
        if not self.instance.pk:
            return {}
        return model_to_dict(self.instance, fields=[name for name in self.fields if name != "seen"])

    def clean(self) -> dict[str, Any] | None:
        """Add the refusal of the service, and warn of a stale form."""
        cleaned = super().clean()
        self._forget_impossible_keys()
        if self.refusal is not None:
            field = self.refusal.field
            self.add_error(field if field in self.fields else None, str(self.refusal))
        elif self.instance.pk and self.data.get(self.add_prefix("seen"), "") not in ("", self.initial["seen"]):
            self._warn_of_newer_version()
        return cleaned

    def _forget_impossible_keys(self) -> None:
        """Choices that load bit by bit look up what was chosen before, and stumble over what cannot be a key."""
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField) and name in self.errors and isinstance(self.data, QueryDict):
                given = self.add_prefix(name)
                self.data = self.data.copy()
                self.data.setlist(given, [key for key in self.data.getlist(given) if is_key(key)])

    def _warn_of_newer_version(self) -> None:
        """Refuse once, show what is stored now, and take the next save for an answer."""
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix("seen")] = self.initial["seen"]  # type: ignore[index]
        lines: list[Any] = [
            _(
                "Somebody else saved this record after you opened it. Nothing is saved yet: what you typed is below. "
                "Save again to put it in place of theirs."
            )
        ]
        for name in self.changed_data:
            if name in self.stored:
                label, value = self.fields[name].label, self._stored_text(name)
                lines.append(_("%(field)s is now: %(value)s") % {"field": label, "value": value})
        self.add_error(None, [str(line) for line in lines])

    def _stored_text(self, name: str) -> str:
        value = self.stored[name]
        if isinstance(value, list):
            return ", ".join(str(item) for item in value) or "-"
        return str(getattr(self.instance, f"get_{name}_display", lambda: value)() if value not in (None, "") else "-")
