"""Fields that take exactly what the OpenAPI document says: no text for a number, no number for a text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_MONEY = r"^[0-9]{1,8}(\.[0-9]{1,2})?$"


def moment(value: datetime) -> str:
    """An instant as answers give it: 2026-11-23T09:00:00Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class TextField(serializers.CharField):
    """Text, of several lines perhaps."""

    def to_internal_value(self, data: Any) -> str:
        """A JSON string; a number is none."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class LineField(TextField):
    """A line that says something: not empty, and more than blanks."""

    def __init__(self, **kwargs: Any) -> None:
        says_something = RegexValidator(r"\S", message=_("This may not be blank."), code="blank")
        super().__init__(**{"validators": [says_something], "min_length": 1, **kwargs})


class NumberField(serializers.IntegerField):
    """A whole number: not true, not "1"; 1.0 is the same number as 1 in JSON."""

    def to_internal_value(self, data: Any) -> int:
        """A JSON number without a fraction."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class FlagField(serializers.BooleanField):
    """true or false, and neither "yes" nor 1."""

    def to_internal_value(self, data: Any) -> bool:
        """A JSON boolean."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "string", "pattern": _MONEY, "examples": ["60.00"]})
class MoneyField(serializers.DecimalField):
    """An amount as text, such as "60.00": numbers of JSON are binary fractions in many programs."""

    default_error_messages = {"invalid": _('Write the amount as text, with at most two decimals, such as "60.00".')}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=10, decimal_places=2, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """The amount. Not negative, no more than two places."""
        if not isinstance(data, str) or not re.fullmatch(_MONEY, data):
            self.fail("invalid")
        return Decimal(super().to_internal_value(data))


class DayField(serializers.DateField):
    """A day of the wall calendar, such as 2026-11-23."""

    def to_internal_value(self, data: Any) -> date:
        """The day, written in full."""
        if not isinstance(data, str) or not _DAY.fullmatch(data):
            self.fail("invalid", format="YYYY-MM-DD")
        found: date = super().to_internal_value(data)
        return found


@extend_schema_field({"type": "string", "pattern": _CLOCK, "examples": ["09:00"]})
class ClockField(serializers.TimeField):
    """What the clock on a location's wall shows, such as 09:00."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", **kwargs)

    def to_internal_value(self, data: Any) -> time:
        """Hours and minutes."""
        if not isinstance(data, str) or not re.fullmatch(_CLOCK, data):
            self.fail("invalid", format="HH:MM")
        return time.fromisoformat(data)


class MomentField(serializers.DateTimeField):
    """An instant: ISO 8601 with its zone. Answers give it in UTC, such as 2026-11-23T09:00:00Z."""

    default_error_messages = {"no_zone": _("Say the zone as well, such as 2026-11-23T09:00:00Z.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, data: Any) -> datetime:
        """The instant. Refuses a wall clock without a zone, which could mean many."""
        if not isinstance(data, str):
            self.fail("invalid", format="2026-11-23T09:00:00Z")
        found: datetime = super().to_internal_value(data)
        return found

    def enforce_timezone(self, value: datetime) -> datetime:
        """In UTC."""
        if value.tzinfo is None:
            self.fail("no_zone")
        found: datetime = super().enforce_timezone(value)
        return found
