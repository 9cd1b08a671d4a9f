"""A doctor's day and week as the back office sees it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from scheduling.models import Appointment, Hold, TimeOff
from scheduling.selectors.calendar import doctor_day, doctor_week
from scheduling.services.calendar import create_slot
from scheduling.services.holds import hold_seat
from scheduling.tests.factories import CLINIC, VISITOR, DoctorFactory, LocationFactory, PatientFactory, book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]

MONDAY = date(2027, 3, 22)


@pytest.fixture
def doctor():
    return DoctorFactory()


def slot(doctor, location, *when: int, capacity: int = 1):
    starts = datetime(*when)
    return create_slot(
        doctor_id=doctor.pk, location_id=location.pk, starts=starts, minutes=20, capacity=capacity, actor=CLINIC
    )


def test_a_day_shows_each_slot_with_who_is_in_it(doctor):
    location = LocationFactory()
    first = slot(doctor, location, 2027, 3, 22, 9, capacity=4)
    slot(doctor, location, 2027, 3, 22, 10)
    slot(doctor, location, 2027, 3, 23, 9)
    appointment = book(first)
    for holder in ("one", "two"):
        hold_seat(slot_id=first.pk, holder=holder, actor=VISITOR)
    Hold.objects.filter(holder="two").update(expires_at=timezone.now())

    day = doctor_day(doctor_id=doctor.pk, day=MONDAY)

    assert [(f"{entry.starts:%H:%M}", entry.appointments, entry.free, entry.held) for entry in day.entries] == [
        ("09:00", [appointment], 2, 1),
        ("10:00", [], 1, 0),
    ]
    assert day.booked == 1


def test_a_week_starts_on_monday_and_days_are_those_of_the_locations_clock(doctor):
    tokyo, honolulu = LocationFactory(time_zone="Asia/Tokyo"), LocationFactory(time_zone="Pacific/Honolulu")
    slot(doctor, tokyo, 2027, 3, 22, 0, 30)
    slot(doctor, honolulu, 2027, 3, 28, 23, 30)
    slot(doctor, tokyo, 2027, 3, 29, 0, 30)
    slot(doctor, honolulu, 2027, 3, 21, 23)

    week = doctor_week(doctor_id=doctor.pk, day=MONDAY + timedelta(days=3))

    assert [day.date for day in week] == [MONDAY + timedelta(days=number) for number in range(7)]
    assert [len(day.entries) for day in week] == [1, 0, 0, 0, 0, 0, 1]
    only_tokyo = doctor_week(doctor_id=doctor.pk, day=MONDAY, location_ids=[tokyo.pk])
    assert [len(day.entries) for day in only_tokyo] == [1, 0, 0, 0, 0, 0, 0]
    assert all(not day.entries for day in doctor_week(doctor_id=doctor.pk, day=MONDAY, location_ids=[]))


def test_walk_ins_and_time_off_are_on_their_day(doctor):
    location = LocationFactory()
    visit = Appointment.objects.create(
        patient=PatientFactory(), doctor=doctor, location=location, status="checked_in", type="walk_in"
    )
    start = timezone.now()
    leave = TimeOff.objects.create(doctor=doctor, starts_at=start, ends_at=start + timedelta(minutes=1))
    TimeOff.objects.create(doctor=DoctorFactory(), starts_at=start, ends_at=start + timedelta(minutes=1))
    today = start.astimezone(location.zone).date()

    days = {day.date: day for day in doctor_week(doctor_id=doctor.pk, day=today)}

    assert (days[today].without_slot, days[today].time_off) == ([visit], [leave])
    assert not any(day.without_slot or day.time_off for day in days.values() if day.date != today)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_time_are_empty_days(doctor, day):
    LocationFactory(time_zone="Pacific/Kiritimati")
    LocationFactory(time_zone="Pacific/Honolulu")
    assert not doctor_day(doctor_id=doctor.pk, day=day).entries
    assert len(doctor_week(doctor_id=doctor.pk, day=day)) == 7


def test_a_full_week_costs_as_many_queries_as_one_visit(doctor, django_assert_num_queries):
    location = LocationFactory()
    book(slot(doctor, location, 2027, 3, 22, 9))
    with django_assert_num_queries(7):
        doctor_week(doctor_id=doctor.pk, day=MONDAY)
    for number in range(1, 7):
        book(slot(doctor, location, 2027, 3, 22 + number, 9))
    with django_assert_num_queries(7):
        assert sum(day.booked for day in doctor_week(doctor_id=doctor.pk, day=MONDAY)) == 7
