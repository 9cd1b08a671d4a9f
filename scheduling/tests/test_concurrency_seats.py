"""Guarantee 1: a seat is never sold twice. Real threads, each with its own connection, started at one barrier."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.actors import Actor
from accounts.errors import DomainError
from scheduling import invariants
from scheduling.database_guards import remove as remove_guards
from scheduling.errors import HoldExpired, PatientBusy, SlotTaken, WrongState
from scheduling.models import Appointment, Hold, Patient, Slot, WaitlistEntry
from scheduling.selectors.availability import nearest_free_slots
from scheduling.services.booking import VisitDetails, book_hold, book_slot
from scheduling.services.holds import hold_seat
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.offers import offer_slot
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import accept_offer, join_waitlist
from scheduling.states import SEATED, AppointmentStatus, Source
from scheduling.tests.factories import VISITOR, PatientFactory, SlotFactory, book, in_hours
from testing.threads import Outcome, run_together

pytestmark = pytest.mark.django_db(transaction=True)
CLERK = Actor(label="system:desk")


def refusals(outcomes: list[Outcome[object]]) -> list[DomainError]:
    """What the losers were told; any other exception is a server error and fails the test."""
    unexpected = [outcome.error for outcome in outcomes if outcome.error and not isinstance(outcome.error, DomainError)]
    assert not unexpected, unexpected[:3]
    return [outcome.error for outcome in outcomes if isinstance(outcome.error, DomainError)]


def clean() -> None:
    assert [str(drift) for drift in invariants.check()] == []


def crowd_on_one_slot(clients: int, capacity: int, rounds: int) -> None:
    """All clients storm one slot after the other; each keeps its connection, as a web process does."""
    slots = [SlotFactory(capacity=capacity, starts_at=in_hours(24 + n)) for n in range(rounds)]
    start = threading.Barrier(clients)

    def storm(patient: Patient) -> list[Outcome[object]]:
        outcomes: list[Outcome[object]] = []
        for slot in slots:
            start.wait(timeout=60)
            try:
                outcomes.append(Outcome(booking_of(slot, patient)(), None))
            except Exception as error:
                outcomes.append(Outcome(None, error))
        return outcomes

    crowd = run_together([lambda patient=patient: storm(patient) for patient in PatientFactory.create_batch(clients)])
    for number, slot in enumerate(slots):
        losers = refusals([client.answer[number] for client in crowd if client.answer is not None])
        assert len(losers) == clients - capacity
        assert {type(error) for error in losers} == {SlotTaken}
        assert Appointment.objects.filter(slot=slot, status__in=SEATED).count() == capacity
    clean()


def booking_of(slot: Slot, patient: Patient) -> Callable[[], Appointment]:
    """One client, of either kind: hold first and then book, or book at once."""

    def by_hold() -> Appointment:
        hold = hold_seat(slot_id=slot.pk, holder=f"client {patient.pk}", actor=VISITOR)
        return book_hold(token=hold.token, patient=patient, visit=VisitDetails(), actor=VISITOR)

    def at_once() -> Appointment:
        return book_slot(slot_id=slot.pk, patient=patient, visit=VisitDetails(), actor=VISITOR)

    return by_hold if patient.pk % 2 else at_once


@pytest.mark.postgres
@pytest.mark.parametrize("capacity", [1, 3])
def test_two_hundred_clients_on_one_slot_twenty_times(capacity: int) -> None:
    crowd_on_one_slot(clients=200, capacity=capacity, rounds=20)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("capacity", [1, 3])
def test_twenty_clients_on_one_slot(capacity: int) -> None:
    crowd_on_one_slot(clients=20, capacity=capacity, rounds=3)


def pressing_of(slot: Slot, patient: Patient) -> Callable[[], HttpResponse]:
    """A browser that presses the time on the page; it is led on, or back to the times, never to an error."""

    def press() -> HttpResponse:
        address = f"10.{patient.pk // 250 % 250}.{patient.pk % 250}.1"
        response = Client(REMOTE_ADDR=address).post(reverse("scheduling:book_hold"), {"slot": slot.pk})
        assert response.status_code == 303
        assert "/who/" in response.headers["Location"] or "why=slot_taken" in response.headers["Location"]
        return response

    return press


def desk_booking_of(slot: Slot, patient: Patient) -> Callable[[], Appointment]:
    """The reception, on the telephone with a patient."""
    visit = VisitDetails(source=Source.ADMIN)
    return lambda: book_slot(slot_id=slot.pk, patient=patient, visit=visit, actor=CLERK)


def test_losers_are_shown_the_three_nearest_slots() -> None:
    slot = SlotFactory(starts_at=in_hours(48))
    others = [
        SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(minutes=minutes))
        for minutes in (-60, -30, 30, 600)
    ]
    book(slot)
    assert set(nearest_free_slots(slot=slot)) == set(others[:3])


def mixed_crowd(clients: int, slots: int) -> None:
    """Pages, programs, the desk, moves, cancellations and waitlist answers, all at once on the same slots."""
    dice = random.Random(7)
    targets = [SlotFactory(starts_at=in_hours(24 + n)) for n in range(slots)]
    booked = [book(SlotFactory(starts_at=in_hours(3000 + n)), patient=PatientFactory()) for n in range(clients // 5)]
    waiting = [
        join_waitlist(
            patient=PatientFactory(),
            doctor_id=slot.doctor_id,
            earliest_date=slot.starts_at.date(),
            latest_date=slot.starts_at.date() + timedelta(days=1),
            actor=VISITOR,
        )
        for slot in targets[: slots // 4]
    ]
    calls: list[Callable[[], object]] = []
    for appointment in booked:
        target = dice.choice(targets)
        calls.append(
            lambda appointment=appointment, target=target: reschedule_appointment(
                appointment_id=appointment.pk, slot_id=target.pk, actor=VISITOR
            )
        )
        calls.append(lambda appointment=appointment: cancel_appointment(appointment_id=appointment.pk, actor=VISITOR))
    for entry, slot in zip(waiting, targets, strict=False):
        calls.append(lambda slot=slot: offer_slot(slot.pk))
        calls.append(lambda entry=entry: accept_offer(entry_id=entry.pk, actor=VISITOR))
    doors = (booking_of, pressing_of, desk_booking_of)
    while len(calls) < clients:
        calls.append(dice.choice(doors)(dice.choice(targets), PatientFactory()))
    dice.shuffle(calls)
    refusals(run_together(calls[:clients]))
    for slot in Slot.objects.all():
        seated = Appointment.objects.filter(slot=slot, status__in=SEATED).count()
        assert seated + Hold.objects.filter(slot=slot).count() <= slot.capacity
    clean()


@pytest.mark.postgres
def test_five_hundred_mixed_clients_on_a_hundred_slots() -> None:
    for _part in range(2):  # 250 threads at once are as many as the server has connections for, with room to spare
        mixed_crowd(clients=250, slots=50)


@pytest.mark.sqlite_only
def test_thirty_mixed_clients_on_ten_slots() -> None:
    mixed_crowd(clients=30, slots=10)


@pytest.mark.postgres
def test_the_control_without_the_guard_oversells() -> None:
    """The twin: read, then write what was read, with the constraint dropped. It sells the seat many times."""
    slot, patients = SlotFactory(), PatientFactory.create_batch(20)
    all_have_read = threading.Barrier(len(patients))

    def book_unguarded(patient: Patient) -> Appointment:
        seen = Slot.objects.get(pk=slot.pk)
        all_have_read.wait(timeout=30)
        if seen.taken >= seen.capacity:
            raise SlotTaken
        Slot.objects.filter(pk=slot.pk).update(taken=seen.taken + 1)
        return Appointment.objects.create(
            patient=patient,
            doctor_id=slot.doctor_id,
            location_id=slot.location_id,
            slot=slot,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            status=AppointmentStatus.CONFIRMED,
        )

    outcomes = run_together([lambda patient=patient: book_unguarded(patient) for patient in patients])
    assert not refusals(outcomes)
    assert Appointment.objects.filter(slot=slot).count() == 20
    assert "slot_miscounted" in {drift.code for drift in invariants.check()}


@pytest.mark.postgres
def test_the_constraint_stops_what_a_forgotten_condition_would_sell() -> None:
    """Were the condition in `take_seat` lost, the check constraint still refuses the second seat."""
    slot = SlotFactory()
    outcomes = run_together(
        [lambda: Slot.objects.filter(pk=slot.pk).update(taken=Slot.objects.get(pk=slot.pk).taken + 1)] * 2
    )
    slot.refresh_from_db()
    assert slot.taken <= slot.capacity
    assert all(outcome.error is None or "slot_never_oversold" in str(outcome.error) for outcome in outcomes)


def test_one_patient_books_two_overlapping_slots_at_once() -> None:
    patient, start = PatientFactory(), in_hours(40)
    slots = [SlotFactory(starts_at=start + timedelta(minutes=5 * n)) for n in range(4)]
    outcomes = run_together(
        [
            lambda slot=slot: book_slot(slot_id=slot.pk, patient=patient, visit=VisitDetails(), actor=VISITOR)
            for slot in slots
        ]
    )
    losers = refusals(outcomes)
    assert {type(error) for error in losers} == {PatientBusy}
    assert len(losers) == 3
    clean()


def test_without_its_guard_the_database_lets_a_patient_be_in_two_places() -> None:
    remove_guards(connection)
    patient, start = PatientFactory(), in_hours(40)
    for minutes in (0, 5):
        book(SlotFactory(starts_at=start + timedelta(minutes=minutes)), patient=patient)
    assert "patient_in_two_places" in {drift.code for drift in invariants.check()}


def test_a_hold_that_ends_while_it_is_booked_has_one_outcome() -> None:
    slot, patient = SlotFactory(), PatientFactory()
    hold = hold_seat(slot_id=slot.pk, holder="first", actor=VISITOR)
    Hold.objects.filter(pk=hold.pk).update(expires_at=in_hours(-0.01))
    outcomes = run_together(
        [
            lambda: book_hold(token=hold.token, patient=patient, visit=VisitDetails(), actor=VISITOR),
            lambda: book_slot(slot_id=slot.pk, patient=PatientFactory(), visit=VisitDetails(), actor=VISITOR),
        ]
    )
    assert {type(error) for error in refusals(outcomes)} <= {HoldExpired, SlotTaken, WrongState}
    assert Appointment.objects.filter(slot=slot, status__in=SEATED).count() == 1
    assert not WaitlistEntry.objects.exists()
    clean()
