"""Slots are made ahead, once, whoever runs the sweep and however often."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import timezone

from scheduling.models import AvailabilityBreak, Slot, TimeOff
from scheduling.services.slot_generation import generate_slots
from scheduling.signals import slot_changed
from scheduling.tests.factories import CLINIC, AvailabilityFactory, DoctorFactory, LocationFactory
from testing.threads import run_together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]

EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]


def hours(**changes):
    """An hour every day from tomorrow on, in three slots."""
    given = {
        "weekdays": EVERY_DAY,
        "valid_from": timezone.localdate() + timedelta(days=1),
        "start_time": time(9),
        "end_time": time(10),
    }
    return AvailabilityFactory(**{**given, **changes})


def in_days(number: int) -> date:
    return timezone.localdate() + timedelta(days=number)


def test_slots_are_made_as_far_ahead_as_the_calendar_is_open():
    availability = hours(location=LocationFactory(days_ahead=14), capacity=2)

    report = generate_slots(actor=CLINIC)

    assert (report.availabilities, report.created, report.clashes, report.off) == (1, 42, 0, 0)
    slots = Slot.objects.order_by("starts_at")
    assert slots.count() == 42
    assert {slot.capacity for slot in slots} == {2}
    assert all(slot.availability_id == availability.pk and slot.is_open for slot in slots)
    assert slots[0].starts_at.astimezone(ZoneInfo("Europe/London")).time() == time(9)
    availability.refresh_from_db()
    assert availability.generated_until == in_days(14)


def test_running_it_again_makes_nothing_twice():
    hours(location=LocationFactory(days_ahead=14))
    generate_slots(actor=CLINIC)
    assert generate_slots(actor=CLINIC).created == 0
    assert generate_slots(actor=CLINIC, until=in_days(15)).created == 3


def test_slots_that_staff_removed_stay_removed():
    hours(location=LocationFactory(days_ahead=14))
    generate_slots(actor=CLINIC)
    Slot.objects.order_by("starts_at")[0].delete()
    generate_slots(actor=CLINIC, until=in_days(20))
    assert Slot.objects.count() == 20 * 3 - 1


def test_leave_and_closures_are_left_out():
    availability = hours(location=LocationFactory(days_ahead=10))
    noon = datetime.combine(in_days(3), time(12), UTC)
    TimeOff.objects.create(
        doctor=availability.doctor, starts_at=noon - timedelta(hours=12), ends_at=noon + timedelta(hours=12)
    )
    TimeOff.objects.create(
        location=availability.location, starts_at=noon + timedelta(days=1), ends_at=noon + timedelta(days=2)
    )
    TimeOff.objects.create(doctor=DoctorFactory(), starts_at=noon, ends_at=noon + timedelta(days=9))

    report = generate_slots(actor=CLINIC)

    assert report.off == 6  # all of the third day and, till noon, of the fifth
    assert report.created == 24


def test_a_clash_with_other_slots_of_the_doctor_is_left_out():
    availability = hours(location=LocationFactory(days_ahead=5))
    hours(doctor=availability.doctor, location=availability.location, start_time=time(9, 30), end_time=time(10, 30))

    report = generate_slots(actor=CLINIC)

    assert report.created == 5 * 3 + 5 * 1  # 9:30 and 9:50 are in the way of 9:20 and 9:40
    assert report.clashes == 10


def test_two_sweeps_of_different_hours_agree_on_who_has_the_time():
    first = hours(location=LocationFactory(days_ahead=5))
    second = hours(doctor=first.doctor, location=first.location)
    generate_slots(actor=CLINIC, availability_id=first.pk)
    report = generate_slots(actor=CLINIC, availability_id=second.pk)
    assert (report.created, report.clashes) == (0, 15)


def test_breaks_and_inactive_doctors_and_places_get_no_slots():
    with_break = hours(location=LocationFactory(days_ahead=1))
    AvailabilityBreak.objects.create(availability=with_break, start_time=time(9, 20), end_time=time(9, 40))
    hours(doctor=DoctorFactory(is_active=False))
    hours(location=LocationFactory(is_active=False))
    hours(is_active=False)
    assert generate_slots(actor=CLINIC).created == 2


def test_times_that_have_begun_are_not_made():
    hours(valid_from=timezone.localdate(), start_time=time(0), end_time=time(0), location=LocationFactory(days_ahead=1))
    generate_slots(actor=CLINIC)
    assert not Slot.objects.filter(starts_at__lt=timezone.now()).exists()


def test_a_night_clinic_gets_its_slots_on_both_days():
    hours(start_time=time(23), end_time=time(1), slot_minutes=60, location=LocationFactory(days_ahead=1))
    generate_slots(actor=CLINIC)
    starts = [slot.starts_at.astimezone(ZoneInfo("Europe/London")) for slot in Slot.objects.order_by("starts_at")]
    assert [(start.date(), start.hour) for start in starts] == [(in_days(1), 23), (in_days(2), 0)]


@pytest.mark.parametrize(
    ("zone", "spring", "missing", "autumn"),
    [
        ("Europe/London", date(2027, 3, 28), 2, date(2027, 10, 31)),
        ("America/New_York", date(2027, 3, 14), 2, date(2027, 11, 7)),
        ("Australia/Lord_Howe", date(2027, 10, 3), 1, date(2027, 4, 4)),
        ("Asia/Kolkata", date(2027, 3, 28), 0, date(2027, 10, 31)),
    ],
)
def test_clock_changes_keep_the_wall_time_in_the_calendar(zone, spring, missing, autumn):
    location = LocationFactory(time_zone=zone)
    hours(location=location, start_time=time(0), end_time=time(9, 30), slot_minutes=30)
    usual, clock = 19, ZoneInfo(zone)

    generate_slots(actor=CLINIC, until=date(2027, 11, 30))

    starts = [start.astimezone(clock) for start in Slot.objects.values_list("starts_at", flat=True)]
    by_day: dict[date, list[time]] = {}
    for start in starts:
        by_day.setdefault(start.date(), []).append(start.time())
    assert {day: len(times) for day, times in by_day.items() if len(times) != usual} == (
        {spring: usual - missing} if missing else {}
    )
    assert len(by_day[autumn]) == len(set(by_day[autumn])) == usual
    assert all(time(9) in times for times in by_day.values())
    assert {start.minute for start in starts} == {0, 30}


def test_a_dry_run_counts_and_writes_nothing():
    availability = hours(location=LocationFactory(days_ahead=14))
    assert generate_slots(actor=CLINIC, dry_run=True).created == 42
    availability.refresh_from_db()
    assert availability.generated_until is None
    assert not Slot.objects.exists()


def test_listeners_hear_of_the_new_slots_once():
    heard = []

    def listen(**event):
        heard.append((event["doctor_id"], event["what"], sorted(event["slot_ids"])))

    slot_changed.connect(listen)
    try:
        availability = hours(location=LocationFactory(days_ahead=2))
        generate_slots(actor=CLINIC)
        generate_slots(actor=CLINIC)
    finally:
        slot_changed.disconnect(listen)
    assert heard == [(availability.doctor_id, "added", sorted(Slot.objects.values_list("pk", flat=True)))]


def test_a_doctor_costs_the_same_number_of_queries_with_few_days_and_with_many(django_assert_max_num_queries):
    hours()
    with django_assert_max_num_queries(14):
        generate_slots(actor=CLINIC, until=in_days(5))
    with django_assert_max_num_queries(14):
        generate_slots(actor=CLINIC, until=in_days(30))


def test_hours_that_make_no_sense_hold_up_nobody_else(caplog):
    broken = hours(weekdays=[], rrule="FREQ=HOURLY", location=LocationFactory(days_ahead=2))
    hours(doctor=broken.doctor, location=broken.location)
    hours(location=broken.location)
    with caplog.at_level("WARNING"):
        report = generate_slots(actor=CLINIC)
    assert (report.created, report.unusable) == (12, [broken.pk])
    assert f"Hours {broken.pk} make no slots" in caplog.text


def test_the_command_says_what_it_did():
    hours(location=LocationFactory(days_ahead=14))
    said = StringIO()
    call_command("generate_slots", "--dry-run", stdout=said)
    call_command("generate_slots", "--until", str(in_days(2)), stdout=said)
    assert "42 slots would be made" in said.getvalue()
    assert "6 slots made" in said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_make_each_slot_once():
    for _number in range(6):
        hours(location=LocationFactory(days_ahead=20))

    outcomes = run_together([lambda: generate_slots(actor=CLINIC)] * 2)

    assert [outcome.error for outcome in outcomes] == [None, None]
    assert sum(outcome.answer.created for outcome in outcomes) == 6 * 60
    assert Slot.objects.count() == 6 * 60
