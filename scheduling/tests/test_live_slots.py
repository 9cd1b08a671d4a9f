"""Whoever looks at a doctor's day is told of every change of it, and of nothing else."""

from __future__ import annotations

import socket
from datetime import date, datetime, time, timedelta
from time import monotonic, sleep

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.live.renderer import renderer
from accounts.tests.ears import Listening
from scheduling import live
from scheduling.clock import local_date
from scheduling.day_times import version_of
from scheduling.live import SlotsRoom
from scheduling.models import Appointment, Hold, Slot
from scheduling.selectors.availability import slots_on
from scheduling.selectors.day import day_times
from scheduling.services import calendar
from scheduling.services.availability import retire_availability, save_availability
from scheduling.services.bulk_slots import BulkPlan, create_bulk_slots, undo_batch
from scheduling.services.holds import hold_seat, release_hold
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.factories import (
    CLINIC,
    VISITOR,
    AvailabilityFactory,
    DoctorFactory,
    LocationFactory,
    SlotFactory,
    book,
    in_hours,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listening(live_updates):
    """The process's sockets."""
    made = Listening()
    yield made
    made.close()


@pytest.fixture
def slot():
    return SlotFactory(starts_at=in_hours(48).replace(hour=10))


def day_of(slot) -> date:
    return local_date(slot.starts_at, slot.location.zone)


def room_of(slot, **changes) -> SlotsRoom:
    return SlotsRoom(slot.doctor_id, slot.location_id, day_of(slot))._replace(**changes)


def wait_until(reached, seconds=5):
    deadline = monotonic() + seconds
    while not reached():
        assert monotonic() < deadline, "it never happened"
        sleep(0.005)


def look(listening, room):
    return listening.join(room.name, state=room.read)


def taken(slot) -> str:
    return f'id="slot-{slot.pk}" aria-disabled="true"'


def free(slot) -> str:
    return f'id="slot-{slot.pk}" name="slot" value="{slot.pk}"'


def test_who_looks_is_shown_the_day_at_once(listening, slot):
    other = SlotFactory(doctor=slot.doctor, starts_at=slot.starts_at + timedelta(days=1))
    hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
    [text] = look(listening, room_of(slot)).texts
    assert taken(slot) in text
    assert f"slot-{other.pk}" not in text
    assert 'hx-swap-oob="true"' in text


def test_a_hold_is_seen_at_once_and_so_is_its_end(listening, slot):
    ear = look(listening, room_of(slot))
    hold = hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
    ear.hears(taken(slot))
    release_hold(token=hold.token, actor=VISITOR)
    wait_until(lambda: len(ear.texts) == 3)
    assert [taken(slot) in text for text in ear.texts] == [False, True, False]


def _switch_off(thing):
    thing.is_active = False
    thing.save()


def _retire(slot):
    hours = AvailabilityFactory(doctor=slot.doctor, location=slot.location)
    Slot.objects.filter(pk=slot.pk).update(availability=hours)
    retire_availability(availability_id=hours.pk, actor=CLINIC)


def plan_for(slot, hour):
    """One slot of the same doctor and day at that hour."""
    return BulkPlan(
        doctor_id=slot.doctor_id,
        location_id=slot.location_id,
        start_date=day_of(slot),
        end_date=day_of(slot),
        start_time=time(hour),
        end_time=time(hour, 20),
        duration_minutes=20,
    )


def _undo(slot):
    batch = create_bulk_slots(plan=plan_for(slot, 20), actor=CLINIC)
    Slot.objects.filter(pk=slot.pk).update(batch=batch)
    undo_batch(batch_id=batch.pk, actor=CLINIC)


GONE = {
    "closed": lambda slot: calendar.close_slot(slot_id=slot.pk, actor=CLINIC),
    "removed": lambda slot: calendar.delete_slot(slot_id=slot.pk, actor=CLINIC),
    "doctor switched off": lambda slot: _switch_off(slot.doctor),
    "location switched off": lambda slot: _switch_off(slot.location),
    "hours retired": _retire,
    "batch undone": _undo,
}


@pytest.mark.parametrize("goes", GONE.values(), ids=GONE.keys())
@pytest.mark.parametrize("where", ["at the location", "anywhere"])
def test_a_time_that_is_offered_no_more_leaves_the_list(listening, slot, goes, where):
    room = room_of(slot) if where == "at the location" else room_of(slot, location_id=None)
    ear = look(listening, room)
    assert free(slot) in ear.texts[0]
    goes(slot)
    ear.hears(f'data-version="{version_of([])}"')
    assert f"slot-{slot.pk}" not in ear.texts[-1]


def test_a_time_that_is_added_joins_the_list(listening, slot):
    ear = look(listening, room_of(slot))
    create_bulk_slots(plan=plan_for(slot, 20), actor=CLINIC)
    assert free(slot) in ear.hears("8:00pm")
    calendar.create_slot(
        doctor_id=slot.doctor_id,
        location_id=slot.location_id,
        starts=datetime.combine(day_of(slot), time(21)),
        minutes=20,
        actor=CLINIC,
    )
    ear.hears("9:00pm")


def test_a_time_that_is_opened_again_and_one_with_more_seats_are_free_again(listening, slot):
    calendar.close_slot(slot_id=slot.pk, actor=CLINIC)
    full = SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(hours=1))
    book(full)
    ear = look(listening, room_of(slot))
    assert taken(full) in ear.texts[0]
    calendar.open_slot(slot_id=slot.pk, actor=CLINIC)
    ear.hears(free(slot))
    calendar.change_capacity(slot_id=full.pk, capacity=2, actor=CLINIC)
    ear.hears(free(full))


def test_hours_with_more_seats_are_free_again(listening, slot):
    hours = AvailabilityFactory(doctor=slot.doctor, location=slot.location)
    Slot.objects.filter(pk=slot.pk).update(availability=hours)
    book(slot)
    ear = look(listening, room_of(slot))
    hours.capacity = 2
    save_availability(availability=hours, breaks=[], actor=CLINIC)
    ear.hears(free(slot))


def test_a_booking_and_its_cancellation_are_seen(listening, slot):
    ear = look(listening, room_of(slot))
    visit = book(slot)
    ear.hears(taken(slot))
    cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
    wait_until(lambda: free(slot) in ear.texts[-1])


def test_nobody_hears_of_other_days_doctors_or_places(listening, slot):
    elsewhere = [
        SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(days=1)),
        SlotFactory(starts_at=slot.starts_at, location=slot.location),
        SlotFactory(doctor=slot.doctor, starts_at=slot.starts_at + timedelta(hours=1)),
    ]
    ear = look(listening, room_of(slot))
    for other in elsewhere:
        book(other)
    ear.hears_nothing_more()


def test_without_a_day_every_day_that_changes_is_told(listening, slot):
    later = SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(days=3))
    ear = look(listening, room_of(slot, day=None))
    assert ear.texts == []
    book(later)
    ear.hears(taken(later))
    calendar.delete_slot(slot_id=slot.pk, actor=CLINIC)
    ear.hears(f'id="slots-{slot.doctor_id}-{day_of(slot)}"')
    _switch_off(slot.doctor)
    wait_until(lambda: f'id="slots-{slot.doctor_id}-{day_of(later)}"' in ear.texts[-1])


def test_a_day_is_that_of_the_clinics_wall(listening):
    """Half past midnight in Kolkata is still the day before in UTC."""
    midnight = in_hours(24 * 3).replace(hour=19, minute=0)
    slot = SlotFactory(starts_at=midnight, location__time_zone="Asia/Kolkata")
    assert day_of(slot) == midnight.date() + timedelta(days=1)
    ear = look(listening, room_of(slot))
    assert "12:30am" in ear.texts[0]
    book(slot)
    ear.hears(taken(slot))


def test_what_is_rolled_back_is_not_told(listening, slot):
    ear = look(listening, room_of(slot))
    with transaction.atomic():
        hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
        transaction.set_rollback(True)
    ear.hears_nothing_more()


def test_a_rush_is_told_in_a_few_messages_and_the_last_is_right(listening, slot):
    times = [
        SlotFactory(
            doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(minutes=20 * number)
        )
        for number in range(1, 30)
    ]
    ear = look(listening, room_of(slot))
    began = monotonic()
    for one in times:
        hold_seat(slot_id=one.pk, holder="somebody", actor=VISITOR)
    seconds = monotonic() - began
    wait_until(lambda: all(taken(one) in ear.texts[-1] for one in times))
    assert len(ear.texts) <= 5 + seconds / 0.05


def test_who_books_reads_and_renders_nothing(listening, slot):
    """The cost of being looked at is not paid by whoever books."""
    spare = SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(hours=1))
    with CaptureQueriesContext(connection) as alone:
        hold_seat(slot_id=spare.pk, holder="somebody", actor=VISITOR)
    ear = look(listening, room_of(slot))
    with CaptureQueriesContext(connection) as watched:
        hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
    assert len(watched) == len(alone)
    ear.hears(taken(slot))


def test_a_booking_does_not_wait_for_a_redis_that_never_answers(live_updates, settings, monkeypatch):
    monkeypatch.setattr("accounts.live.layer.PATIENCE", 10.0)  # whoever waits, waits longer than any machine is busy
    times = [SlotFactory() for _turn in range(3)]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = monotonic()
        for slot in times:
            book(slot)
        assert monotonic() - began < 9
    assert Appointment.objects.count() == len(times)


def test_when_nobody_looks_nothing_is_kept_to_be_told(live_updates, slot):
    book(slot)
    assert live._waiting == {}
    assert renderer._thread is None


def test_nothing_personal_is_told(listening, slot):
    hold_seat(slot_id=slot.pk, holder="somebody-secret", actor=VISITOR)
    text = look(listening, room_of(slot)).texts[0]
    for word in ("somebody-secret", "csrf", "<form", "kept for you", "data-own"):
        assert word not in text


def test_who_asks_for_what_is_not_there_is_told_so(slot):
    with pytest.raises(live.RoomUnknown):
        SlotsRoom(slot.doctor_id + 999).read()
    with pytest.raises(live.RoomUnknown):
        room_of(slot, location_id=slot.location_id + 999).read()


@pytest.mark.parametrize("room", [SlotsRoom(5), SlotsRoom(5, 7), SlotsRoom(5, 7, date(2026, 12, 1))])
def test_a_room_is_found_again_by_its_name(room):
    assert SlotsRoom.from_name(room.name) == room


def _strange_day():
    """One doctor's day with everything that decides whether a time is shown, and as what."""
    doctor = DoctorFactory()
    here, there = LocationFactory(lead_minutes=90), LocationFactory(time_zone="Asia/Tokyo")
    hours = iter(range(30))

    def add(location=here, **changes):
        return SlotFactory(doctor=doctor, location=location, starts_at=in_hours(next(hours)), **changes)

    for _hour in range(4):
        add()
    add(is_open=False)
    add(location=LocationFactory(is_active=False))
    book(add(capacity=2))
    book(add())
    hold_seat(slot_id=add().pk, holder="overdue", actor=VISITOR)
    pending = book(add())
    Appointment.objects.filter(pk=pending.pk).update(status="pending", expires_at=in_hours(-1))
    Hold.objects.update(expires_at=in_hours(-1))
    hold_seat(slot_id=add().pk, holder="live", actor=VISITOR)
    for _hour in range(10):
        add(location=there)
    SlotFactory(starts_at=in_hours(3))
    return doctor, here, there


def test_the_quick_look_at_a_day_finds_what_the_page_finds():
    doctor, here, there = _strange_day()
    seen = 0
    for offset in range(-1, 3):
        for location in (None, here, there):
            day = timezone.now().date() + timedelta(days=offset)
            search = {"doctor_id": doctor.pk} | ({"location_id": location.pk} if location else {})
            page = [(slot.pk, slot.starts_at, slot.location.zone, slot.is_free) for slot in slots_on(day=day, **search)]
            quick = [(one.pk, one.starts_at, one.location.zone, one.is_free) for one in day_times(day=day, **search)]
            assert quick == page
            seen += len(page)
    assert seen > 20
    _switch_off(doctor)
    assert day_times(doctor_id=doctor.pk, day=timezone.now().date()) == []


@pytest.mark.parametrize("day", [date.min, date.max, date(1900, 1, 1), date(2199, 12, 31)])
def test_days_out_of_reach_are_empty(day, slot):
    assert day_times(doctor_id=slot.doctor_id, day=day) == []
