"""The net under reminders: what a visit lacks is written, and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Message, MessageRule
from notifications.services.planning import plan_reminders
from notifications.states import ChannelName, Kind, MessageStatus
from queueing.services.check_in import check_in
from scheduling.models import Appointment, Location
from scheduling.services import lifecycle
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, book

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here() -> Location:
    return LocationFactory()


def visit(here: Location, **ahead: float) -> Appointment:
    return book(SlotFactory(location=here, starts_at=timezone.now() + timedelta(**ahead)))


def reminders() -> list[tuple[str, int]]:
    rows = Message.objects.filter(kind=Kind.REMINDER).order_by("-offset_minutes")
    return list(rows.values_list("channel", "offset_minutes"))


ALL = [("email", 1440), ("sms", 120), ("email", 60)]


def test_where_nothing_is_lacking_nothing_is_written(here):
    visit(here, hours=30)
    assert plan_reminders(actor=CLINIC) == 0
    assert reminders() == ALL


def test_visits_from_before_there_were_messages_are_reminded_of(here):
    visit(here, hours=30)
    Message.objects.all().delete()
    assert plan_reminders(actor=CLINIC, dry_run=True) == 3
    assert reminders() == []
    assert plan_reminders(actor=CLINIC) == 3
    assert reminders() == ALL
    assert plan_reminders(actor=CLINIC) == 0


def test_of_what_has_passed_nobody_is_reminded(here):
    visit(here, hours=3)
    visit(here, hours=1)
    Message.objects.all().delete()
    assert plan_reminders(actor=CLINIC) == 2
    assert reminders() == ALL[1:]


def test_a_rule_that_is_newer_than_the_booking_holds(here):
    visit(here, hours=26)
    Message.objects.update(status=MessageStatus.SENT)
    for minutes in (60, 180):
        MessageRule.objects.create(kind=Kind.REMINDER, channel=ChannelName.EMAIL, offset_minutes=minutes)
    assert plan_reminders(actor=CLINIC) == 1
    assert reminders() == [ALL[0], ("email", 180), *ALL[1:]]


def test_only_who_is_expected_is_reminded(here):
    cancelled, arrived = visit(here, hours=30), visit(here, hours=4)
    Location.objects.update(needs_confirmation=True)
    visit(LocationFactory(needs_confirmation=True), hours=30)
    lifecycle.cancel_appointment(appointment_id=cancelled.pk, actor=CLINIC)
    check_in(appointment_id=arrived.pk, actor=CLINIC)
    Message.objects.all().delete()
    assert plan_reminders(actor=CLINIC) == 0


def test_visits_that_are_far_away_can_wait(here):
    visit(here, hours=24 * 5)
    Message.objects.all().delete()
    assert plan_reminders(actor=CLINIC) == 0


def test_a_long_list_is_worked_off_bit_by_bit(here):
    for hours in (30, 31, 32):
        visit(here, hours=hours)
    Message.objects.all().delete()
    assert plan_reminders(actor=CLINIC, limit=4) == 6
    assert plan_reminders(actor=CLINIC, limit=4) == 3


def test_all_being_well_it_costs_the_same_for_one_visit_and_for_five(here):
    visit(here, hours=30)
    with CaptureQueriesContext(connection) as one:
        plan_reminders(actor=CLINIC)
    for hours in range(31, 35):
        visit(here, hours=hours)
    with CaptureQueriesContext(connection) as five:
        plan_reminders(actor=CLINIC)
    assert len(five) == len(one) == 5
