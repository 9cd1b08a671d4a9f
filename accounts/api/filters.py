"""Filters of lists that refuse what makes no sense instead of passing it over."""

from __future__ import annotations

import re
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from accounts.api.serializers import LARGEST_KEY

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FLAGS = {"true": True, "false": False}


class _NotEmpty(forms.Field):
    """`?doctor=` names nothing: whoever means every doctor leaves the parameter out."""

    def to_python(self, value: Any) -> Any:
        """The value, None where the address does not have the parameter."""
        if value == "":
            raise forms.ValidationError(_("This may not be empty."), code="blank")
        return super().to_python(value)


class _FlagField(_NotEmpty):
    def to_python(self, value: Any) -> bool | None:
        """`true` or `false`, nothing else."""
        if super().to_python(value) is None:
            return None
        if value not in _FLAGS:
            raise forms.ValidationError(_("This is true or false."), code="invalid")
        return _FLAGS[value]


class WholeNumberField(_NotEmpty, forms.IntegerField):
    """Digits: `30`."""


class _KeyField(WholeNumberField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "min_value": 1, "max_value": LARGEST_KEY})


@extend_schema_field({"type": "boolean"})
class FlagFilter(django_filters.Filter):
    """`?open=true` or `false`."""

    field_class = _FlagField


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LARGEST_KEY})
class KeyFilter(django_filters.NumberFilter):
    """`?doctor=5`: the id of a row. One that no row has finds nothing."""

    field_class = _KeyField

    def get_max_validator(self) -> None:
        """The field has its own."""


class _DayField(_NotEmpty, forms.DateField):
    def to_python(self, value: Any) -> Any:
        """The day, written in full: the parser of dates would take 2026-1-5."""
        if isinstance(value, str) and value and not _DAY.fullmatch(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field({"type": "string", "format": "date"})
class DayFilter(django_filters.DateFilter):
    """`?date=2026-11-20` (ISO 8601)."""

    field_class = _DayField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "input_formats": ["%Y-%m-%d"]})
