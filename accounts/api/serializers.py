"""Shapes of what comes in and goes out: nothing unknown, nothing that cannot be stored."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

LARGEST_KEY = 2**63 - 1
"""What fits into the column of a primary key."""
MOST_NAMED = 20
"""So many unknown fields are named; who sends more has not misspelt one."""


class KeyField(serializers.IntegerField):
    """The id of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_KEY, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        """A whole number, written as one: not true, not 1.0, not "1"."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class _Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know, by name: a misspelt one must not be lost silently."""

    def to_internal_value(self, data: Any) -> Any:
        """The values, or every field that is wrong, those that are unknown among them."""
        unknown = self._unknown(data)
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                error.detail.update(unknown)
            raise
        if unknown:
            raise ValidationError(unknown)
        return values

    def _unknown(self, data: Any) -> dict[str, list[ErrorDetail]]:
        if not isinstance(data, Mapping):
            return {}
        known = {name for name, field in self.fields.items() if not field.read_only}
        sentence = ErrorDetail(_("There is no such field to set."), code="unknown_field")
        unknown = (str(name) for name in data if name not in known)
        return {name[:100]: [sentence] for name in islice(unknown, MOST_NAMED)}


class StrictSerializer(_Strict):
    """What a program sends, in a shape of its own."""


class StrictModelSerializer(serializers.ModelSerializer[Any], _Strict):
    """What a program sends or gets, in the shape of a model. Saving is the services' work."""
