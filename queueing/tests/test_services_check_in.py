"""Coming to the clinic: when one may check in, how one's coming is seen, and who is turned away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group

from accounts.actors import Actor
from accounts.models import AuditEntry
from accounts.roles import Role
from queueing.errors import (
    AlreadyWaiting,
    CheckInRefused,
    CheckInTooEarly,
    CheckInTooLate,
    OperationReused,
    QueueClosed,
    WalkInsRefused,
)
from queueing.models import Queue, QueuePolicy, Token, TokenStep
from queueing.services.check_in import check_in, register_and_join, require_may_check_in
from queueing.services.queues import set_doctor_status
from queueing.states import Arrival, Step, TokenStatus
from queueing.tests.conftest import MORNING
from queueing.tests.factories import a_doctor, arrived, queue_of, walk_in
from queueing.tests.refusals import refused
from scheduling.errors import AppointmentUnknown, SlotClosed
from scheduling.models import Appointment, Doctor, Location, StaffAssignment
from scheduling.services import lifecycle
from scheduling.services.booking import VisitDetails
from scheduling.states import AppointmentStatus, AppointmentType
from scheduling.tests.factories import (
    CLINIC,
    VISITOR,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    details,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)
SOON = MORNING + timedelta(minutes=30)
BOOKED_FOR = MORNING + timedelta(hours=4)


def visit(starts_at: datetime = BOOKED_FOR, **said: str) -> Appointment:
    return book(SlotFactory(starts_at=starts_at), **said)


def at_work(role: Role | None, *locations: Location) -> Actor:
    """Somebody on the staff of these locations, as who acts."""
    user = UserFactory.create(is_staff=True)
    if role is not None:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    StaffAssignment.objects.create(user=user).locations.set(locations)
    return Actor(label=f"user:{user.pk}", user=user)


def statuses(appointment: Appointment) -> tuple[str, list[str]]:
    appointment.refresh_from_db()
    return appointment.status, list(appointment.tokens.order_by("pk").values_list("status", flat=True))


class TestWithAnAppointment:
    def test_whoever_checks_in_has_the_first_number_of_the_doctors_queue_and_the_visit_says_so(self):
        appointment = book(SlotFactory(starts_at=SOON), urgency="high", special_requirements="Ramp")
        token = check_in(appointment_id=appointment.pk, actor=VISITOR)
        assert (token.code, token.number, token.status) == ("A001", 1, TokenStatus.WAITING)
        assert (token.queue.doctor, token.queue.day) == (appointment.doctor, MORNING.date())
        assert (token.checked_in_at, token.booked_for) == (MORNING, appointment.starts_at)
        assert (token.urgency, token.has_special_requirements) == ("high", True)
        assert statuses(appointment) == (AppointmentStatus.CHECKED_IN, [TokenStatus.WAITING])
        assert list(TokenStep.objects.values_list("what", flat=True)) == [Step.JOINED]

    def test_what_is_told_at_check_in_is_kept(self):
        token = arrived(*a_doctor())
        token.refresh_from_db()
        assert None not in (token.told_low, token.told_middle, token.told_high)
        assert token.told_low <= token.told_middle <= token.told_high

    def test_one_check_in_is_one_act_in_the_trail(self):
        appointment = visit(SOON)
        before = AuditEntry.objects.latest("pk").pk
        check_in(appointment_id=appointment.pk, actor=VISITOR)
        assert set(AuditEntry.objects.filter(pk__gt=before).values_list("verb", "actor")) == {
            ("token.check_in", "visitor")
        }

    def test_whoever_is_here_keeps_their_place(self):
        appointment = visit(SOON)
        first = check_in(appointment_id=appointment.pk, actor=VISITOR, operation="one")
        for operation in ("one", "two", ""):
            assert check_in(appointment_id=appointment.pk, actor=CLINIC, operation=operation).pk == first.pk
        assert Token.objects.count() == queue_of(first).last_number == 1

    def test_an_operation_is_for_one_visit(self):
        check_in(appointment_id=visit(SOON).pk, actor=VISITOR, operation="one")
        other = visit(SOON)
        with refused(OperationReused):
            check_in(appointment_id=other.pk, actor=VISITOR, operation="one")

    def test_a_visit_that_nobody_knows(self):
        with refused(AppointmentUnknown):
            check_in(appointment_id=4711, actor=CLINIC)

    @pytest.mark.parametrize("end", [lifecycle.cancel_appointment, lifecycle.mark_no_show])
    def test_a_visit_that_is_over_is_refused(self, end, morning):
        appointment = visit(SOON)
        morning.move_to(SOON)
        end(appointment_id=appointment.pk, actor=CLINIC)
        for actor in (CLINIC, VISITOR):
            with refused(CheckInRefused):
                check_in(appointment_id=appointment.pk, actor=actor)

    def test_a_visit_that_is_not_confirmed_is_refused(self):
        appointment = book(SlotFactory(starts_at=SOON, location__needs_confirmation=True))
        with refused(CheckInRefused):
            check_in(appointment_id=appointment.pk, actor=CLINIC)

    def test_a_visit_that_was_checked_in_without_a_place_gets_one(self):
        appointment = visit(SOON)
        Appointment.objects.filter(pk=appointment.pk).update(status=AppointmentStatus.CHECKED_IN)
        check_in(appointment_id=appointment.pk, actor=CLINIC)
        assert statuses(appointment) == (AppointmentStatus.CHECKED_IN, [TokenStatus.WAITING])

    def test_nobody_joins_the_queue_of_a_doctor_who_has_finished(self):
        doctor, location = a_doctor()
        set_doctor_status(queue_id=walk_in(doctor, location).queue_id, status="finished", actor=CLINIC)
        appointment = book(SlotFactory(doctor=doctor, location=location, starts_at=SOON))
        with refused(QueueClosed):
            check_in(appointment_id=appointment.pk, actor=CLINIC)


class TestWhenPatientsMayCheckIn:
    """The rules count from the booked time, 14:00: open from 13:00, late after 14:10, closed after 16:00."""

    @pytest.mark.parametrize(
        ("at", "arrival"),
        [
            (BOOKED_FOR - 60 * MINUTE, Arrival.ON_TIME),
            (BOOKED_FOR, Arrival.ON_TIME),
            (BOOKED_FOR + 10 * MINUTE, Arrival.ON_TIME),
            (BOOKED_FOR + 10 * MINUTE + MOMENT, Arrival.LATE),
            (BOOKED_FOR + 120 * MINUTE, Arrival.LATE),
        ],
    )
    def test_within_the_limits(self, morning, at, arrival):
        appointment = visit()
        morning.move_to(at)
        assert check_in(appointment_id=appointment.pk, actor=VISITOR).arrival == arrival

    def test_a_moment_too_early(self, morning):
        appointment = visit()
        morning.move_to(BOOKED_FOR - 60 * MINUTE - MOMENT)
        with refused(CheckInTooEarly, says="1:00pm"):
            check_in(appointment_id=appointment.pk, actor=VISITOR)

    def test_a_moment_too_late(self, morning):
        appointment = visit()
        morning.move_to(BOOKED_FOR + 120 * MINUTE + MOMENT)
        with refused(CheckInTooLate, says="go to the desk"):
            check_in(appointment_id=appointment.pk, actor=VISITOR)

    def test_the_desk_may_all_day_long(self, morning):
        early, late = visit(BOOKED_FOR), visit(BOOKED_FOR - timedelta(hours=2))
        morning.move_to(BOOKED_FOR - 60 * MINUTE - MOMENT)
        assert check_in(appointment_id=early.pk, actor=CLINIC).arrival == Arrival.EARLY
        morning.move_to(datetime(2026, 11, 18, 23, 59, tzinfo=UTC))
        assert check_in(appointment_id=late.pk, actor=CLINIC).arrival == Arrival.LATE

    def test_of_the_staff_only_the_desk_of_the_place_may(self, morning):
        appointment = visit()
        here = appointment.location
        clerk, manager = at_work(Role.RECEPTION, here), at_work(Role.MANAGER)
        strangers = at_work(Role.RECEPTION, LocationFactory()), at_work(Role.DOCTOR, here), at_work(None, here)
        for moment, error in ((MORNING, CheckInTooEarly), (BOOKED_FOR + 120 * MINUTE + MOMENT, CheckInTooLate)):
            morning.move_to(moment)
            for stranger in strangers:
                with refused(error):
                    check_in(appointment_id=appointment.pk, actor=stranger)
        for actor in (clerk, manager):
            require_may_check_in(appointment, QueuePolicy(location=here), actor=actor, now=MORNING)
        assert check_in(appointment_id=appointment.pk, actor=clerk).arrival == Arrival.LATE

    def test_within_the_limits_nobody_is_asked_who_they_are(self, morning, django_assert_num_queries):
        appointment = visit()
        clerk = at_work(Role.RECEPTION, appointment.location)
        with django_assert_num_queries(0):
            require_may_check_in(appointment, QueuePolicy(), actor=clerk, now=BOOKED_FOR)

    def test_a_location_has_rules_of_its_own(self, morning):
        appointment = visit()
        QueuePolicy.objects.create(location=appointment.location, early_minutes=5, late_minutes=0, latest_minutes=1)
        morning.move_to(BOOKED_FOR - 5 * MINUTE - MOMENT)
        with refused(CheckInTooEarly, says="1:55pm"):
            check_in(appointment_id=appointment.pk, actor=VISITOR)
        morning.move_to(BOOKED_FOR + 1 * MINUTE + MOMENT)
        with refused(CheckInTooLate):
            check_in(appointment_id=appointment.pk, actor=VISITOR)
        morning.move_to(BOOKED_FOR + 1 * MINUTE)
        assert check_in(appointment_id=appointment.pk, actor=VISITOR).arrival == Arrival.LATE

    def test_the_desk_too_refuses_a_visit_of_tomorrow(self):
        appointment = visit(MORNING + timedelta(days=1))
        for actor in (CLINIC, VISITOR):
            with refused(CheckInTooEarly, says="another day"):
                check_in(appointment_id=appointment.pk, actor=actor)

    def test_the_desk_too_refuses_a_visit_of_yesterday(self, morning):
        appointment = visit()
        morning.shift(timedelta(days=1))
        for actor in (CLINIC, VISITOR):
            with refused(CheckInTooLate):
                check_in(appointment_id=appointment.pk, actor=actor)


class TestAroundMidnight:
    def test_a_visit_after_midnight_is_checked_in_the_evening_before_into_the_queue_that_runs(self, morning):
        appointment = visit(datetime(2026, 11, 19, 0, 30, tzinfo=UTC))
        morning.move_to(datetime(2026, 11, 18, 23, 45, tzinfo=UTC))
        assert check_in(appointment_id=appointment.pk, actor=VISITOR).day == MORNING.date()

    def test_a_late_comer_after_midnight_joins_the_queue_of_the_day_of_the_visit(self, morning):
        appointment = visit(datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
        morning.move_to(datetime(2026, 11, 19, 0, 10, tzinfo=UTC))
        assert check_in(appointment_id=appointment.pk, actor=VISITOR).day == MORNING.date()

    def test_the_day_is_that_of_the_clinic(self, morning):
        location = LocationFactory(time_zone="Asia/Kolkata")
        morning.move_to(datetime(2026, 11, 18, 19, 0, tzinfo=UTC))  # half past midnight there
        doctor = a_doctor(location)[0]
        assert walk_in(doctor, location).day.isoformat() == "2026-11-19"

    def test_two_queues_that_run_side_by_side_have_other_letters(self, morning):
        doctor, location = a_doctor()
        morning.move_to(datetime(2026, 11, 18, 23, 59, tzinfo=UTC))
        evening = walk_in(doctor, location)
        morning.move_to(datetime(2026, 11, 19, 0, 1, tzinfo=UTC))
        night = walk_in(doctor, location)
        assert (evening.code, night.code) == ("A001", "B001")


class TestWithoutAnAppointment:
    def test_a_walk_in_gets_a_visit_and_a_place(self):
        doctor, location = a_doctor()
        token = walk_in(doctor, location, urgency="medium")
        assert (token.arrival, token.booked_for, token.urgency) == (Arrival.WALK_IN, None, "medium")
        assert token.appointment.type == AppointmentType.WALK_IN
        assert statuses(token.appointment) == (AppointmentStatus.CHECKED_IN, [TokenStatus.WAITING])

    def test_a_known_patient_is_not_registered_again(self):
        doctor, location = a_doctor()
        patient = PatientFactory()
        assert join(doctor, location, patient=patient).patient == patient

    def test_the_same_operation_finds_the_same_place(self):
        doctor, location = a_doctor()
        first = walk_in(doctor, location, operation="one", first_name="Ann")
        assert walk_in(doctor, location, operation="one", first_name="Ann", email="walker1@example.org") == first
        assert Token.objects.count() == Appointment.objects.count() == 1

    def test_the_same_operation_for_somebody_else_is_refused(self):
        doctor, location = a_doctor()
        walk_in(doctor, location, operation="one")
        with refused(OperationReused):
            walk_in(doctor, location, operation="one", first_name="Else")

    def test_what_was_refused_may_be_asked_again(self):
        doctor, location = a_doctor()
        patient = PatientFactory()
        queue = Queue.objects.get(pk=walk_in(doctor, location).queue_id)
        set_doctor_status(queue_id=queue.pk, status="finished", actor=CLINIC)
        with refused(QueueClosed):
            join(doctor, location, patient=patient, operation="again")
        set_doctor_status(queue_id=queue.pk, status="on_time", actor=CLINIC)
        assert join(doctor, location, patient=patient, operation="again").number == 2

    def test_only_the_desk_takes_them_where_the_rules_say_so(self):
        doctor, location = a_doctor()
        QueuePolicy.objects.create(location=location, takes_walk_ins=False)
        with refused(WalkInsRefused):
            join(doctor, location, actor=VISITOR)
        assert join(doctor, location, actor=CLINIC).number == 1

    def test_a_doctor_who_does_not_work_there(self):
        doctor, elsewhere = a_doctor()[0], LocationFactory()
        with refused(SlotClosed):
            join(doctor, elsewhere)


class TestOnePlaceAtATime:
    def test_who_waits_for_the_doctor_already(self):
        doctor, location = a_doctor()
        token = walk_in(doctor, location)
        with refused(AlreadyWaiting, says="for this doctor"):
            join(doctor, location, patient=token.patient)

    def test_who_waits_for_another_doctor(self):
        doctor, location = a_doctor()
        token = walk_in(*a_doctor(location))
        appointment = book(SlotFactory(doctor=doctor, location=location, starts_at=SOON), patient=token.patient)
        with refused(AlreadyWaiting, says="for another doctor"):
            check_in(appointment_id=appointment.pk, actor=VISITOR)
        with refused(AlreadyWaiting, says="for another doctor"):
            join(doctor, location, patient=token.patient)

    def test_another_location_is_another_place(self):
        patient = walk_in(*a_doctor()).patient
        assert join(*a_doctor(), patient=patient).number == 1

    def test_whoever_was_seen_may_come_again(self):
        doctor, location = a_doctor()
        token = walk_in(doctor, location)
        for to in (lifecycle.start_appointment, lifecycle.complete_appointment):
            to(appointment_id=token.appointment_id, actor=CLINIC)
        assert join(doctor, location, patient=token.patient).number == 2


def join(doctor: Doctor, location: Location, *, patient=None, actor=CLINIC, operation: str = "") -> Token:
    return register_and_join(
        doctor_id=doctor.pk,
        location_id=location.pk,
        patient=patient or details(),
        visit=VisitDetails(type=AppointmentType.WALK_IN),
        actor=actor,
        operation=operation,
    )


def test_letters_are_one_for_each_doctor_and_stay_theirs(morning: time_machine.Coordinates):
    location = LocationFactory()
    first, second = a_doctor(location)[0], a_doctor(location)[0]
    assert [walk_in(doctor, location).code for doctor in (first, second, first)] == ["A001", "B001", "A002"]
    morning.shift(timedelta(days=1))
    assert [walk_in(doctor, location).code for doctor in (second, first)] == ["B001", "A001"]
