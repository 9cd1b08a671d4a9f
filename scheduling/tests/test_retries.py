"""Guarantee 5: a retry is harmless. Each create twenty times at once, with the same key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.actors import Actor
from scheduling import invariants
from scheduling.errors import BookingKeyReused
from scheduling.models import Appointment, Hold, Patient, WaitlistEntry
from scheduling.services.booking import VisitDetails, book_hold, book_slot
from scheduling.services.holds import hold_seat
from scheduling.services.lifecycle import cancel_appointment, confirm_appointment
from scheduling.services.patients import register_patient
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import accept_offer, join_waitlist, offer_free_seats
from scheduling.tests.factories import VISITOR, PatientFactory, SlotFactory, book, details
from testing.threads import run_together

pytestmark = pytest.mark.django_db(transaction=True)
CLERK = Actor(label="system:desk")


def twenty_times(call: Callable[[], object]) -> list[object]:
    """Twenty at once: every one is answered, none refused."""
    outcomes = run_together([call] * 20)
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    assert [str(drift) for drift in invariants.check()] == []
    return [outcome.answer for outcome in outcomes]


def test_holding() -> None:
    slot = SlotFactory(capacity=30)
    twenty_times(lambda: hold_seat(slot_id=slot.pk, holder="one", actor=VISITOR))
    slot.refresh_from_db()
    assert (slot.taken, Hold.objects.count()) == (1, 1)


def test_booking_a_hold_for_somebody_new() -> None:
    hold = hold_seat(slot_id=SlotFactory().pk, holder="one", actor=VISITOR)
    answers = twenty_times(
        lambda: book_hold(token=hold.token, patient=details(), visit=VisitDetails(reason="Cough"), actor=VISITOR)
    )
    assert len({answer.pk for answer in answers if isinstance(answer, Appointment)}) == 1
    assert (Appointment.objects.count(), Patient.objects.count()) == (1, 1)


def test_booking_at_once_with_a_key() -> None:
    slot, patient = SlotFactory(capacity=30), PatientFactory()
    twenty_times(
        lambda: book_slot(slot_id=slot.pk, patient=patient, visit=VisitDetails(), actor=VISITOR, key="client 1 key 1")
    )
    slot.refresh_from_db()
    assert (slot.taken, Appointment.objects.count()) == (1, 1)


def test_registering_a_patient() -> None:
    twenty_times(lambda: register_patient(details=details(), user=None, actor=VISITOR))
    assert Patient.objects.count() == 1


def test_joining_the_waitlist() -> None:
    slot, today = SlotFactory(), timezone.localdate()
    twenty_times(
        lambda: join_waitlist(
            patient=details(), doctor_id=slot.doctor_id, earliest_date=today, latest_date=today, actor=VISITOR
        )
    )
    assert (WaitlistEntry.objects.count(), Patient.objects.count()) == (1, 1)


def test_moving_confirming_and_cancelling() -> None:
    old, target = book(SlotFactory(location__needs_confirmation=True)), SlotFactory()
    twenty_times(lambda: confirm_appointment(appointment_id=old.pk, actor=VISITOR))
    answers = twenty_times(lambda: reschedule_appointment(appointment_id=old.pk, slot_id=target.pk, actor=VISITOR))
    (new,) = {answer.pk for answer in answers if isinstance(answer, Appointment)}
    twenty_times(lambda: cancel_appointment(appointment_id=new, actor=VISITOR))
    assert Appointment.objects.count() == 2


def test_accepting_an_offer() -> None:
    slot, today = SlotFactory(), timezone.localdate()
    entry = join_waitlist(
        patient=PatientFactory(),
        doctor_id=slot.doctor_id,
        earliest_date=today,
        latest_date=slot.starts_at.date(),
        actor=VISITOR,
    )
    offer_free_seats(actor=CLERK)
    twenty_times(lambda: accept_offer(entry_id=entry.pk, actor=VISITOR))
    assert Appointment.objects.count() == 1


def test_the_same_key_with_another_body_is_refused() -> None:
    hold = hold_seat(slot_id=SlotFactory(capacity=2).pk, holder="one", actor=VISITOR)
    bodies = [details(first_name="Ada"), details(first_name="Bea")] * 5
    outcomes = run_together(
        [
            lambda body=body: book_hold(token=hold.token, patient=body, visit=VisitDetails(), actor=VISITOR)
            for body in bodies
        ]
    )
    assert {type(outcome.error) for outcome in outcomes if outcome.error} == {BookingKeyReused}
    assert sum(outcome.error is None for outcome in outcomes) == 5
    assert Appointment.objects.count() == 1
