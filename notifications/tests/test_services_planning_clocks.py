"""One reminder at the right time on the wall, whatever the clock does, however often a visit is moved."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from notifications.models import Message
from notifications.states import ChannelName, Kind, MessageStatus
from scheduling.clock import boundary
from scheduling.models import Location
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.factories import VISITOR, LocationFactory, SlotFactory, book

pytestmark = pytest.mark.django_db

CHANGES = [
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Asia/Kolkata", date(2026, 3, 29)),
]


def seat(here: Location, day: date, at: time):
    return SlotFactory(location=here, starts_at=boundary(datetime.combine(day, at), here.zone))


def reminders(zone: ZoneInfo) -> list[datetime]:
    """When those that wait are due by mail, as the clock on the wall shows it."""
    rows = Message.objects.filter(
        kind=Kind.REMINDER, channel=ChannelName.EMAIL, offset_minutes=1440, status=MessageStatus.PENDING
    )
    return [row.due_at.astimezone(zone).replace(tzinfo=None) for row in rows]


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=str)
def test_moved_across_a_change_and_back_and_across_again_there_is_one_at_the_right_time(zone, change):
    here = LocationFactory(time_zone=zone)
    before, after = change - timedelta(days=1), change + timedelta(days=1)
    with time_machine.travel(datetime.combine(change - timedelta(days=9), time(12), here.zone), tick=False):
        visit = book(seat(here, before, time(10, 30)))
        assert reminders(here.zone) == [datetime.combine(before - timedelta(days=1), time(10, 30))]
        visit = reschedule_appointment(
            appointment_id=visit.pk, slot_id=seat(here, change, time(9, 30)).pk, actor=VISITOR
        )
        assert reminders(here.zone) == [datetime.combine(before, time(9, 30))]
        visit = reschedule_appointment(
            appointment_id=visit.pk, slot_id=seat(here, after, time(11, 30)).pk, actor=VISITOR
        )
        assert reminders(here.zone) == [datetime.combine(change, time(11, 30))]
        cancel_appointment(appointment_id=visit.pk, actor=VISITOR)
        assert reminders(here.zone) == []
        assert not Message.objects.filter(kind=Kind.REMINDER).exclude(status=MessageStatus.CANCELLED).exists()


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=str)
def test_a_clinic_that_opens_at_midnight_reminds_in_the_evening_before(zone, change):
    here = LocationFactory(time_zone=zone)
    with time_machine.travel(datetime.combine(change - timedelta(days=9), time(12), here.zone), tick=False):
        visit = book(seat(here, change, time(0, 20)))
        due = {
            row.offset_minutes: row.due_at.astimezone(here.zone).replace(tzinfo=None)
            for row in Message.objects.filter(appointment=visit, kind=Kind.REMINDER)
        }
    evening = datetime.combine(change - timedelta(days=1), time(20, 45))
    assert due == {60: evening, 120: evening, 1440: evening - timedelta(days=1)}
