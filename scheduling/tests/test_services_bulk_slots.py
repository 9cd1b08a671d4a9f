"""Slots in bulk: what the preview says is what is made, and what nobody took can be undone. Single slots, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from scheduling.errors import (
    CalendarEntryUnknown,
    CapacityBelowTaken,
    InvalidCalendar,
    SlotBooked,
    SlotOverlap,
    SlotUnknown,
)
from scheduling.models import Hold, Slot, SlotBatch, TimeOff
from scheduling.services.bulk_slots import BulkPlan, SkipReason, create_bulk_slots, plan_bulk_slots, undo_batch
from scheduling.services.calendar import change_capacity, close_slot, create_slot, delete_slot, open_slot
from scheduling.services.holds import hold_seat
from scheduling.tests.factories import CLINIC, VISITOR, DoctorFactory, LocationFactory, SlotFactory, book, in_hours
from testing.threads import run_together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2027, 3, 22)
CHANGE = date(2027, 3, 28)  # a Sunday


def plan(**changes) -> BulkPlan:
    """Monday to Sunday, nine to eleven, with a break."""
    given = {
        "start_date": MONDAY,
        "end_date": CHANGE,
        "start_time": time(9),
        "end_time": time(11),
        "duration_minutes": 20,
        "breaks": ((time(10), time(10, 20)),),
    }
    if "doctor_id" not in changes:
        given["doctor_id"] = DoctorFactory().pk
    if "location_id" not in changes:
        given["location_id"] = LocationFactory().pk
    return BulkPlan(**{**given, **changes})


def test_the_preview_is_what_is_made():
    wanted = plan(exclude_weekends=True, capacity=3)
    preview = plan_bulk_slots(wanted)
    assert not Slot.objects.exists()
    assert [(day.date.day, len(day.slots), day.clashes) for day in preview.days] == [(n, 5, 0) for n in range(22, 27)]

    batch = create_bulk_slots(plan=wanted, actor=CLINIC)

    slots = Slot.objects.order_by("starts_at")
    assert slots.count() == preview.total == 25
    assert {(slot.capacity, slot.batch_id, slot.doctor_id) for slot in slots} == {(3, batch.pk, wanted.doctor_id)}
    times = [f"{slot.starts_at.astimezone(LONDON):%H:%M}" for slot in slots[:5]]
    assert times == ["09:00", "09:20", "09:40", "10:20", "10:40"]


def test_the_preview_says_what_is_left_out_and_why():
    wanted = plan(start_time=time(0, 30), end_time=time(3), duration_minutes=30, breaks=(), weekdays=frozenset({5, 6}))
    create_slot(
        doctor_id=wanted.doctor_id,
        location_id=wanted.location_id,
        starts=datetime(2027, 3, 27, 0, 45),
        minutes=30,
        actor=CLINIC,
    )
    TimeOff.objects.create(
        doctor_id=wanted.doctor_id,
        starts_at=datetime(2027, 3, 27, 2, tzinfo=LONDON),
        ends_at=datetime(2027, 3, 27, 2, 30, tzinfo=LONDON),
    )

    saturday, sunday = plan_bulk_slots(wanted).days

    assert [(f"{one.wall:%H:%M}", one.reason) for one in saturday.skipped] == [
        ("00:30", SkipReason.CLASH),
        ("01:00", SkipReason.CLASH),
        ("02:00", SkipReason.TIME_OFF),
    ]
    assert (len(saturday.slots), saturday.clashes) == (2, 2)
    assert [(f"{one.wall:%H:%M}", one.reason) for one in sunday.skipped] == [
        ("01:00", SkipReason.MISSING),
        ("01:30", SkipReason.MISSING),
    ]
    assert plan_bulk_slots(wanted).skipped == {"clash": 2, "time_off": 1, "missing": 2}


def test_times_that_are_over_are_left_out():
    today = timezone.now().astimezone(LONDON).date()
    wanted = plan(start_date=today, end_date=today, start_time=time(0), end_time=time(0), breaks=())
    create_bulk_slots(plan=wanted, actor=CLINIC)
    assert not Slot.objects.filter(starts_at__lte=timezone.now()).exists()


def test_the_same_plan_again_makes_nothing():
    wanted = plan()
    create_bulk_slots(plan=wanted, actor=CLINIC)
    assert create_bulk_slots(plan=wanted, actor=CLINIC) is None
    assert SlotBatch.objects.count() == 1


def test_a_plan_for_too_many_slots_is_refused_before_they_are_worked_out():
    year = plan(start_date=date(2027, 1, 1), end_date=date(2027, 12, 31), duration_minutes=5, breaks=())
    begun = process_time()
    with pytest.raises(InvalidCalendar, match="105120 slots") as refused:
        plan_bulk_slots(replace(year, start_time=time(0), end_time=time(0)))
    assert refused.value.field == "end_date"
    assert process_time() - begun < 0.5
    with pytest.raises(InvalidCalendar, match="8760 slots"):
        plan_bulk_slots(year)


def test_undoing_removes_what_nobody_has_and_says_how_many_stayed():
    batch = create_bulk_slots(plan=plan(), actor=CLINIC)
    first, second, third = Slot.objects.order_by("starts_at")[:3]
    book(first)
    hold_seat(slot_id=second.pk, holder="somebody", actor=VISITOR)
    hold_seat(slot_id=third.pk, holder="somebody else", actor=VISITOR)
    Hold.objects.filter(slot=third).update(expires_at=timezone.now() - timedelta(seconds=1))

    undone = undo_batch(batch_id=batch.pk, actor=CLINIC)

    assert (undone.removed, undone.stayed) == (33, 2)
    assert set(Slot.objects.all()) == {first, second}
    with pytest.raises(CalendarEntryUnknown):
        undo_batch(batch_id=batch.pk + 1, actor=CLINIC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"end_date": MONDAY - timedelta(days=1)}, "end_date"),
        ({"end_date": MONDAY + timedelta(days=400)}, "end_date"),
        ({"end_date": MONDAY + timedelta(days=360), "start_time": time(0), "end_time": time(0)}, "end_date"),
        ({"end_time": time(9)}, "end_time"),
        ({"start_date": date.max, "end_date": date.max}, "start_date"),
        ({"start_date": date.min}, "start_date"),
        ({"end_time": time(9, 10), "breaks": ()}, "duration_minutes"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 1000}, "duration_minutes"),
        ({"capacity": 0}, "capacity"),
        ({"breaks": ((time(12), time(13)),)}, "breaks"),
        ({"breaks": ((time(10), time(10)),)}, "breaks"),
        ({"weekdays": frozenset({9})}, "weekdays"),
        ({"weekdays": frozenset({5, 6}), "exclude_weekends": True}, "weekdays"),
        ({"doctor_id": 0}, "doctor"),
        ({"location_id": 0}, "location"),
    ],
)
def test_a_plan_that_makes_no_sense_names_the_field(changes, field):
    wanted = plan(**changes)
    with pytest.raises(InvalidCalendar) as refused:
        plan_bulk_slots(wanted)
    assert refused.value.field == field
    assert str(refused.value).endswith(".")


def test_a_preview_costs_the_same_for_a_day_and_for_a_month(django_assert_num_queries):
    for days in (1, 30):
        wanted = plan(end_date=MONDAY + timedelta(days=days))
        with django_assert_num_queries(4):
            plan_bulk_slots(wanted)


@pytest.mark.django_db(transaction=True)
def test_two_people_with_overlapping_plans_make_no_overlapping_slots():
    wanted = plan()
    other = replace(wanted, start_time=time(9, 10), end_time=time(11, 10), breaks=())

    outcomes = run_together(
        [lambda: create_bulk_slots(plan=wanted, actor=CLINIC)] * 2
        + [lambda: create_bulk_slots(plan=other, actor=CLINIC)] * 2
    )

    assert [outcome.error for outcome in outcomes] == [None] * 4
    slots = list(Slot.objects.order_by("starts_at"))
    assert len(slots) >= 35
    assert all(first.ends_at <= second.starts_at for first, second in pairwise(slots))


# --- Single slots -----------------------------------------------------------------------------------------------


def test_a_slot_is_made_by_the_clock_of_its_location():
    location = LocationFactory(time_zone="Asia/Kolkata")
    slot = create_slot(
        doctor_id=DoctorFactory().pk, location_id=location.pk, starts=datetime(2027, 6, 1, 9), minutes=20, actor=CLINIC
    )
    assert slot.starts_at.isoformat() == "2027-06-01T03:30:00+00:00"


def test_a_slot_in_the_missing_hour_is_refused():
    with pytest.raises(InvalidCalendar, match="clocks skip") as refused:
        create_slot(
            doctor_id=DoctorFactory().pk,
            location_id=LocationFactory().pk,
            starts=datetime(2027, 3, 28, 1, 30),
            minutes=20,
            actor=CLINIC,
        )
    assert refused.value.field == "starts_at"


def test_a_slot_over_another_or_in_the_past_is_refused():
    slot = SlotFactory()
    where = {"doctor_id": slot.doctor_id, "location_id": slot.location_id, "minutes": 20, "actor": CLINIC}
    with pytest.raises(SlotOverlap):
        create_slot(starts=slot.starts_at + timedelta(minutes=10), **where)
    with pytest.raises(InvalidCalendar, match="already over"):
        create_slot(starts=in_hours(-1), **where)


def test_a_slot_is_closed_and_opened_again():
    slot = SlotFactory()
    assert not close_slot(slot_id=slot.pk, actor=CLINIC).is_open
    assert not close_slot(slot_id=slot.pk, actor=CLINIC).is_open
    assert open_slot(slot_id=slot.pk, actor=CLINIC).is_open
    with pytest.raises(SlotUnknown):
        open_slot(slot_id=0, actor=CLINIC)


def test_a_slot_somebody_has_is_not_removed():
    booked, held, lapsed, free = (SlotFactory() for _number in range(4))
    book(booked)
    hold_seat(slot_id=held.pk, holder="somebody", actor=VISITOR)
    hold_seat(slot_id=lapsed.pk, holder="somebody else", actor=VISITOR)
    Hold.objects.filter(slot=lapsed).update(expires_at=timezone.now())
    for slot in (booked, held):
        with pytest.raises(SlotBooked):
            delete_slot(slot_id=slot.pk, actor=CLINIC)
    for slot in (lapsed, free):
        delete_slot(slot_id=slot.pk, actor=CLINIC)
    assert set(Slot.objects.all()) == {booked, held}
    with pytest.raises(SlotUnknown):
        delete_slot(slot_id=free.pk, actor=CLINIC)


def test_capacity_never_falls_below_what_is_taken():
    slot = SlotFactory(capacity=3)
    book(slot)
    book(slot)
    with pytest.raises(CapacityBelowTaken):
        change_capacity(slot_id=slot.pk, capacity=1, actor=CLINIC)
    assert change_capacity(slot_id=slot.pk, capacity=2, actor=CLINIC).capacity == 2
    with pytest.raises(InvalidCalendar):
        change_capacity(slot_id=slot.pk, capacity=0, actor=CLINIC)
