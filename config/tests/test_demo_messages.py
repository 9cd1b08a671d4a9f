"""The demo's messages: a past to look at, a future to see coming, and nothing that goes out at once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import F

from notifications.models import Message, MessageRule
from notifications.states import Kind, MessageStatus
from notifications.wanted import wanted_by

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 18, 11, 10, tzinfo=UTC)


def demo(*arguments: str) -> str:
    output = StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def _clinic() -> object:
    with time_machine.travel(MORNING, tick=False):
        demo("--doctors", "8", "--patients", "80", "--days", "8")
        yield


@pytest.mark.usefixtures("_clinic")
def test_there_is_something_of_everything_and_nothing_is_due():
    states = Counter(Message.objects.values_list("status", flat=True))
    assert set(states) == set(MessageStatus.values) - {MessageStatus.SENDING}
    kinds = set(Message.objects.values_list("kind", flat=True))
    assert kinds >= {Kind.TO_CONFIRM, Kind.CONFIRMATION, Kind.REMINDER, Kind.CANCELLED, Kind.EXPIRED}
    assert not Message.objects.filter(status=MessageStatus.PENDING, due_at__lte=MORNING).exists()
    assert not Message.objects.filter(status=MessageStatus.SENT, sent_at__gt=MORNING).exists()
    assert not Message.objects.filter(status=MessageStatus.SENT, body="").exists()
    waits = Message.objects.filter(status=MessageStatus.PENDING).select_related("appointment")
    assert all(row.kind in wanted_by(row.appointment.status) for row in waits)
    assert not waits.exclude(starts_at=F("appointment__starts_at")).exists()
    assert MessageRule.objects.filter(location=None, kind=Kind.REMINDER).count() == 3


@pytest.mark.usefixtures("_clinic")
def test_a_second_clinic_beside_it_has_messages_of_its_own():
    before = Message.objects.count()
    demo("--add", "--doctors", "2", "--patients", "20", "--days", "3", "--edge-cases")
    assert Message.objects.count() > before
    assert Message.objects.filter(location__slug="kolkata").exists()
