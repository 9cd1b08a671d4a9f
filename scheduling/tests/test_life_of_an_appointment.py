"""Guarantee 2, the other half: whatever people do, in whatever order and however long they wait, nothing drifts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import time_machine
from django.test import TransactionTestCase
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from accounts.actors import Actor
from accounts.errors import DomainError
from scheduling import invariants
from scheduling.models import Appointment, Doctor, Hold, Slot, WaitlistEntry
from scheduling.selectors.appointments import live_visit_of
from scheduling.services import lifecycle
from scheduling.services.booking import VisitDetails, book_hold, book_slot
from scheduling.services.calendar import close_slot, open_slot
from scheduling.services.holds import extend_hold, hold_seat, release_hold
from scheduling.services.prepaid import CONFIRMED_OR_LATER, confirm_paid, prolong_pending
from scheduling.services.rescheduling import book_follow_up, reschedule_appointment
from scheduling.services.waitlist import accept_offer, decline_offer, join_waitlist, leave_waitlist, offer_free_seats
from scheduling.tests.factories import VISITOR, DoctorFactory, LocationFactory, PatientFactory, SlotFactory, in_hours
from scheduling.tests.terms import asking_only
from scheduling.visit_terms import VisitTerms

CLERK = Actor(label="system:desk")
ACTORS = st.sampled_from([VISITOR, CLERK])
SLOTS = st.integers(0, 3)
PATIENTS = st.integers(0, 2)


class Clinic(RuleBasedStateMachine):
    """Four slots that partly overlap, of two doctors, one of whom wants to be paid first; three patients; a clock that
    moves."""

    appointments: Bundle[Appointment] = Bundle("appointments")
    holds: Bundle[Hold] = Bundle("holds")
    entries: Bundle[WaitlistEntry] = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.travel = time_machine.travel(timezone.now(), tick=False)
        self.clock = self.travel.start()
        self.paid: set[UUID] = set()

    @initialize()
    def open_the_clinic(self) -> None:
        """Two doctors at two places, one of which wants bookings confirmed."""
        places = [LocationFactory(), LocationFactory(needs_confirmation=True, pending_minutes=10)]
        doctors = DoctorFactory.create_batch(2, locations=places)
        start = in_hours(5)
        self.slots: list[Slot] = [
            SlotFactory(
                doctor=doctors[number % 2],
                location=places[number % 2],
                starts_at=start + timedelta(minutes=15 * number),
                capacity=1 + number % 2,
            )
            for number in range(4)
        ]
        self.patients = PatientFactory.create_batch(3)
        self.prepaid_doctor = doctors[0].pk
        self.money = asking_only(self.terms)
        self.money.__enter__()

    def terms(self, sender: object, signal: object, doctor: Doctor, **question: Any) -> VisitTerms | None:
        """What the doctor who wants to be paid first asks for."""
        if doctor.pk != self.prepaid_doctor:
            return None
        return VisitTerms(Decimal(60), "GBP", prepayment=Decimal(20), minutes=10)

    def teardown(self) -> None:
        """Put the real clock back."""
        self.money.__exit__(None, None, None)
        self.travel.stop()

    def attempt(self, call: Any, **arguments: Any) -> Any:
        """Do it; a refusal is an answer, too."""
        try:
            return call(**arguments)
        except DomainError:
            return None

    def made(self, thing: Any) -> Any:
        """Into the bundle, if there is one."""
        return multiple() if thing is None else thing

    @rule(minutes=st.sampled_from([1, 5, 10, 60, 200]))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.clock.shift(timedelta(minutes=minutes))

    @rule(target=holds, slot=SLOTS, holder=st.sampled_from("ab"), actor=ACTORS)
    def hold(self, slot: int, holder: str, actor: Actor) -> Any:
        """Somebody chooses a time."""
        return self.made(self.attempt(hold_seat, slot_id=self.slots[slot].pk, holder=holder, actor=actor))

    @rule(hold=holds)
    def extend(self, hold: Hold) -> None:
        """Keep my slot."""
        self.attempt(extend_hold, token=hold.token, actor=VISITOR)

    @rule(hold=holds)
    def release(self, hold: Hold) -> None:
        """Somebody goes back."""
        self.attempt(release_hold, token=hold.token, actor=VISITOR)

    @rule(target=appointments, hold=holds, patient=PATIENTS, actor=ACTORS)
    def book_held(self, hold: Hold, patient: int, actor: Actor) -> Any:
        """Book this appointment."""
        patient_ = self.patients[patient]
        return self.made(self.attempt(book_hold, token=hold.token, patient=patient_, visit=VisitDetails(), actor=actor))

    @rule(target=appointments, slot=SLOTS, patient=PATIENTS, actor=ACTORS)
    def book(self, slot: int, patient: int, actor: Actor) -> Any:
        """The reception books."""
        return self.made(
            self.attempt(
                book_slot,
                slot_id=self.slots[slot].pk,
                patient=self.patients[patient],
                visit=VisitDetails(),
                actor=actor,
            )
        )

    @rule(
        appointment=appointments,
        actor=ACTORS,
        step=st.sampled_from(
            [
                lifecycle.confirm_appointment,
                lifecycle.cancel_appointment,
                lifecycle.check_in_appointment,
                lifecycle.start_appointment,
                lifecycle.complete_appointment,
                lifecycle.mark_no_show,
                lifecycle.expire_appointment,
                lifecycle.confirm_attendance,
            ]
        ),
    )
    def step(self, appointment: Appointment, actor: Actor, step: Any) -> None:
        """Any step of its life, allowed or not."""
        self.attempt(step, appointment_id=appointment.pk, actor=actor)

    @rule(appointment=appointments)
    def confirm(self, appointment: Appointment) -> None:
        """The patient presses the button, whether or not it has to be paid for."""
        self.attempt(lifecycle.confirm_appointment, appointment_id=appointment.pk, actor=VISITOR)

    @rule(appointment=appointments, minutes=st.sampled_from([0, 11]), ended=st.booleans())
    def pay(self, appointment: Appointment, minutes: int, ended: bool) -> None:
        """Money comes, in time or not; a worker may have come by before it."""
        self.clock.shift(timedelta(minutes=minutes))
        if ended:
            lifecycle.expire_overdue(actor=CLERK)
        visit = self.attempt(confirm_paid, appointment_id=live_visit_of(appointment.pk).pk, actor=CLERK)
        if visit is not None:
            self.paid.add(visit.calendar_uid)

    @rule(appointment=appointments, minutes=st.sampled_from([5, 60, 1000]))
    def begin_to_pay(self, appointment: Appointment, minutes: int) -> None:
        """Somebody is at the page of the bank."""
        until = timezone.now() + timedelta(minutes=minutes)
        self.attempt(prolong_pending, appointment_id=appointment.pk, until=until, actor=VISITOR)

    @rule(target=appointments, appointment=appointments, slot=SLOTS, actor=ACTORS)
    def move(self, appointment: Appointment, slot: int, actor: Actor) -> Any:
        """Another time, please."""
        slot_id = self.slots[slot].pk
        return self.made(
            self.attempt(reschedule_appointment, appointment_id=appointment.pk, slot_id=slot_id, actor=actor)
        )

    @rule(target=appointments, appointment=appointments, slot=SLOTS)
    def follow_up(self, appointment: Appointment, slot: int) -> Any:
        """Come back and see me."""
        slot_id = self.slots[slot].pk
        return self.made(self.attempt(book_follow_up, appointment_id=appointment.pk, slot_id=slot_id, actor=CLERK))

    @rule(target=entries, slot=SLOTS, patient=PATIENTS)
    def join(self, slot: int, patient: int) -> Any:
        """Tell me when a seat comes free."""
        today = timezone.localdate()
        return self.made(
            self.attempt(
                join_waitlist,
                patient=self.patients[patient],
                doctor_id=self.slots[slot].doctor_id,
                earliest_date=today,
                latest_date=today + timedelta(days=2),
                actor=VISITOR,
            )
        )

    @rule(entry=entries, answer=st.sampled_from([accept_offer, decline_offer, leave_waitlist]))
    def answer(self, entry: WaitlistEntry, answer: Any) -> None:
        """An answer to an offer, made or not."""
        self.attempt(answer, entry_id=entry.pk, actor=VISITOR)

    @rule(slot=SLOTS, change=st.sampled_from([open_slot, close_slot]))
    def change_the_calendar(self, slot: int, change: Any) -> None:
        """Staff open and close."""
        self.attempt(change, slot_id=self.slots[slot].pk, actor=CLERK)

    @rule(sweep=st.sampled_from([lifecycle.expire_overdue, offer_free_seats]))
    def sweep(self, sweep: Any) -> None:
        """A worker comes by, at any time or never."""
        sweep(actor=CLERK)

    @invariant()
    def nothing_drifts(self) -> None:
        """Recount everything."""
        assert [str(drift) for drift in invariants.check()] == []

    @invariant()
    def who_is_confirmed_has_paid(self) -> None:
        """Unless nothing was asked for, or staff waived it."""
        confirmed = Appointment.objects.filter(status__in=CONFIRMED_OR_LATER, prepayment__gt=0)
        assert not confirmed.exclude(calendar_uid__in=self.paid).exists()


class LifeOfAnAppointment(TransactionTestCase):
    """Runs the machine, each example in an emptied database."""

    def test_whatever_people_do_nothing_drifts(self) -> None:
        case = self

        class EmptiedClinic(Clinic):
            def teardown(self) -> None:
                super().teardown()
                case._fixture_teardown()  # type: ignore[attr-defined]

        EmptiedClinic.TestCase.settings = settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        )
        EmptiedClinic.TestCase("runTest").runTest()
