"""Waits as the database knows them: what the doctor's days teach, and what the doctor's status adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite

import pytest
from django.utils import timezone

from queueing.models import QueuePolicy
from queueing.selectors import learning
from queueing.selectors.learning import Seen, consultations_of, estimators_for, features_of
from queueing.selectors.lines import line_of
from queueing.selectors.waits import delay_of
from queueing.states import DoctorStatus, TokenStatus
from queueing.tests.factories import a_doctor
from queueing.tests.history import a_line, a_past_day, a_queue, patients
from scheduling.clock import local_date
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import SlotFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def now(morning):
    """The moment at which everybody asks: one of a day whose whole line is seen before noon."""
    return timezone.now()


@pytest.fixture
def queue(now):
    """A queue of today whose doctor sees patients, on time."""
    doctor, location = a_doctor()
    return a_queue(doctor, location, local_date(now, location.zone), status=DoctorStatus.ON_TIME)


def waits(queue, now):
    """What everybody in the queue is told, first the next."""
    return [place.wait for place in line_of(queue, now=now).waiting]


def learned(queue, *, days=40, minutes=10.0, count=12):
    """Earlier days of the queue's doctor, from this time of day on, each patient taking so long."""
    people = patients(count)
    for back in range(1, days + 1):
        before = timedelta(days=back)
        day = {"minutes": minutes, "count": count, "people": people, "opens": timezone.now() - before}
        a_past_day(queue.doctor, queue.location, queue.day - before, **day)
    learning.forget()


def put(token, status, **times):
    """The token in another state, without its steps."""
    type(token).objects.filter(pk=token.pk).update(status=status, **times)


class TestWhatTheDaysTeach:
    def test_before_there_is_data_the_length_of_the_slots_is_believed(self, queue, now):
        for hour in range(4):
            SlotFactory(doctor=queue.doctor, location=queue.location, starts_at=now + timedelta(hours=hour))
        a_line(queue, 4, now=now)

        first, second, *_rest, last = waits(queue, now)
        assert first.high == 0  # the doctor is free
        assert 15 * 60 < second.middle < 25 * 60  # slots are of twenty minutes
        assert 50 * 60 < last.middle < 70 * 60

    def test_slots_for_several_patients_are_shared_out_among_them(self, queue, now):
        SlotFactory(doctor=queue.doctor, location=queue.location, starts_at=now, capacity=4)
        a_line(queue, 2, now=now)

        assert 3 * 60 < waits(queue, now)[1].middle < 7 * 60

    def test_the_doctors_own_days_teach(self, queue, now):
        learned(queue, minutes=6)
        a_line(queue, 5, now=now)

        assert waits(queue, now)[4].middle == pytest.approx(4 * 6 * 60, rel=0.1)
        assert waits(queue, now)[4].high < 4 * 8 * 60  # days that are alike make a narrow range

    def test_the_days_of_another_doctor_teach_nothing(self, queue, now):
        other, _location = a_doctor(queue.location)
        before = local_date(now, queue.location.zone) - timedelta(days=1)
        a_past_day(other, queue.location, before, minutes=55, count=10)
        a_line(queue, 2, now=now)

        assert waits(queue, now)[1].middle < 25 * 60

    def test_first_visits_are_told_from_later_ones(self, queue, now):
        token = a_line(queue, 1, now=now)[0]
        line = line_of(queue, now=now)
        assert not line.waiting[0].token.was_here

        visit = {"patient": token.patient, "doctor": queue.doctor, "location": queue.location}
        earlier = Appointment.objects.create(status=AppointmentStatus.COMPLETED, **visit)
        later = Appointment.objects.create(status=AppointmentStatus.CHECKED_IN, **visit)
        type(token).objects.filter(pk=token.pk).update(appointment=later)

        assert earlier.pk < later.pk
        assert line_of(queue, now=now).waiting[0].token.was_here

    def test_features_are_words_of_the_clinics_clock(self, queue):
        found = features_of("walk_in", True, datetime(2026, 7, 1, 11, 30, tzinfo=UTC), queue.location.zone)

        assert found == {"kind": "follow-up", "type": "walk_in", "weekday": "wednesday", "period": "afternoon"}


class TestIdleTime:
    def seen(self, came, began, ended):
        at = [NOON + timedelta(minutes=minutes) for minutes in (came, began, ended)]
        return Seen(1, at[1], at[2], at[0], "walk_in", False)

    def idle(self, *seen):
        zone = a_doctor()[1].zone
        return [one.idle / 60 for one in consultations_of([self.seen(*one) for one in seen], zone)]

    def test_time_without_anybody_to_see_is_not_the_doctors(self):
        assert self.idle((0, 0, 10), (25, 26, 35)) == [15, 0]

    def test_time_between_two_who_were_there_is(self):
        assert self.idle((0, 0, 10), (5, 14, 20)) == [0, 0]

    def test_somebody_who_is_seen_later_was_there_all_the_same(self):
        assert self.idle((0, 0, 10), (25, 26, 30), (4, 30, 40)) == [0, 0, 0]

    def test_what_makes_a_break_of_a_gap_is_taken_off(self):
        assert self.idle((0, 0, 10), (5, 70, 80)) == [40, 0]

    def test_two_at_once_leave_no_gap(self):
        assert self.idle((0, 0, 30), (5, 10, 20), (5, 31, 40)) == [0, 0, 0]


class TestTheDayItself:
    def test_who_was_called_and_has_not_gone_in_is_ahead(self, queue, now):
        learned(queue)
        called, _waiting = a_line(queue, 2, now=now)
        put(called, TokenStatus.CALLED, called_at=now)

        assert waits(queue, now)[0].middle == pytest.approx(600, rel=0.1)

    def test_so_is_what_is_left_of_the_consultation_that_runs(self, queue, now):
        learned(queue)
        running, _waiting = a_line(queue, 2, now=now)
        began = now - timedelta(minutes=4)
        put(running, TokenStatus.IN_CONSULTATION, called_at=began, started_at=began)

        assert waits(queue, now)[0].middle == pytest.approx(360, rel=0.2)

    def test_a_slow_day_makes_longer_waits(self, queue, now):
        learned(queue)
        day = a_line(queue, 12, now=now, minutes=300)
        for number, token in enumerate(day[:8]):
            began = now - timedelta(minutes=20 * (8 - number))
            ended = began + timedelta(minutes=20)
            put(token, TokenStatus.COMPLETED, called_at=began, started_at=began, ended_at=ended)

        assert waits(queue, now)[3].middle > 3 * 600 * 1.1

    def test_two_doctors_rooms_let_two_in(self, queue, now):
        queue.consultations_at_once = 2
        queue.save()
        a_line(queue, 3, now=now)
        first, second, third = waits(queue, now)

        assert first.high == second.high == 0
        assert third.middle > 0

    def test_with_one_of_two_places_taken_the_next_goes_in(self, queue, now):
        queue.consultations_at_once = 2
        queue.save()
        running, *_others = a_line(queue, 3, now=now)
        put(running, TokenStatus.IN_CONSULTATION, called_at=now, started_at=now)
        first, second = waits(queue, now)

        assert first.high == 0
        assert second.middle > 0

    def test_with_both_taken_one_waits_for_the_first_to_come_out(self, queue, now):
        queue.consultations_at_once = 2
        queue.save()
        for token in a_line(queue, 3, now=now)[:2]:
            put(token, TokenStatus.IN_CONSULTATION, called_at=now, started_at=now)

        assert waits(queue, now)[0].middle > 0

    @pytest.mark.parametrize("status", DoctorStatus.values)
    @pytest.mark.parametrize("here", [1, 30])
    def test_no_wait_is_negative_no_number_or_less_than_that_of_whoever_is_before(self, queue, now, status, here):
        learned(queue, days=3)
        queue.status, queue.status_at, queue.late_minutes = status, now - timedelta(days=3), 10
        queue.back_at = now - timedelta(hours=5)
        a_line(queue, here, now=now)
        found = waits(queue, now)

        assert all(isfinite(end) and end >= 0 for wait in found for end in (wait.low, wait.middle, wait.high))
        assert all(wait.low <= wait.middle <= wait.high for wait in found)
        for before, after in pairwise(found):
            assert before.low <= after.low
            assert before.middle <= after.middle
            assert before.high <= after.high

    def test_nobody_waits_and_nothing_is_read(self, queue, now, django_assert_num_queries):
        with django_assert_num_queries(2):
            assert waits(queue, now) == []


class TestTheDoctorsStatus:
    def delay(self, queue, now, *, opens=None, **policy):
        return delay_of(queue, QueuePolicy(**policy), opens=opens, now=now)

    def test_minutes_late_run_out_as_time_passes(self, queue, now):
        queue.status, queue.late_minutes, queue.status_at = DoctorStatus.RUNNING_LATE, 30, now

        assert self.delay(queue, now) == 1800
        assert self.delay(queue, now + timedelta(minutes=20)) == 600
        assert self.delay(queue, now + timedelta(minutes=40)) == 0

    def test_they_are_added_to_everybodys_wait(self, queue, now):
        learned(queue)
        a_line(queue, 3, now=now)
        before = waits(queue, now)
        queue.status, queue.late_minutes, queue.status_at = DoctorStatus.RUNNING_LATE, 30, now

        assert [wait.middle - 1800 for wait in waits(queue, now)] == pytest.approx([wait.middle for wait in before])

    def test_a_break_lasts_until_its_end(self, queue, now):
        queue.status, queue.status_at = DoctorStatus.ON_BREAK, now
        queue.back_at = now + timedelta(minutes=25)

        assert self.delay(queue, now) == 1500

    def test_a_break_without_an_end_lasts_what_the_rules_say(self, queue, now):
        queue.status, queue.status_at, queue.back_at = DoctorStatus.ON_BREAK, now - timedelta(minutes=5), None

        assert self.delay(queue, now, break_minutes=15) == 600

    def test_a_doctor_who_has_not_started_begins_with_the_first_slot(self, queue, now):
        queue.status = DoctorStatus.NOT_STARTED

        assert self.delay(queue, now, opens=now + timedelta(minutes=50)) == 3000
        assert self.delay(queue, now, opens=now - timedelta(minutes=5)) == 0
        assert self.delay(queue, now) == 0

    def test_which_is_read_from_the_calendar_of_the_day(self):
        now = datetime(2026, 11, 20, 8, tzinfo=UTC)
        doctor, location = a_doctor()
        queue = a_queue(doctor, location, now.date(), status=DoctorStatus.NOT_STARTED)
        for hours in (-2, 1, 2):
            SlotFactory(doctor=doctor, location=location, starts_at=now + timedelta(hours=hours))
        SlotFactory(doctor=doctor, starts_at=now + timedelta(minutes=10))  # elsewhere
        a_line(queue, 1, now=now)

        assert waits(queue, now)[0].low == 3600

    def test_whoever_has_started_does_not_wait_for_a_slot(self, queue, now):
        SlotFactory(doctor=queue.doctor, location=queue.location, starts_at=now + timedelta(minutes=10))
        a_line(queue, 1, now=now)

        assert waits(queue, now)[0].high == 0

    def test_a_doctor_who_has_finished_makes_no_promise(self, queue, now):
        queue.status = DoctorStatus.FINISHED
        a_line(queue, 1, now=now)
        place = line_of(queue, now=now).waiting[0]

        assert not place.is_estimated
        assert place.words.startswith("The doctor has finished")


class TestTheMemory:
    def test_one_learns_once_a_day(self, queue, now, django_assert_num_queries):
        learned(queue, days=2)
        with django_assert_num_queries(3):
            first = estimators_for([queue])[queue.pk]
        with django_assert_num_queries(0):
            assert estimators_for([queue])[queue.pk] is first

    def test_several_doctors_in_as_many_queries_as_one(self, queue, now, django_assert_num_queries):
        learned(queue, days=2)
        others = [a_queue(a_doctor(queue.location)[0], queue.location, queue.day) for _number in range(3)]
        with django_assert_num_queries(3):
            assert len(estimators_for([queue, *others])) == 4

    def test_a_new_day_is_learned_anew(self, queue, now):
        learned(queue, days=1)
        first = estimators_for([queue])[queue.pk]
        a_past_day(queue.doctor, queue.location, queue.day + timedelta(days=1), minutes=50)
        tomorrow = a_queue(queue.doctor, queue.location, queue.day + timedelta(days=2))

        assert estimators_for([tomorrow])[tomorrow.pk] is not first

    def test_days_that_are_not_over_teach_nothing(self, queue, now):
        learned(queue, days=2)
        a_past_day(queue.doctor, queue.location, queue.day + timedelta(days=1), minutes=50)
        a_line(queue, 2, now=now)

        assert waits(queue, now)[1].middle < 15 * 60

    def test_it_holds_no_more_than_its_bound(self, queue, monkeypatch):
        monkeypatch.setattr(learning, "KEPT", 2)
        queues = [a_queue(a_doctor(queue.location)[0], queue.location, queue.day) for _number in range(4)]
        for one in queues:
            estimators_for([one])

        assert len(learning._learned) == 2

    def test_only_the_latest_days_are_learned(self, queue, now, monkeypatch):
        monkeypatch.setattr(learning, "SESSIONS", 3)
        learned(queue, days=3, minutes=5)
        for back in range(4, 10):
            a_past_day(queue.doctor, queue.location, queue.day - timedelta(days=back), minutes=50)
        learning.forget()
        a_line(queue, 2, now=now)

        assert waits(queue, now)[1].middle < 15 * 60
