"""Bookings that are confirmed by paying: what they wait for, how long, and what becomes of them when money comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.actors import Actor
from scheduling import invariants
from scheduling.errors import PatientBusy, PaymentDue, SlotClosed, SlotPast, SlotTaken, WrongState
from scheduling.models import Appointment, Doctor, Hold, Slot
from scheduling.selectors.appointments import live_visit_of
from scheduling.selectors.terms import terms_of
from scheduling.services import lifecycle
from scheduling.services.booking import VisitDetails, book_slot, register_walk_in
from scheduling.services.calendar import close_slot
from scheduling.services.holds import hold_seat
from scheduling.services.prepaid import confirm_paid, prolong_pending
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import accept_offer, join_waitlist
from scheduling.signals import appointment_changed, slot_changed
from scheduling.states import AppointmentStatus, WaitlistStatus
from scheduling.tests.factories import VISITOR, DoctorFactory, PatientFactory, SlotFactory, book, in_hours
from scheduling.tests.terms import asking_only, terms
from scheduling.visit_terms import VisitTerms

pytestmark = pytest.mark.django_db
CLERK = Actor(label="system:desk")
TILL = Actor(label="system:till")


def unpaid(slot: Slot | None = None, **visit: Any) -> Appointment:
    """A booking that waits for its money."""
    with terms():
        return book(slot, **visit)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as travel:
        yield travel


def expired(clock: Any, **slot: Any) -> Appointment:
    """A booking that was not paid in time, and was ended."""
    appointment = unpaid(SlotFactory(**slot))
    clock.shift(timedelta(minutes=16))
    lifecycle.expire_overdue(actor=CLERK)
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.EXPIRED
    return appointment


def taken(appointment: Appointment) -> int:
    return Slot.objects.values_list("taken", flat=True).get(pk=appointment.slot_id)


def assert_nothing_drifts() -> None:
    assert [str(drift) for drift in invariants.check()] == []


class TestWhatAVisitCosts:
    def test_it_is_the_doctors_fee_paid_at_the_clinic_where_nobody_takes_money(self) -> None:
        slot = SlotFactory()
        with asking_only():
            said = terms_of(doctor=slot.doctor, location=slot.location)
        assert said == VisitTerms(slot.doctor.consultation_fee, "GBP", Decimal(0))

    def test_the_first_who_knows_says_it(self) -> None:
        slot = SlotFactory()

        def knows_nothing(sender: object, **question: Any) -> None:
            return None

        def knows(sender: object, **question: Any) -> VisitTerms:
            return VisitTerms(Decimal(45), "GBP", Decimal(20))

        def comes_late(sender: object, **question: Any) -> VisitTerms:
            return VisitTerms(Decimal(1), "GBP")

        with asking_only(knows_nothing, knows, comes_late):
            said = terms_of(doctor=slot.doctor, location=slot.location)
        assert (said.fee, said.prepayment) == (Decimal(45), Decimal(20))


class TestBooking:
    def test_it_waits_for_the_money_although_the_place_wants_no_confirmation(self, clock: Any) -> None:
        slot = SlotFactory()
        with terms("20.00", fee="45.00", minutes=30) as asked:
            appointment = book(slot)
        assert appointment.status == AppointmentStatus.PENDING
        assert (appointment.fee, appointment.prepayment) == (Decimal(45), Decimal(20))
        assert appointment.expires_at == timezone.now() + timedelta(minutes=30)
        assert (asked[0]["patient"], asked[0]["starts_at"]) == (appointment.patient, slot.starts_at)

    def test_it_waits_no_longer_than_to_the_start_of_the_visit(self) -> None:
        slot = SlotFactory(starts_at=in_hours(1), location__lead_minutes=0)
        with terms(minutes=600):
            assert book(slot).expires_at == slot.starts_at

    def test_a_place_that_wants_a_confirmation_has_its_own_minutes_only_where_nothing_is_to_be_paid(
        self, clock: Any
    ) -> None:
        with terms("0.00", minutes=30):
            appointment = book(SlotFactory(location__needs_confirmation=True, location__pending_minutes=7))
        assert appointment.expires_at == timezone.now() + timedelta(minutes=7)

    def test_whom_staff_book_for_pays_at_the_clinic(self) -> None:
        with terms(fee="45.00", prepayment="45.00"):
            appointment = book_slot(
                slot_id=SlotFactory().pk, patient=PatientFactory(), visit=VisitDetails(), actor=CLERK
            )
        assert (appointment.status, appointment.fee, appointment.prepayment) == ("confirmed", Decimal(45), 0)

    def test_so_does_who_walks_in(self) -> None:
        slot = SlotFactory()
        with terms(fee="45.00", prepayment="45.00"):
            appointment = register_walk_in(
                doctor_id=slot.doctor_id,
                location_id=slot.location_id,
                patient=PatientFactory(),
                visit=VisitDetails(),
                actor=VISITOR,
            )
        assert (appointment.status, appointment.fee, appointment.prepayment) == ("confirmed", Decimal(45), 0)

    def test_a_seat_from_the_waitlist_waits_for_its_money_too(self) -> None:
        slot = SlotFactory(location__waitlist_offer_minutes=60)
        first = book(slot)
        entry = join_waitlist(
            patient=PatientFactory(),
            doctor_id=slot.doctor_id,
            earliest_date=timezone.localdate(),
            latest_date=timezone.localdate() + timedelta(days=3),
            actor=VISITOR,
        )
        lifecycle.cancel_appointment(appointment_id=first.pk, actor=CLERK)
        with terms():
            appointment = accept_offer(entry_id=entry.pk, actor=VISITOR)
        assert (appointment.status, appointment.prepayment) == ("pending", Decimal(60))


class TestConfirming:
    def test_a_patient_cannot_confirm_without_paying(self) -> None:
        appointment = unpaid()
        with pytest.raises(PaymentDue):
            lifecycle.confirm_appointment(appointment_id=appointment.pk, actor=VISITOR)
        appointment.refresh_from_db()
        assert appointment.status == AppointmentStatus.PENDING

    def test_staff_who_confirm_waive_the_prepayment(self) -> None:
        appointment = unpaid()
        lifecycle.confirm_appointment(appointment_id=appointment.pk, actor=CLERK)
        appointment.refresh_from_db()
        assert (appointment.status, appointment.prepayment, appointment.expires_at) == ("confirmed", 0, None)

    def test_recounting_finds_what_was_confirmed_by_hand_and_not_waived(self) -> None:
        appointment = unpaid()
        lifecycle.confirm_appointment(appointment_id=appointment.pk, actor=CLERK)
        assert_nothing_drifts()
        Appointment.objects.filter(pk=appointment.pk).update(prepayment=20)
        assert [drift.code for drift in invariants.check()] == ["confirmed_without_money"]

    def test_money_confirms(self) -> None:
        appointment = confirm_paid(appointment_id=unpaid().pk, actor=TILL)
        appointment.refresh_from_db()
        assert (appointment.status, appointment.prepayment, appointment.expires_at) == ("confirmed", 60, None)
        assert_nothing_drifts()

    def test_money_that_comes_late_confirms_while_nobody_has_ended_the_booking(self, clock: Any) -> None:
        appointment = unpaid()
        clock.shift(timedelta(minutes=16))
        assert confirm_paid(appointment_id=appointment.pk, actor=TILL).status == AppointmentStatus.CONFIRMED
        assert lifecycle.expire_overdue(actor=CLERK) == 0
        assert taken(appointment) == 1

    def test_a_visit_that_is_confirmed_or_over_stays_as_it_is(self) -> None:
        appointment = book(SlotFactory(starts_at=in_hours(1)))
        for step in (None, lifecycle.check_in_appointment, lifecycle.start_appointment):
            if step is not None:
                step(appointment_id=appointment.pk, actor=CLERK)
            before = Appointment.objects.get(pk=appointment.pk)
            assert confirm_paid(appointment_id=appointment.pk, actor=TILL).status == before.status
            assert Appointment.objects.get(pk=appointment.pk).changed_at == before.changed_at

    def test_not_once_it_was_to_begin(self, clock: Any) -> None:
        appointment = unpaid()
        clock.move_to(appointment.starts_at)
        with pytest.raises(SlotPast):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)

    def test_not_what_was_cancelled(self) -> None:
        appointment = unpaid()
        lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=VISITOR)
        with pytest.raises(WrongState):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)


class TestComingBackToLife:
    def test_an_expired_booking_has_its_seat_again_and_says_so(self, clock: Any) -> None:
        appointment = expired(clock)
        heard: list[tuple[Any, ...]] = []

        def hear(sender: object, **event: Any) -> None:
            heard.append((event.get("previous"), event.get("what")))

        appointment_changed.connect(hear)
        slot_changed.connect(hear)
        try:
            confirm_paid(appointment_id=appointment.pk, actor=TILL)
        finally:
            appointment_changed.disconnect(hear)
            slot_changed.disconnect(hear)
        appointment.refresh_from_db()
        assert (appointment.status, appointment.expires_at, taken(appointment)) == ("confirmed", None, 1)
        assert heard == [(AppointmentStatus.EXPIRED, None), (None, "booked")]
        assert_nothing_drifts()

    def test_not_when_somebody_else_has_booked_it(self, clock: Any) -> None:
        appointment = expired(clock)
        book(appointment.slot)
        with pytest.raises(SlotTaken):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)
        assert taken(appointment) == 1
        assert_nothing_drifts()

    def test_nor_while_it_is_offered_to_who_waited_for_it(self, clock: Any) -> None:
        appointment = unpaid()
        entry = join_waitlist(
            patient=PatientFactory(),
            doctor_id=appointment.doctor_id,
            earliest_date=timezone.localdate(),
            latest_date=timezone.localdate() + timedelta(days=3),
            actor=VISITOR,
        )
        clock.shift(timedelta(minutes=16))
        lifecycle.expire_overdue(actor=CLERK)
        entry.refresh_from_db()
        assert entry.status == WaitlistStatus.OFFERED
        with pytest.raises(SlotTaken):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)

    def test_a_seat_that_somebody_kept_too_long_is_free(self, clock: Any) -> None:
        appointment = expired(clock)
        hold = hold_seat(slot_id=appointment.slot_id or 0, holder="a", actor=VISITOR)
        with pytest.raises(SlotTaken):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)
        clock.move_to(hold.expires_at)
        confirm_paid(appointment_id=appointment.pk, actor=TILL)
        assert not Hold.objects.exists()
        assert taken(appointment) == 1
        assert_nothing_drifts()

    def test_not_at_a_time_that_staff_closed(self, clock: Any) -> None:
        appointment = expired(clock)
        close_slot(slot_id=appointment.slot_id or 0, actor=CLERK)
        with pytest.raises(SlotClosed):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)

    def test_nor_with_a_doctor_who_left(self, clock: Any) -> None:
        appointment = expired(clock)
        Doctor.objects.update(is_active=False)
        with pytest.raises(SlotClosed):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)

    def test_nor_for_a_patient_who_is_elsewhere_then(self, clock: Any) -> None:
        appointment = expired(clock)
        book(SlotFactory(starts_at=appointment.starts_at), patient=appointment.patient)
        with pytest.raises(PatientBusy):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)
        assert taken(appointment) == 0
        assert_nothing_drifts()

    def test_nor_once_it_was_to_begin(self, clock: Any) -> None:
        appointment = expired(clock)
        clock.move_to(appointment.starts_at)
        with pytest.raises(SlotPast):
            confirm_paid(appointment_id=appointment.pk, actor=TILL)


class TestMoreTimeToPay:
    def test_it_is_given_and_never_taken_away(self, clock: Any) -> None:
        appointment = unpaid()
        later = timezone.now() + timedelta(hours=2)
        assert prolong_pending(appointment_id=appointment.pk, until=later, actor=VISITOR).expires_at == later
        prolong_pending(appointment_id=appointment.pk, until=timezone.now(), actor=VISITOR)
        appointment.refresh_from_db()
        assert appointment.expires_at == later

    def test_it_ends_with_the_start_of_the_visit(self) -> None:
        appointment = unpaid()
        until = in_hours(24 * 400)
        assert prolong_pending(appointment_id=appointment.pk, until=until, actor=VISITOR).expires_at == (
            appointment.starts_at
        )

    def test_what_ran_out_gets_none(self, clock: Any) -> None:
        appointment = unpaid()
        clock.shift(timedelta(minutes=15))
        with pytest.raises(WrongState):
            prolong_pending(appointment_id=appointment.pk, until=in_hours(2), actor=VISITOR)

    def test_nor_does_what_is_pending_no_longer(self) -> None:
        with pytest.raises(WrongState):
            prolong_pending(appointment_id=book().pk, until=in_hours(2), actor=VISITOR)


class TestMoving:
    def test_with_the_same_doctor_it_costs_what_it_did_and_waits_on(self) -> None:
        appointment = unpaid()
        Doctor.objects.update(consultation_fee=90)
        target = SlotFactory(doctor=appointment.doctor, location=appointment.location)
        with terms("90.00", fee="90.00"):
            moved = reschedule_appointment(appointment_id=appointment.pk, slot_id=target.pk, actor=VISITOR)
        assert (moved.status, moved.fee, moved.prepayment) == ("pending", Decimal(60), Decimal(60))
        assert moved.expires_at == appointment.expires_at
        assert live_visit_of(appointment.pk) == moved == live_visit_of(moved.pk)

    @pytest.mark.parametrize(("fee", "prepayment"), [("90.00", 60), ("45.00", 45)])
    def test_with_another_one_it_costs_what_that_one_asks_and_never_more_before_the_visit(
        self, fee: str, prepayment: int
    ) -> None:
        appointment = confirm_paid(appointment_id=unpaid().pk, actor=TILL)
        with terms(fee, fee=fee):
            moved = reschedule_appointment(
                appointment_id=appointment.pk, slot_id=SlotFactory(doctor=DoctorFactory()).pk, actor=VISITOR
            )
        assert (moved.status, moved.fee, moved.prepayment) == ("confirmed", Decimal(fee), prepayment)
