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
        """A whole number: not true, not "1"; 1.0 is the same number as 1 in JSON."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return int(super().to_internal_value(data))


_KINDS: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...]], ...] = (
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int, float)),  # the field itself takes 1.0, the same as 1 in JSON, and refuses 1.5
    (serializers.FloatField, (int, float)),
    (serializers.DecimalField, (str,)),
    (serializers.CharField, (str,)),
    (serializers.ChoiceField, (str,)),
)
"""What JSON has for a field. REST framework, made for forms too, would take 5 for "5" and "yes" for true."""


def require_kind(field: Any, value: Any) -> None:
    """Refuse a value of another kind than the OpenAPI document says. Raises ValidationError."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        for inner in value:
            require_kind(field.child, inner)
    kinds = next((kinds for known, kinds in _KINDS if isinstance(field, known)), None)
    if value is None or kinds is None or isinstance(field, serializers.MultipleChoiceField):
        return
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ValidationError(field.error_messages.get("invalid", _("This has the wrong kind.")), code="invalid")


class _Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know, by name: a misspelt one must not be lost silently."""

    def to_internal_value(self, data: Any) -> Any:
        """The values, or every field that is wrong, those that are unknown or of another kind among them."""
        wrong = self._of_another_kind(data) | self._unknown(data)
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            if wrong and isinstance(error.detail, dict):
                error.detail.update(wrong)
            raise
        if wrong:
            raise ValidationError(wrong)
        return values

    def _of_another_kind(self, data: Any) -> dict[str, Any]:
        wrong = {}
        for field in self._writable_fields if isinstance(data, Mapping) else ():
            try:
                require_kind(field, data.get(field.field_name))
            except ValidationError as error:
                wrong[field.field_name] = error.detail
        return wrong

    def _unknown(self, data: Any) -> dict[str, Any]:
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
