"""When somebody goes on leave or a place closes, nobody who is booked is stranded without a decision."""

from __future__ import annotations

from datetime import datetime

import pytest

from scheduling.errors import AppointmentsAffected, InvalidCalendar
from scheduling.models import Slot, TimeOff
from scheduling.services.affected import cancel, keep
from scheduling.services.time_off import add_time_off, change_time_off, preview_time_off, remove_time_off
from scheduling.tests.factories import CLINIC, DoctorFactory, LocationFactory, SlotFactory
from scheduling.tests.hours import DAYS, book, hours, wall, walls
from testing.threads import run_together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]


def test_leave_takes_the_slots_in_it_and_gives_them_back_when_it_ends():
    availability = hours()
    before = set(Slot.objects.values_list("starts_at", "ends_at"))
    entry, outcome = add_time_off(doctor_id=availability.doctor_id, starts=wall(2, 10), ends=wall(4, 0), actor=CLINIC)
    assert outcome.removed == 3 + 6
    assert (walls(2), walls(3), len(walls(4))) == (["09:00", "09:20", "09:40"], [], 6)

    outcome = change_time_off(time_off_id=entry.pk, starts=wall(3, 0), ends=wall(5, 0), actor=CLINIC)
    assert (outcome.added, outcome.removed) == (3, 6)
    assert remove_time_off(time_off_id=entry.pk, actor=CLINIC).added == 12
    assert set(Slot.objects.values_list("starts_at", "ends_at")) == before
    assert not TimeOff.objects.exists()


def test_a_closure_concerns_everybody_there_and_nobody_elsewhere():
    here = hours()
    hours(location=here.location)
    elsewhere = hours()
    _entry, outcome = add_time_off(location_id=here.location_id, starts=wall(1, 0), ends=wall(9, 0), actor=CLINIC)
    assert outcome.removed == 2 * 6 * DAYS
    assert set(Slot.objects.values_list("location_id", flat=True)) == {elsewhere.location_id}


def test_leave_over_booked_times_waits_for_decisions():
    availability = hours()
    kept, cancelled = book(1, 9), book(1, 10)
    when = {"doctor_id": availability.doctor_id, "starts": wall(1, 0), "ends": wall(2, 0)}
    assert [one.appointment for one in preview_time_off(**when).affected] == [kept, cancelled]
    with pytest.raises(AppointmentsAffected):
        add_time_off(**when, actor=CLINIC)
    assert not TimeOff.objects.exists()

    entry, outcome = add_time_off(**when, decisions={kept.pk: keep(), cancelled.pk: cancel("Ill.")}, actor=CLINIC)

    assert (outcome.closed, outcome.cancelled, walls(1)) == (1, 1, ["09:00"])
    change_time_off(time_off_id=entry.pk, starts=wall(1, 0), ends=wall(3, 0), actor=CLINIC)  # asks nothing again
    remove_time_off(time_off_id=entry.pk, actor=CLINIC)
    assert len(walls(1, is_open=True)) == 6


def test_slots_that_other_leave_still_covers_do_not_come_back():
    availability = hours()
    first, _outcome = add_time_off(doctor_id=availability.doctor_id, starts=wall(1, 0), ends=wall(3, 0), actor=CLINIC)
    add_time_off(location_id=availability.location_id, starts=wall(2, 0), ends=wall(3, 0), actor=CLINIC)
    assert remove_time_off(time_off_id=first.pk, actor=CLINIC).added == 6
    assert (len(walls(1)), walls(2)) == (6, [])


def test_time_off_takes_slots_made_by_hand_as_well():
    slot = SlotFactory()
    add_time_off(doctor_id=slot.doctor_id, starts=slot.starts_at, ends=slot.ends_at, actor=CLINIC)
    assert not Slot.objects.exists()


def test_time_off_is_entered_by_the_clock_of_the_location():
    location = LocationFactory(time_zone="Asia/Kolkata")
    entry, _outcome = add_time_off(
        location_id=location.pk, starts=datetime(2027, 1, 1), ends=datetime(2027, 1, 2), actor=CLINIC
    )
    assert entry.starts_at.isoformat() == "2026-12-31T18:30:00+00:00"
    doctor = DoctorFactory(locations=[location])
    entry, _outcome = add_time_off(
        doctor_id=doctor.pk, starts=datetime(2027, 1, 1), ends=datetime(2027, 1, 2), actor=CLINIC
    )
    assert entry.starts_at.isoformat() == "2026-12-31T18:30:00+00:00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"doctor_id": None}, "doctor"),
        ({"doctor_id": 0}, "doctor"),
        ({"location_id": 0}, "location"),
        ({"ends": datetime(2027, 1, 1, 8)}, "ends_at"),
        ({"ends": datetime(2037, 1, 1, 8)}, "ends_at"),
        ({"starts": datetime(2020, 1, 1), "ends": datetime(2020, 1, 2)}, "ends_at"),
        ({"starts": datetime(1, 1, 1)}, "starts_at"),
        ({"ends": datetime(9999, 12, 31)}, "ends_at"),
    ],
)
def test_time_off_that_makes_no_sense_names_the_field(changes, field):
    given = {"doctor_id": DoctorFactory().pk, "starts": datetime(2027, 1, 1, 9), "ends": datetime(2027, 1, 1, 10)}
    with pytest.raises(InvalidCalendar) as refused:
        add_time_off(**{**given, **changes}, actor=CLINIC)
    assert refused.value.field == field


@pytest.mark.django_db(transaction=True)
def test_leave_entered_twice_at_once_and_a_sweep_leave_no_slot_in_it():
    availability = hours()
    when = {"doctor_id": availability.doctor_id, "starts": wall(1, 0), "ends": wall(3, 0)}
    outcomes = run_together([lambda: add_time_off(**when, actor=CLINIC)] * 3)
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert (walls(1), walls(2), len(walls(3))) == ([], [], 6)
