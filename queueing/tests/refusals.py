"""A refusal is a sentence, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from accounts.errors import DomainError
from accounts.models import AuditEntry
from queueing.models import EmergencyRequest, Feedback, Queue, Token, TokenStep
from scheduling.models import Appointment, Patient, Slot

WRITTEN = (Queue, Token, TokenStep, EmergencyRequest, Feedback, Appointment, Patient, Slot, AuditEntry)


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows that a step in a queue may write."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in WRITTEN}


@contextmanager
def refused(error: type[DomainError], says: str = "") -> Iterator[None]:
    """What is done here is refused with just this error, whose sentence has these words, and nothing was changed."""
    before = everything()
    with pytest.raises(DomainError) as refusal:
        yield
    assert type(refusal.value) is error, refusal.value
    assert says in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert everything() == before
