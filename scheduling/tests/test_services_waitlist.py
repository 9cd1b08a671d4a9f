"""The waitlist: first come, first offered; an offer keeps its seat and ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actors import Actor
from scheduling.errors import InvalidWaitlistRequest, OfferExpired, SlotTaken
from scheduling.invariants import check
from scheduling.models import Appointment, Patient, Slot, WaitlistEntry
from scheduling.services import lifecycle
from scheduling.services.holds import hold_seat
from scheduling.services.offers import offer_slot
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import accept_offer, decline_offer, join_waitlist, leave_waitlist, offer_free_seats
from scheduling.states import AppointmentStatus, WaitlistStatus
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    PatientFactory,
    SlotFactory,
    SpecialtyFactory,
    book,
    in_hours,
)
from testing.meanwhile import just_after_reading

pytestmark = pytest.mark.django_db
CLERK = Actor(label="system:desk")
SOON, LATER = timezone.localdate(), timezone.localdate() + timedelta(days=60)


def wait_for(slot: Slot, patient: Patient | None = None, **wish: object) -> WaitlistEntry:
    return join_waitlist(
        patient=patient or PatientFactory(),
        **{"doctor_id": slot.doctor_id, "earliest_date": SOON, "latest_date": LATER, "actor": VISITOR, **wish},
    )


def test_a_seat_that_comes_free_is_offered_to_the_first_in_line() -> None:
    appointment = book()
    assert appointment.slot is not None
    first, second = wait_for(appointment.slot), wait_for(appointment.slot)
    lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=VISITOR)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.offered_slot_id) == (WaitlistStatus.OFFERED, appointment.slot_id)
    assert second.status == WaitlistStatus.WAITING
    with pytest.raises(SlotTaken):
        hold_seat(slot_id=appointment.slot.pk, holder="somebody else", actor=VISITOR)


def test_accepting_books_the_offered_seat_and_twice_is_once() -> None:
    slot = SlotFactory()
    entry = wait_for(slot)
    assert offer_free_seats(actor=CLERK) == 1
    appointment = accept_offer(entry_id=entry.pk, actor=VISITOR)
    assert (appointment.slot_id, appointment.source) == (slot.pk, "waitlist")
    assert accept_offer(entry_id=entry.pk, actor=VISITOR).pk == appointment.pk
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.BOOKED


def test_an_offer_in_place_of_a_booking_moves_that_booking() -> None:
    later = book(SlotFactory(starts_at=in_hours(200)))
    sooner = SlotFactory(doctor=later.doctor, location=later.location, starts_at=in_hours(30))
    entry = wait_for(sooner, patient=later.patient, instead_of=later)
    assert offer_free_seats(actor=CLERK) == 1
    moved = accept_offer(entry_id=entry.pk, actor=VISITOR)
    later.refresh_from_db()
    assert (later.status, later.successor_id) == (AppointmentStatus.RESCHEDULED, moved.pk)
    assert moved.slot_id == sooner.pk
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.BOOKED


def test_an_offer_stands_in_place_of_where_the_booking_was_moved_meanwhile() -> None:
    early = SlotFactory()
    between, late = (SlotFactory(doctor=early.doctor, location=early.location) for _number in range(2))
    booked = book(late)
    entry = wait_for(late, booked.patient, instead_of=booked)
    offer_slot(early.pk)
    moved = reschedule_appointment(appointment_id=booked.pk, slot_id=between.pk, actor=VISITOR)

    taken = accept_offer(entry_id=entry.pk, actor=VISITOR)

    moved.refresh_from_db()
    assert (taken.slot_id, moved.successor_id) == (early.pk, taken.pk)


def test_an_offer_that_ran_out_goes_to_the_next_in_line() -> None:
    slot = SlotFactory(starts_at=in_hours(48), location__waitlist_offer_minutes=30)
    first = wait_for(slot)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        offer_free_seats(actor=CLERK)
        second = wait_for(slot)
        clock.shift(timedelta(minutes=30))
        with pytest.raises(OfferExpired):
            accept_offer(entry_id=first.pk, actor=VISITOR)
        lifecycle.expire_overdue(actor=CLERK)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (WaitlistStatus.LAPSED, WaitlistStatus.OFFERED)


def test_declining_offers_the_seat_on_and_keeps_the_place_for_other_seats() -> None:
    slot = SlotFactory()
    first = wait_for(slot)
    offer_free_seats(actor=CLERK)
    second = wait_for(slot)
    decline_offer(entry_id=first.pk, actor=VISITOR)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)
    leave_waitlist(entry_id=second.pk, actor=VISITOR)
    assert offer_free_seats(actor=CLERK) == 0, "nobody is offered again what they have just declined"
    with pytest.raises(OfferExpired):
        decline_offer(entry_id=first.pk, actor=VISITOR)


def test_leaving_while_an_offer_comes_gives_back_the_seat_of_that_offer() -> None:
    declined = SlotFactory()
    other = SlotFactory(doctor=declined.doctor, location=declined.location)
    entry = wait_for(declined)
    offer_slot(declined.pk)
    decline_offer(entry_id=entry.pk, actor=VISITOR)
    book(declined)

    with just_after_reading("scheduling_waitlistentry", lambda: offer_slot(other.pk)):
        leave_waitlist(entry_id=entry.pk, actor=VISITOR)

    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.CANCELLED
    assert [Slot.objects.get(pk=slot.pk).taken for slot in (declined, other)] == [1, 0]
    assert not list(check())


def test_leaving_the_list_gives_an_offered_seat_back() -> None:
    slot = SlotFactory()
    entry = wait_for(slot)
    offer_free_seats(actor=CLERK)
    leave_waitlist(entry_id=entry.pk, actor=VISITOR)
    leave_waitlist(entry_id=entry.pk, actor=VISITOR)
    slot.refresh_from_db()
    assert slot.taken == 0


@pytest.mark.parametrize("case", ["other doctor", "other days", "other place", "busy then", "too near"])
def test_nobody_is_offered_what_they_cannot_use(case: str) -> None:
    slot = SlotFactory(starts_at=in_hours(0.1) if case == "too near" else in_hours(48))
    patient = PatientFactory()
    wish: dict[str, object] = {}
    if case == "other doctor":
        wish = {"doctor_id": SlotFactory(is_open=False).doctor_id}
    if case == "other days":
        wish = {"earliest_date": LATER, "latest_date": LATER}
    if case == "other place":
        wish = {"location_id": SlotFactory(is_open=False).location_id}
    if case == "busy then":
        book(SlotFactory(starts_at=slot.starts_at), patient=patient)
    wait_for(slot, patient=patient, **wish)
    assert offer_free_seats(actor=CLERK) == 0


@pytest.mark.parametrize("closed", ["slot", "doctor", "location"])
def test_a_seat_that_comes_free_where_nobody_is_seen_any_more_is_offered_to_nobody(closed: str) -> None:
    slot = SlotFactory()
    booked = book(slot)
    entry = wait_for(slot)
    if closed == "slot":
        Slot.objects.update(is_open=False)
    else:
        kind = type(getattr(slot, closed))
        kind.objects.update(is_active=False)
    lifecycle.cancel_appointment(appointment_id=booked.pk, actor=CLERK)
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.WAITING


def test_somebody_who_cannot_use_the_next_seat_is_offered_the_one_after() -> None:
    patient, doctor = PatientFactory(), DoctorFactory()
    soon, later = (SlotFactory(doctor=doctor, starts_at=in_hours(hours)) for hours in (30, 60))
    book(SlotFactory(starts_at=soon.starts_at), patient=patient)
    entry = wait_for(later, patient=patient)
    assert offer_free_seats(actor=CLERK) == 1
    entry.refresh_from_db()
    assert entry.offered_slot_id == later.pk


def test_days_far_ahead_are_found_behind_many_nearer_seats() -> None:
    doctor = DoctorFactory()
    for number in range(60):
        SlotFactory(doctor=doctor, starts_at=in_hours(24) + timedelta(minutes=20 * number))
    far = SlotFactory(doctor=doctor, starts_at=in_hours(24 * 30))
    day = timezone.localdate(far.starts_at, far.location.zone)
    entry = wait_for(far, earliest_date=day, latest_date=day)
    assert offer_free_seats(actor=CLERK) == 1
    entry.refresh_from_db()
    assert entry.offered_slot_id == far.pk


def test_waiting_for_a_specialty_takes_any_of_its_doctors() -> None:
    slot = SlotFactory()
    entry = wait_for(slot, doctor_id=None, specialty_id=slot.doctor.specialty_id)
    assert offer_free_seats(actor=CLERK, dry_run=True) == 1
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.WAITING
    assert offer_free_seats(actor=CLERK) == 1


def test_the_same_wish_twice_is_one_entry() -> None:
    slot, patient = SlotFactory(), PatientFactory()
    assert wait_for(slot, patient=patient).pk == wait_for(slot, patient=patient).pk


@pytest.mark.parametrize(
    "wish",
    [
        {"doctor_id": None},
        {"doctor_id": 999_999_999},
        {"doctor_id": None, "specialty_id": 999_999_999},
        {"location_id": 999_999_999},
        {"earliest_date": LATER, "latest_date": SOON},
        {"earliest_date": date(2020, 1, 1), "latest_date": date(2020, 1, 2)},
        {"earliest_date": SOON, "latest_date": SOON + timedelta(days=800)},
    ],
)
def test_impossible_wishes_are_refused(wish: dict[str, object]) -> None:
    with pytest.raises(InvalidWaitlistRequest):
        wait_for(SlotFactory(), **wish)
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize("anywhere", [False, True])
def test_today_is_the_day_where_the_visit_would_be(anywhere: bool) -> None:
    slot = SlotFactory(location__time_zone="America/New_York")
    today = date(2027, 3, 1)
    with time_machine.travel("2027-03-02T01:30:00Z", tick=False):  # half past eight in the evening
        place = None if anywhere else slot.location_id
        assert wait_for(slot, location_id=place, earliest_date=today, latest_date=today).latest_date == today
        yesterday = today - timedelta(days=1 if place else 2)  # anywhere, it may still be yesterday
        with pytest.raises(InvalidWaitlistRequest):
            wait_for(slot, location_id=place, earliest_date=yesterday, latest_date=yesterday)


def test_days_that_no_calendar_reaches_hold_up_nobody_else() -> None:
    slot = SlotFactory()
    entry = wait_for(slot)
    WaitlistEntry.objects.filter(pk=entry.pk).update(earliest_date=date.min, latest_date=date.max)
    wait_for(SlotFactory())
    assert offer_free_seats(actor=CLERK) == 2


def test_waiting_for_a_closed_specialty_is_refused() -> None:
    closed = SpecialtyFactory(is_active=False)
    with pytest.raises(InvalidWaitlistRequest):
        wait_for(SlotFactory(), doctor_id=None, specialty_id=closed.pk)


def test_a_patient_who_books_elsewhere_cannot_take_the_offer_twice() -> None:
    slot = SlotFactory()
    entry = wait_for(slot)
    offer_free_seats(actor=CLERK)
    accept_offer(entry_id=entry.pk, actor=VISITOR)
    assert Appointment.objects.count() == 1


def test_cancelling_a_visit_ends_the_wait_for_an_earlier_one() -> None:
    later = book(SlotFactory(starts_at=in_hours(200)))
    sooner = SlotFactory(doctor=later.doctor, location=later.location, starts_at=in_hours(30), is_open=False)
    entry = wait_for(sooner, patient=later.patient, instead_of=later)
    lifecycle.cancel_appointment(appointment_id=later.pk, actor=VISITOR)
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.CANCELLED


def test_when_the_clinic_cancels_the_wait_goes_on() -> None:
    later = book(SlotFactory(starts_at=in_hours(200)))
    sooner = SlotFactory(doctor=later.doctor, location=later.location, starts_at=in_hours(30), is_open=False)
    entry = wait_for(sooner, patient=later.patient, instead_of=later)
    lifecycle.cancel_appointment(appointment_id=later.pk, actor=CLERK)
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.WAITING


def test_every_seat_that_comes_free_at_once_is_offered() -> None:
    slot = SlotFactory(capacity=2, starts_at=in_hours(48))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for holder in "ab":
            hold_seat(slot_id=slot.pk, holder=holder, actor=VISITOR)
        entries = [wait_for(slot), wait_for(slot)]
        clock.shift(timedelta(minutes=5))
        assert lifecycle.expire_overdue(actor=CLERK) == 2
    assert {WaitlistEntry.objects.get(pk=entry.pk).status for entry in entries} == {WaitlistStatus.OFFERED}
