"""When hours change, nobody who is booked is stranded without a decision."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from scheduling.errors import AppointmentsAffected, CalendarEntryUnknown, InvalidCalendar
from scheduling.models import Appointment, Availability, Hold, Slot
from scheduling.services.affected import cancel, keep, move
from scheduling.services.availability import (
    preview_availability,
    preview_retirement,
    retire_availability,
    save_availability,
)
from scheduling.services.calendar import delete_slot
from scheduling.services.holds import hold_seat
from scheduling.services.slot_generation import breaks_of
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, DoctorFactory
from scheduling.tests.factories import book as book_slot
from scheduling.tests.hours import DAYS, LONDON, book, hours, slot_at, today, walls
from testing.threads import run_together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]


def test_new_hours_make_their_slots_at_once():
    availability = hours()
    assert walls(1) == ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40"]
    assert Slot.objects.count() == 6 * DAYS
    assert Availability.objects.get().generated_until == availability.location.days_ahead * timedelta(days=1) + today()


def test_changed_hours_add_and_remove_what_nobody_has():
    availability = hours()
    stays = slot_at(1, 10, 20)
    availability.start_time, availability.end_time = time(10), time(12)
    preview = preview_availability(availability=availability, breaks=[(time(11), time(11, 20))])
    assert (preview.added, preview.removed, preview.affected) == (2 * DAYS, 3 * DAYS, [])

    outcome = save_availability(availability=availability, breaks=[(time(11), time(11, 20))], actor=CLINIC)

    assert (outcome.added, outcome.removed) == (2 * DAYS, 3 * DAYS)
    assert walls(1) == ["10:00", "10:20", "10:40", "11:20", "11:40"]
    assert slot_at(1, 10, 20) == stays
    assert breaks_of(Availability.objects.get()) == [(time(11), time(11, 20))]


def test_slots_that_staff_removed_do_not_come_back_when_hours_grow():
    availability = hours()
    delete_slot(slot_id=slot_at(1, 9, 20).pk, actor=CLINIC)
    availability.end_time = time(11, 40)
    save_availability(availability=availability, breaks=[], actor=CLINIC)
    assert walls(1) == ["09:00", "09:40", "10:00", "10:20", "10:40", "11:00", "11:20"]


def test_nothing_changes_while_somebody_booked_is_undecided():
    availability = hours()
    first, second = book(1, 9), book(2, 9, 20)
    book(1, 10)
    availability.start_time = time(10)

    preview = preview_availability(availability=availability, breaks=[])
    assert [one.appointment for one in preview.affected] == [first, second]
    with pytest.raises(AppointmentsAffected) as stopped:
        save_availability(availability=availability, breaks=[], decisions={first.pk: keep()}, actor=CLINIC)

    assert stopped.value.code == "appointments_affected"
    assert stopped.value.appointments == [second]
    assert len(walls(1, is_open=True)) == 6
    assert Availability.objects.get().start_time == time(9)


def test_the_nearest_free_slots_are_suggested_and_none_that_go_as_well():
    availability = hours()
    appointment = book(1, 9)
    availability.start_time = time(10)
    with_colleague = hours(
        doctor=DoctorFactory(specialty=availability.doctor.specialty), location=availability.location
    )

    (affected,) = preview_availability(availability=availability, breaks=[]).affected

    assert affected.appointment == appointment
    assert [slot.starts_at.astimezone(LONDON).time() for slot in affected.suggestions] == [
        time(10),
        time(10, 20),
        time(10, 40),
    ]
    assert {slot.doctor_id for slot in affected.suggestions} == {availability.doctor_id}

    (affected,) = preview_retirement(availability_id=availability.pk).affected
    assert [slot.doctor_id for slot in affected.suggestions] == [with_colleague.doctor_id] * 3
    assert affected.suggestions[0].starts_at == appointment.starts_at


def test_staff_keep_cancel_and_move_in_one_step():
    availability = hours()
    kept, cancelled, moved = book(1, 9), book(2, 9), book(3, 9)
    target = slot_at(3, 10)
    availability.start_time = time(10)
    audited = AuditEntry.objects.latest("pk").pk

    outcome = save_availability(
        availability=availability,
        breaks=[],
        decisions={kept.pk: keep(), cancelled.pk: cancel("The doctor starts later now."), moved.pk: move(target.pk)},
        actor=CLINIC,
    )

    assert (outcome.closed, outcome.cancelled, outcome.moved) == (1, 1, 1)
    for appointment in (kept, cancelled, moved):
        appointment.refresh_from_db()
    assert kept.status == AppointmentStatus.CONFIRMED
    assert (kept.slot.is_open, kept.slot.taken) == (False, 1)
    assert cancelled.status == AppointmentStatus.CANCELLED
    assert cancelled.cancellation_message == "The doctor starts later now."
    assert moved.status == AppointmentStatus.RESCHEDULED
    assert moved.successor.slot == target
    assert (walls(1), walls(2), walls(3)) == (
        ["09:00", "10:00", "10:20", "10:40"],
        ["10:00", "10:20", "10:40"],
        ["10:00", "10:20", "10:40"],
    )
    assert set(AuditEntry.objects.filter(pk__gt=audited).values_list("verb", flat=True)) == {"availability.save"}


def test_who_was_kept_once_is_not_asked_about_again():
    availability = hours()
    kept = book(1, 9)
    availability.start_time = time(10)
    save_availability(availability=availability, breaks=[], decisions={kept.pk: keep()}, actor=CLINIC)
    availability.end_time = time(12)
    save_availability(availability=availability, breaks=[], actor=CLINIC)
    kept.refresh_from_db()
    assert kept.slot == slot_at(1, 9)


def test_a_kept_slot_is_in_the_way_of_new_ones():
    availability = hours()
    kept = book(1, 9, 20)
    availability.slot_minutes = 30
    save_availability(availability=availability, breaks=[], decisions={kept.pk: keep()}, actor=CLINIC)
    assert walls(1) == ["09:20", "10:00", "10:30"]
    assert walls(2) == ["09:00", "09:30", "10:00", "10:30"]


def test_nobody_is_moved_to_a_time_that_goes_as_well():
    availability = hours()
    appointment, target = book(1, 9), slot_at(2, 9)
    availability.start_time = time(10)
    with pytest.raises(InvalidCalendar, match="goes as well"):
        save_availability(
            availability=availability, breaks=[], decisions={appointment.pk: move(target.pk)}, actor=CLINIC
        )
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_a_slot_that_somebody_holds_stays_for_them_but_closes():
    availability = hours()
    slot = slot_at(1, 9)
    hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
    lapsed = slot_at(2, 9)
    hold_seat(slot_id=lapsed.pk, holder="somebody else", actor=VISITOR)
    Hold.objects.filter(slot=lapsed).update(expires_at=timezone.now())
    availability.start_time = time(10)

    outcome = save_availability(availability=availability, breaks=[], actor=CLINIC)

    assert (outcome.closed, outcome.removed) == (1, 3 * DAYS - 1)
    assert walls(1, is_open=False) == ["09:00"]


def test_a_new_capacity_goes_to_the_slots_but_never_below_who_is_there():
    availability = hours(capacity=3)
    book(1, 9)
    book(1, 9)
    Slot.objects.filter(pk=slot_at(1, 9, 20).pk).update(capacity=7)
    availability.capacity = 1
    save_availability(availability=availability, breaks=[], actor=CLINIC)
    assert [slot_at(1, 9, minute).capacity for minute in (0, 20, 40)] == [2, 7, 1]


def test_retired_hours_take_their_slots_with_them_and_come_back_when_active_again():
    availability = hours()
    appointment = book(1, 9)
    with pytest.raises(AppointmentsAffected):
        retire_availability(availability_id=availability.pk, actor=CLINIC)
    retire_availability(availability_id=availability.pk, decisions={appointment.pk: cancel()}, actor=CLINIC)
    assert not Slot.objects.exists()

    availability = Availability.objects.get()
    availability.is_active = True
    save_availability(availability=availability, breaks=[], actor=CLINIC)
    assert Slot.objects.count() == 6 * DAYS
    with pytest.raises(CalendarEntryUnknown):
        retire_availability(availability_id=0, actor=CLINIC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": [7]}, "weekdays"),
        ({"weekdays": ["1"]}, "weekdays"),
        ({"rrule": "FREQ=DAILY"}, "rrule"),
        ({"weekdays": [], "rrule": "FREQ=HOURLY"}, "rrule"),
        ({"slot_minutes": 3}, "slot_minutes"),
        ({"capacity": 0}, "capacity"),
        ({"end_time": time(9)}, "end_time"),
        ({"valid_from": date.max}, "valid_from"),
        ({"valid_until": datetime(2020, 1, 1).date()}, "valid_until"),
    ],
)
def test_hours_that_make_no_sense_name_the_field(changes, field):
    availability = hours()
    for name, value in changes.items():
        setattr(availability, name, value)
    with pytest.raises(InvalidCalendar) as refused:
        save_availability(availability=availability, breaks=[], actor=CLINIC)
    assert refused.value.field == field


def test_suggestions_cost_the_same_for_one_person_and_for_five(django_assert_max_num_queries):
    availability = hours()
    availability.start_time = time(10)
    for day in range(1, DAYS + 1):
        book(day, 9)
        with django_assert_max_num_queries(16):
            assert len(preview_availability(availability=availability, breaks=[]).affected) == day


@pytest.mark.django_db(transaction=True)
def test_a_booking_and_a_change_of_hours_at_once_strand_nobody():
    """Whoever is first: either the booking is affected and stops the change, or its slot is gone."""
    availability = hours()
    slots = [slot_at(day, 9) for day in range(1, DAYS + 1)]
    availability.start_time = time(10)

    outcomes = run_together(
        [lambda slot=slot: book_slot(slot) for slot in slots]
        + [lambda: save_availability(availability=availability, breaks=[], actor=CLINIC)]
    )

    *bookings, change = outcomes
    booked = [outcome.answer for outcome in bookings if outcome.error is None]
    for outcome in bookings:
        assert outcome.error is None or outcome.error.code in {"slot_unknown", "slot_taken", "slot_closed"}
    if change.error is None:
        assert booked == []
    else:
        assert isinstance(change.error, AppointmentsAffected)
        assert {one.pk for one in change.error.appointments} <= {appointment.pk for appointment in booked}
    for appointment in Appointment.objects.select_related("slot"):
        assert appointment.slot is not None
        assert appointment.slot.taken == 1
