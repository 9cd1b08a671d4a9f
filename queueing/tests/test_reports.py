"""Reports: right figures, on the right days and hours, of what one may see, in the same number of queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from queueing.models import Feedback, Token, TokenStep
from queueing.reports import FEWEST, Asked, Figures, queue_report, visit_report
from queueing.reports.asked import asked_about
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import TokenStatus
from queueing.tests.factories import a_doctor, walk_in
from queueing.tests.history import a_past_day, a_queue, patients, token_row, visits_for
from scheduling.errors import InvalidReport
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.api import program_of
from scheduling.tests.factories import CLINIC, LocationFactory, PatientFactory, SlotFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 10)
MINUTE = 60


@pytest.fixture
def manager():
    """Somebody who sees everything."""
    return program_of(Role.MANAGER).user


def asked(first=DAY, last=DAY, **said):
    """A question about a day, or several."""
    return Asked(first=first, last=last, **said)


def a_token(queue, hour, *, waited=None, lasted=10, status=TokenStatus.COMPLETED, **said):
    """Somebody who came at an hour of that day (UTC), waited so many minutes, and was in for so many."""
    number = queue.tokens.count() + 1
    came = datetime(queue.day.year, queue.day.month, queue.day.day, tzinfo=UTC) + timedelta(hours=hour)
    times = {"called_at": None, "started_at": None, "ended_at": came + timedelta(minutes=5)}
    if waited is not None:
        began = came + timedelta(minutes=waited)
        times = {"called_at": began, "started_at": began, "ended_at": began + timedelta(minutes=lasted)}
    kind = said.pop("type", "walk_in")
    visit = visits_for(queue.doctor, queue.location, patients(1), status=AppointmentStatus.COMPLETED, type=kind)[0]
    token = token_row(queue, visit, number, checked_in_at=came, status=status, **times, **said)
    token.save()
    return token


class TestWhatIsAsked:
    def test_thirty_days_unless_told(self):
        found = asked_about(None, date(2026, 3, 31))

        assert (found.first, found.last) == (date(2026, 3, 2), date(2026, 3, 31))
        assert asked_about(date(2026, 1, 1), None).first == date(2026, 1, 1)

    @pytest.mark.parametrize(
        ("first", "last", "field"),
        [
            (date(2026, 2, 2), date(2026, 2, 1), "until"),
            (date(2025, 1, 1), date(2026, 1, 2), "until"),
            (date(1, 1, 1), date(1, 1, 2), "from"),
            (date(9999, 12, 30), date(9999, 12, 31), "from"),
        ],
    )
    def test_days_that_make_no_report_are_refused(self, first, last, field):
        with pytest.raises(InvalidReport) as refused:
            asked_about(first, last)

        assert refused.value.field == field

    def test_a_leap_year_is_a_report(self):
        assert asked(date(2024, 1, 1), date(2024, 12, 31))

    @pytest.mark.parametrize(("first", "last"), [(None, date.min), (date.max, None)])
    def test_the_ends_of_time_are_refused_like_others(self, first, last):
        with pytest.raises(InvalidReport):
            asked_about(first, last)


class TestFigures:
    def test_of_nothing_there_are_none(self):
        assert Figures.of([]) == Figures(0, None, None, None)

    def test_mean_middle_and_the_longest_tenth(self):
        assert Figures.of([float(number) for number in range(10, 0, -1)]) == Figures(10, 5.5, 5.5, 9.0)

    def test_of_one(self):
        assert Figures.of([7.0]) == Figures(1, 7.0, 7.0, 7.0)


class TestQueues:
    def test_waits_lengths_and_flow(self, manager):
        doctor, location = a_doctor()
        queue = a_queue(doctor, location, DAY)
        a_token(queue, 8, waited=10, lasted=12)
        a_token(queue, 8.5, waited=30, lasted=8, type="online")
        a_token(queue, 12, status=TokenStatus.CANCELLED)
        a_token(queue, 13, status=TokenStatus.NO_SHOW)
        report = queue_report(asked(), manager)

        assert (report.flow.arrived, report.flow.seen, report.flow.left, report.flow.no_show) == (4, 2, 1, 1)
        assert report.waits == Figures(2, 20 * MINUTE, 20 * MINUTE, 30 * MINUTE)
        assert report.lengths == Figures(2, 10 * MINUTE, 10 * MINUTE, 12 * MINUTE)
        assert [(one.doctor, one.flow) for one in report.by_doctor] == [(doctor, report.flow)]
        assert [(one.type, one.lengths.mean) for one in report.by_kind] == [
            ("online", 8 * MINUTE),
            ("walk_in", 12 * MINUTE),
        ]

    def test_hours_are_those_of_the_locations_clock(self, manager):
        london, kolkata = LocationFactory(), LocationFactory(time_zone="Asia/Kolkata")
        for place in (london, kolkata):
            a_token(a_queue(a_doctor(place)[0], place, DAY), 8, waited=90)
        report = queue_report(asked(), manager)

        # summer: 8 UTC is 9 in London, half past one in Kolkata
        assert [(one.hour, one.flow.arrived, one.flow.seen) for one in report.by_hour] == [
            (9, 1, 0),
            (10, 0, 1),
            (13, 1, 0),
            (15, 0, 1),
        ]
        assert report.peak_hours == (9, 13)
        assert {one.hour for one in report.by_doctor_and_hour} == {9, 13}

    def test_days_are_those_of_the_locations_calendar(self, manager):
        doctor, location = a_doctor(LocationFactory(time_zone="Pacific/Auckland"))
        a_token(a_queue(doctor, location, DAY), -3, waited=5)  # the evening before in UTC

        assert queue_report(asked(), manager).flow.arrived == 1
        assert queue_report(asked(DAY - timedelta(days=1), DAY - timedelta(days=1)), manager).flow.arrived == 0
        assert [one.hour for one in queue_report(asked(), manager).by_hour] == [9]

    def test_what_was_taken_back_never_happened(self, manager):
        doctor, location = a_doctor()
        with time_machine.travel("2026-06-10T12:00:00Z", tick=False):
            token, mistake = walk_in(doctor, location), walk_in(doctor, location)
            transfer_token(token_id=token.pk, doctor_id=a_doctor(location)[0].pk, actor=CLINIC)
            for undone in (token, mistake):
                last = TokenStep.objects.filter(token=undone, undone_at=None).latest("pk")
                undo_step(step_id=last.pk, actor=CLINIC)
        report = queue_report(asked(), manager)

        assert (report.flow.arrived, report.flow.left) == (1, 0)
        assert [one.doctor for one in report.by_doctor] == [doctor]

    def test_whoever_was_transferred_counts_once_where_they_went(self, manager):
        first, location = a_doctor()
        second, _location = a_doctor(location)
        token = walk_in(first, location)
        moved = transfer_token(token_id=token.pk, doctor_id=second.pk, actor=CLINIC)
        report = queue_report(asked(moved.day, moved.day), manager)

        assert [(one.doctor, one.flow.arrived) for one in report.by_doctor] == [(second, 1)]

    def test_satisfaction(self, manager):
        queue = a_queue(*a_doctor(), DAY)
        for score in (5, 5, 2):
            token = a_token(queue, 9, waited=1)
            Feedback.objects.create(appointment=token.appointment, score=score, given_at=token.ended_at)
        satisfaction = queue_report(asked(), manager).satisfaction

        assert (satisfaction.count, satisfaction.mean) == (3, 4)
        assert dict(satisfaction.scores) == {1: 0, 2: 1, 3: 0, 4: 0, 5: 2}

    def test_narrowed_to_a_location_or_a_doctor(self, manager):
        one, here = a_doctor()
        other, _here = a_doctor(here)
        third, there = a_doctor()
        for doctor, place in ((one, here), (other, here), (third, there)):
            a_past_day(doctor, place, DAY, count=2)

        assert queue_report(asked(), manager).flow.seen == 6
        assert queue_report(asked(location_id=here.pk), manager).flow.seen == 4
        assert queue_report(asked(doctor_id=other.pk), manager).flow.seen == 2
        assert queue_report(asked(location_id=there.pk, doctor_id=other.pk), manager).flow.seen == 0

    def test_nothing_happened(self, manager):
        report = queue_report(asked(), manager)

        assert (report.flow.arrived, report.waits.count, report.accuracy.count) == (0, 0, 0)
        assert (report.peak_hours, report.satisfaction.mean) == ((), None)

    def test_much_takes_as_many_queries_as_little(self, manager):
        def count():
            with CaptureQueriesContext(connection) as captured:
                queue_report(asked(DAY, DAY + timedelta(days=9)), manager)
                visit_report(asked(DAY, DAY + timedelta(days=9)), manager)
            return len(captured)

        doctor, location = a_doctor()
        a_past_day(doctor, location, DAY, count=1)
        little = count()
        for day in range(1, 8):
            a_past_day(a_doctor()[0], LocationFactory(), DAY + timedelta(days=day), count=5)

        assert count() == little


class TestWhoSees:
    @pytest.fixture
    def clinic(self):
        """Two locations with a doctor each, one patient seen at both."""
        doctor, here = a_doctor()
        other, there = a_doctor()
        person = PatientFactory(user=UserFactory())
        for one, place in ((doctor, here), (other, there)):
            a_past_day(one, place, DAY, count=1, people=[person])
        return doctor, here, person

    def seen_by(self, user):
        return queue_report(asked(), user).flow.seen

    def test_managers_see_all(self, clinic):
        assert self.seen_by(program_of(Role.MANAGER).user) == 2

    def test_reception_sees_its_locations(self, clinic):
        assert self.seen_by(program_of(Role.RECEPTION, clinic[1]).user) == 1
        assert self.seen_by(program_of(Role.RECEPTION).user) == 0

    def test_doctors_see_their_own(self, clinic):
        doctor, here, _person = clinic
        user = program_of(Role.DOCTOR, here).user
        assert self.seen_by(user) == 0
        doctor.user = user
        doctor.save()
        assert self.seen_by(user) == 1

    def test_patients_see_nothing_not_even_of_themselves(self, clinic):
        assert self.seen_by(clinic[2].user) == 0

    def test_staff_who_are_patients_elsewhere_see_no_visit_of_that_place(self, clinic):
        receptionist = program_of(Role.RECEPTION, LocationFactory()).user
        person = PatientFactory(user=receptionist)
        Appointment.objects.create(
            patient=person,
            doctor=clinic[0],
            location=clinic[1],
            starts_at=datetime(2026, 6, 10, 9, tzinfo=UTC),
            ends_at=datetime(2026, 6, 10, 10, tzinfo=UTC),
            status=AppointmentStatus.NO_SHOW,
        )

        assert visit_report(asked(), receptionist).kept.booked == 0


class TestAccuracy:
    def told(self, count, told, *, minutes=10):
        """A day on which everybody was told the same, and the nth waited (n-1) times so many minutes."""
        doctor, location = a_doctor()
        a_past_day(doctor, location, DAY, count=count, minutes=minutes, told=told)
        return queue_report(asked(), program_of(Role.MANAGER).user).accuracy

    def test_the_share_inside_and_the_errors(self):
        found = self.told(4, (5 * MINUTE, 15 * MINUTE, 25 * MINUTE))  # true waits: 0, 10, 20, 30 minutes

        assert (found.count, found.inside) == (4, 0.5)
        assert found.error == (15 + 5 + 5 + 15) / 4 * MINUTE
        assert found.width == 20 * MINUTE
        assert not found.is_enough

    def test_the_fixed_rule_counts_those_who_were_here(self, manager):
        queue = a_queue(*a_doctor(), DAY)
        told = (0, 0, 0)
        a_token(queue, 9, waited=0, lasted=30, told=told)
        a_token(queue, 9.1, waited=24, lasted=10, told=told)  # behind one
        a_token(queue, 9.2, waited=28, lasted=10, told=told)  # behind two
        a_token(queue, 14, waited=2, lasted=10, told=told)  # all of them gone

        found = queue_report(asked(), manager).accuracy
        assert found.fixed_rule_error == pytest.approx((0 + 4 + 12 + 2) / 4 * MINUTE)

    def test_whoever_was_told_nothing_or_never_seen_does_not_count(self, manager):
        queue = a_queue(*a_doctor(), DAY)
        a_token(queue, 9, waited=5)
        a_token(queue, 9, status=TokenStatus.CANCELLED, told=(0, 0, 0))

        assert queue_report(asked(), manager).accuracy.count == 0

    def test_figures_mean_something_from_so_many_on(self):
        assert self.told(FEWEST, (0, 0, 0)).is_enough
        Token.objects.all().delete()
        assert not self.told(FEWEST - 1, (0, 0, 0)).is_enough


class TestVisits:
    def booked(self, doctor, location, status, at=datetime(2026, 6, 10, 9, tzinfo=UTC)):
        """A visit that was booked for that time."""
        slot = SlotFactory(
            doctor=doctor, location=location, starts_at=at + timedelta(hours=Appointment.objects.count())
        )
        return Appointment.objects.create(
            patient=PatientFactory(),
            doctor=doctor,
            location=location,
            slot=slot,
            starts_at=at,
            ends_at=at + timedelta(minutes=20),
            status=status,
        )

    def test_who_never_came_and_who_was_not_there_when_called(self, manager):
        doctor, location = a_doctor()
        queue = a_queue(doctor, location, DAY)
        self.booked(doctor, location, AppointmentStatus.COMPLETED)
        self.booked(doctor, location, AppointmentStatus.CANCELLED)
        self.booked(doctor, location, AppointmentStatus.NO_SHOW)
        called = self.booked(doctor, location, AppointmentStatus.NO_SHOW)
        times = {"checked_in_at": called.starts_at, "ended_at": called.starts_at}
        token_row(queue, called, 1, status=TokenStatus.NO_SHOW, **times).save()
        kept = visit_report(asked(), manager).kept

        assert (kept.booked, kept.never_came, kept.missed_call) == (4, 1, 1)
        assert kept.no_show_rate == pytest.approx(2 / 3)
        assert kept.statuses == {"cancelled": 1, "completed": 1, "no_show": 2}

    def test_by_doctor_type_and_source(self, manager):
        doctor, location = a_doctor()
        other, _location = a_doctor(location)
        self.booked(doctor, location, AppointmentStatus.CONFIRMED)
        self.booked(other, location, AppointmentStatus.NO_SHOW)
        report = visit_report(asked(), manager)

        assert [(one.doctor, one.kept.no_show_rate) for one in report.by_doctor] == [(doctor, None), (other, 1.0)]
        assert (report.by_type, report.by_source) == ({"online": 2}, {"web": 2})

    def test_days_are_those_of_the_locations_calendar(self, manager):
        doctor, location = a_doctor(LocationFactory(time_zone="Pacific/Auckland"))
        self.booked(doctor, location, AppointmentStatus.CONFIRMED, datetime(2026, 6, 9, 21, tzinfo=UTC))

        assert visit_report(asked(), manager).kept.booked == 1
        assert visit_report(asked(DAY - timedelta(days=1), DAY - timedelta(days=1)), manager).kept.booked == 0
