"""Who is told that a seat is kept for them, that their turn is near, and that they are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from notifications.models import Message, MessagePolicy, MessageRule, PushSubscription
from notifications.services.planning import plan_turns
from notifications.states import ChannelName, Kind, NotSent
from queueing.models import Queue, Token
from queueing.services import steps
from queueing.services.queues import set_doctor_status
from queueing.services.undoing import undo_step
from queueing.states import DoctorStatus
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Doctor, Location, Patient, WaitlistEntry
from scheduling.services import lifecycle, waitlist
from scheduling.services.locking import lock_visit
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, UserFactory, book
from testing.threads import run_together

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def subscribe(patient: Patient | None = None, user: User | None = None) -> None:
    PushSubscription.objects.create(
        patient=patient, user=user, endpoint="https://push.example/1", endpoint_digest=f"{patient}{user}"[:64]
    )


def told(kind: Kind) -> list[Token]:
    """Whose messages of a kind there are."""
    return [row.token for row in Message.objects.filter(kind=kind).order_by("pk")]


class TestOffers:
    def offered(self, **ahead: float) -> WaitlistEntry:
        """Somebody gives up a seat so far ahead, and somebody else has waited for it."""
        slot = SlotFactory(starts_at=timezone.now() + timedelta(**ahead))
        visit = book(slot)
        day = slot.starts_at.date()
        entry = waitlist.join_waitlist(
            patient=PatientFactory(), earliest_date=day, latest_date=day, doctor_id=slot.doctor_id, actor=CLINIC
        )
        lifecycle.cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
        entry.refresh_from_db()
        assert entry.offered_slot == slot
        return entry

    def test_who_is_offered_a_seat_is_told_until_when_it_is_kept(self):
        entry = self.offered(hours=50)
        rows = Message.objects.filter(waitlist_entry=entry)
        assert sorted(rows.values_list("kind", "channel")) == [("waitlist_offer", "email"), ("waitlist_offer", "sms")]
        for row in rows:
            assert (row.due_at, row.not_after, row.starts_at) == (
                NOON,
                entry.offer_expires_at,
                entry.offered_slot.starts_at,
            )
            assert (row.patient, row.location) == (entry.patient, entry.offered_slot.location)

    def test_each_seat_that_is_offered_is_told(self):
        entry = self.offered(hours=50)
        other = SlotFactory(doctor=entry.doctor, starts_at=entry.offered_slot.starts_at + timedelta(hours=2))
        waitlist.decline_offer(entry_id=entry.pk, actor=CLINIC)
        waitlist.offer_free_seats(actor=CLINIC)
        entry.refresh_from_db()
        assert entry.offered_slot == other
        assert Message.objects.filter(waitlist_entry=entry).count() == 4

    def test_a_seat_that_is_offered_again_after_another_one_is_told_again(self, clock):
        """Else it would be kept for somebody who does not know of it."""
        entry = self.offered(hours=50)
        first = entry.offered_slot
        SlotFactory(doctor=entry.doctor, starts_at=first.starts_at + timedelta(hours=2))
        for _offer in range(2):
            waitlist.decline_offer(entry_id=entry.pk, actor=CLINIC)
            clock.shift(timedelta(minutes=1))
            waitlist.offer_free_seats(actor=CLINIC)
        entry.refresh_from_db()
        assert entry.offered_slot == first
        assert Message.objects.filter(waitlist_entry=entry, not_after=entry.offer_expires_at).count() == 2

    def test_an_offer_that_would_run_out_at_night_goes_by_mail_and_rings_no_phone(self, clock):
        clock.move_to(NOON + timedelta(hours=11))
        rows = Message.objects.filter(waitlist_entry=self.offered(hours=50))
        assert dict(rows.values_list("channel", "why_not")) == {"email": "", "sms": NotSent.QUIET_HOURS}
        assert rows.get(channel=ChannelName.EMAIL).due_at == timezone.now()


@pytest.fixture
def place() -> tuple[Doctor, Location]:
    return a_doctor()


@pytest.fixture
def line(place) -> list[Token]:
    """Five who wait for a doctor who has begun."""
    waiting = [walk_in(*place) for _person in range(5)]
    set_doctor_status(queue_id=waiting[0].queue_id, status=DoctorStatus.ON_TIME, actor=CLINIC)
    return waiting


class TestCalls:
    def test_who_is_called_is_told_if_a_browser_of_theirs_can_be_woken(self, line):
        subscribe(line[0].patient)
        for _person in range(2):
            steps.call_next(queue_id=line[0].queue_id, actor=CLINIC)
        row = Message.objects.get(kind=Kind.YOUR_TURN)
        assert (row.token, row.patient, row.location) == (line[0], line[0].patient, line[0].location)
        assert (row.channel, row.due_at, row.not_after) == ("push", NOON, NOON + timedelta(minutes=5))

    def test_a_browser_of_who_looks_after_them_counts(self, line):
        mother = UserFactory()
        Patient.objects.filter(pk=line[0].patient_id).update(user=mother)
        subscribe(user=mother)
        steps.call_next(queue_id=line[0].queue_id, actor=CLINIC)
        assert told(Kind.YOUR_TURN) == [line[0]]

    def test_one_that_subscribed_for_somebody_else_does_not(self, line):
        mother = UserFactory()
        Patient.objects.filter(pk=line[0].patient_id).update(user=mother)
        subscribe(line[1].patient, user=mother)
        steps.call_next(queue_id=line[0].queue_id, actor=CLINIC)
        assert told(Kind.YOUR_TURN) == []

    def test_who_is_called_again_is_told_again(self, line):
        subscribe(line[0].patient)
        token = steps.call_next(queue_id=line[0].queue_id, actor=CLINIC)
        steps.recall_token(token_id=token.pk, actor=CLINIC)
        undo_step(step_id=token.steps.latest("pk").pk, actor=CLINIC)
        undo_step(step_id=token.steps.filter(undone_at=None).latest("pk").pk, actor=CLINIC)
        steps.call_token(token_id=token.pk, actor=CLINIC)
        assert told(Kind.YOUR_TURN) == [line[0]] * 3

    def test_at_night_too(self, clock, place):
        clock.move_to(NOON + timedelta(hours=11))
        token = walk_in(*place)
        subscribe(token.patient)
        steps.call_next(queue_id=token.queue_id, actor=CLINIC)
        assert Message.objects.get(kind=Kind.YOUR_TURN).due_at == timezone.now()

    def test_by_other_channels_if_a_rule_says_so(self, line):
        MessageRule.objects.create(kind=Kind.YOUR_TURN, channel=ChannelName.SMS)
        steps.call_next(queue_id=line[0].queue_id, actor=CLINIC)
        assert Message.objects.get(kind=Kind.YOUR_TURN).channel == "sms"

    def test_a_call_costs_two_statements_where_nobody_can_be_woken(self, line):
        with CaptureQueriesContext(connection) as queries:
            steps.call_next(queue_id=line[0].queue_id, actor=CLINIC)
        assert sum("notifications_" in query["sql"] for query in queries) == 2


class TestTurns:
    @pytest.fixture(autouse=True)
    def _everybody_listens(self, line):
        for token in line:
            subscribe(token.patient)

    def test_the_first_two_are_told_that_they_are_next_and_only_once(self, line):
        assert plan_turns(actor=CLINIC) == 2
        assert told(Kind.TURN_NEAR) == line[:2]
        assert plan_turns(actor=CLINIC) == 0
        steps.call_next(queue_id=line[0].queue_id, actor=CLINIC)
        assert plan_turns(actor=CLINIC) == 1
        assert told(Kind.TURN_NEAR) == line[:3]
        row = Message.objects.filter(kind=Kind.TURN_NEAR).latest("pk")
        assert (row.channel, row.not_after, row.patient) == ("push", NOON + timedelta(minutes=15), line[2].patient)

    def test_a_clinic_says_how_near_is_near(self, line, place):
        MessagePolicy.objects.create(location=place[1], near_places=4)
        assert plan_turns(actor=CLINIC) == 4

    @pytest.mark.parametrize("status", [DoctorStatus.NOT_STARTED, DoctorStatus.ON_BREAK, DoctorStatus.FINISHED])
    def test_while_the_doctor_sees_nobody_no_turn_is_near(self, line, status):
        Queue.objects.update(status=status)
        assert plan_turns(actor=CLINIC) == 0

    def test_who_cannot_be_told_is_not(self, line):
        PushSubscription.objects.exclude(patient=line[1].patient).delete()
        assert plan_turns(actor=CLINIC) == 1
        assert told(Kind.TURN_NEAR) == [line[1]]

    def test_other_channels_need_no_browser(self, line):
        PushSubscription.objects.all().delete()
        MessageRule.objects.create(kind=Kind.TURN_NEAR, channel=ChannelName.SMS)
        assert plan_turns(actor=CLINIC) == 2

    def test_where_no_rule_asks_for_it_nobody_is_told(self, line):
        MessageRule.objects.create(kind=Kind.YOUR_TURN, channel=ChannelName.PUSH)
        assert plan_turns(actor=CLINIC) == 0

    def test_a_dry_run_counts_and_writes_nothing(self):
        assert plan_turns(actor=CLINIC, dry_run=True) == 2
        assert told(Kind.TURN_NEAR) == []

    def test_yesterdays_queues_and_closed_ones_are_over(self, line):
        Queue.objects.update(closed_at=NOON)
        assert plan_turns(actor=CLINIC) == 0

    def test_it_costs_the_same_for_one_queue_and_for_three(self, line, place):
        plan_turns(actor=CLINIC)  # what is learned of doctors is learned
        Message.objects.filter(kind=Kind.TURN_NEAR).delete()
        with CaptureQueriesContext(connection) as one:
            assert plan_turns(actor=CLINIC) == 2
        for _doctor in range(2):
            doctor, _location = a_doctor(place[1])
            for _person in range(3):
                subscribe(walk_in(doctor, place[1]).patient)
        Queue.objects.update(status=DoctorStatus.ON_TIME)
        plan_turns(actor=CLINIC)
        Message.objects.filter(kind=Kind.TURN_NEAR).delete()
        with CaptureQueriesContext(connection) as three:
            assert plan_turns(actor=CLINIC) == 6
        assert len(three) == len(one) <= 12

    def test_where_nobody_can_be_told_it_costs_three_queries(self, line):
        PushSubscription.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            assert plan_turns(actor=CLINIC) == 0
        assert len(queries) == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_call_touches_no_visit_so_it_never_waits_in_a_circle_with_who_has_locked_one(line):
    """Visits are locked before queues, and a call locks the queue alone: a row that refers to the visit would wait."""
    subscribe(line[0].patient)

    def call() -> Token:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        return steps.call_token(token_id=line[0].pk, actor=CLINIC)

    with transaction.atomic():
        lock_visit(appointment_id=line[0].appointment_id)
        (outcome,) = run_together([call])
    assert outcome.error is None
    assert told(Kind.YOUR_TURN) == [line[0]]
