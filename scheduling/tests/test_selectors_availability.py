"""What counts as free: by day, by doctor, nearest; and that overdue claims count as free at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.models import Doctor, Slot
from scheduling.selectors.availability import (
    Day,
    days_with_slots,
    nearest_free_slots,
    next_free_by_doctor,
    next_free_slots,
    slots_on,
)
from scheduling.services.holds import hold_seat
from scheduling.tests.factories import VISITOR, DoctorFactory, LocationFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 8, 6, 6, 0, tzinfo=UTC)


def test_the_next_free_slot_is_the_earliest_that_can_still_be_had() -> None:
    doctor = DoctorFactory()
    SlotFactory(doctor=doctor, starts_at=in_hours(-1), ends_at=in_hours(-0.5))
    SlotFactory(doctor=doctor, starts_at=in_hours(1), is_open=False)
    book(SlotFactory(doctor=doctor, starts_at=in_hours(2)))
    SlotFactory(doctor=doctor, starts_at=in_hours(3), location__lead_minutes=600)
    SlotFactory(doctor=doctor, starts_at=in_hours(4), location__is_active=False)
    wanted = SlotFactory(doctor=doctor, starts_at=in_hours(5))
    SlotFactory(doctor=doctor, starts_at=in_hours(6))
    assert next_free_by_doctor() == {doctor.pk: wanted}


def test_search_narrows_by_doctor_specialty_and_location() -> None:
    early = SlotFactory(starts_at=in_hours(24))
    late = SlotFactory(starts_at=in_hours(25), doctor__specialty=early.doctor.specialty)
    other = SlotFactory(starts_at=in_hours(23))
    assert next_free_slots(limit=5) == [other, early, late]
    assert next_free_slots(specialty_id=early.doctor.specialty_id, limit=5) == [early, late]
    assert next_free_slots(location_id=late.location_id) == [late]
    assert next_free_slots(doctor_ids=[late.doctor_id, other.doctor_id], limit=5) == [other, late]


def test_inactive_doctors_are_not_found() -> None:
    slot = SlotFactory()
    Doctor.objects.filter(pk=slot.doctor_id).update(is_active=False)
    assert next_free_slots() == []


def test_a_hold_that_ran_out_is_free_at_once() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        slot = SlotFactory()
        hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
        assert next_free_slots() == []
        clock.shift(timedelta(minutes=5))
        assert next_free_slots() == [slot]
        (seen,) = slots_on(day=timezone.localdate(slot.starts_at, slot.location.zone))
        assert (seen.free, seen.is_free) == (1, True)
        today = timezone.localdate()
        assert [day.free for day in days_with_slots(first=today, last=today + timedelta(days=60))] == [1]


def test_an_unconfirmed_booking_that_ran_out_is_free_at_once() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        slot = SlotFactory(location__needs_confirmation=True)
        book(slot)
        assert next_free_slots() == []
        clock.shift(timedelta(minutes=5))
        assert next_free_slots() == [slot]


def test_days_are_those_of_the_wall_clock() -> None:
    """A quarter to midnight UTC in August is the next day in London, and two hours later still that day."""
    place = LocationFactory(time_zone="Europe/London")
    with time_machine.travel(MORNING, tick=False):
        late = datetime(2026, 8, 7, 23, 45, tzinfo=UTC)
        SlotFactory(location=place, starts_at=late)
        SlotFactory(location=place, starts_at=late + timedelta(hours=2))
        days = days_with_slots(first=date(2026, 8, 1), last=date(2026, 8, 31))
        assert days == [Day(date=date(2026, 8, 8), free=2, total=2)]
        assert len(slots_on(day=date(2026, 8, 8))) == 2
        assert slots_on(day=date(2026, 8, 7)) == []


def test_each_location_has_its_own_days() -> None:
    with time_machine.travel(MORNING, tick=False):
        moment = datetime(2026, 8, 7, 20, 0, tzinfo=UTC)
        SlotFactory(location__time_zone="Asia/Kolkata", starts_at=moment)
        SlotFactory(location__time_zone="America/New_York", starts_at=moment)
        days = days_with_slots(first=date(2026, 8, 1), last=date(2026, 8, 31))
        assert [day.date for day in days] == [date(2026, 8, 7), date(2026, 8, 8)]


def test_full_days_are_listed_with_nothing_free() -> None:
    slot = SlotFactory(capacity=2)
    book(slot)
    book(slot)
    day = timezone.localdate(slot.starts_at, slot.location.zone)
    assert days_with_slots(first=day, last=day) == [Day(date=day, free=0, total=1)]


def test_the_nearest_slots_are_of_the_same_doctor_then_of_the_specialty() -> None:
    lost = SlotFactory(starts_at=in_hours(48))
    same = SlotFactory(doctor=lost.doctor, starts_at=in_hours(72))
    colleague = SlotFactory(doctor__specialty=lost.doctor.specialty, starts_at=in_hours(49))
    SlotFactory(starts_at=in_hours(48))
    book(lost)
    assert nearest_free_slots(slot=lost) == [same, colleague]


@pytest.mark.parametrize("doctors", [1, 20])
def test_searching_costs_the_same_for_one_doctor_and_for_twenty(doctors: int) -> None:
    place = LocationFactory()
    for _doctor in range(doctors):
        SlotFactory(location=place)
    day = timezone.localdate()
    with CaptureQueriesContext(connection) as statements:
        assert len(next_free_slots(limit=50)) == doctors
    assert len(statements) == 4
    with CaptureQueriesContext(connection) as statements:
        days_with_slots(first=day, last=day + timedelta(days=40))
    assert len(statements) <= 5
    with CaptureQueriesContext(connection) as statements:
        for slot in slots_on(day=day + timedelta(days=1)):
            assert slot.doctor.name
            assert slot.location.name
    assert len(statements) <= 5
    assert Slot.objects.count() == doctors
