"""What is written into the outbox when a visit is made, moved, cancelled, and lived through."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Message, MessagePolicy, MessageRule
from notifications.signals import messages_due
from notifications.states import ChannelName, Kind, MessageStatus, NotSent
from queueing.services import steps
from queueing.services.check_in import check_in
from queueing.services.undoing import undo_step
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment, Location, Slot
from scheduling.services import lifecycle
from scheduling.services.booking import VisitDetails, book_slot
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, LocationFactory, PatientFactory, SlotFactory, book

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
"""A Wednesday in London."""


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here() -> Location:
    return LocationFactory()


def slot(here: Location, **ahead: float) -> Slot:
    return SlotFactory(location=here, starts_at=timezone.now() + timedelta(**ahead))


def told(visit: Appointment, *states: MessageStatus) -> list[tuple[str, str, int]]:
    """The messages about a visit that are in these states, by kind, channel and offset."""
    rows = Message.objects.filter(appointment=visit)
    if states:
        rows = rows.filter(status__in=states)
    return sorted(rows.values_list("kind", "channel", "offset_minutes"))


def waiting(visit: Appointment) -> list[tuple[str, str, int]]:
    return told(visit, MessageStatus.PENDING)


def why_not(visit: Appointment) -> set[str]:
    return set(Message.objects.filter(appointment=visit).exclude(why_not="").values_list("why_not", flat=True))


def sent(visit: Appointment) -> None:
    """As though everything that waits had gone out."""
    Message.objects.filter(appointment=visit, status=MessageStatus.PENDING).update(status=MessageStatus.SENT)


REMINDERS = [("reminder", "email", 60), ("reminder", "email", 1440), ("reminder", "sms", 120)]
CONFIRMED = [("confirmation", "email", 0), *REMINDERS]
MOVED = [*REMINDERS, ("rescheduled", "email", 0), ("rescheduled", "sms", 0)]
CANCELLED = [("cancelled", "email", 0), ("cancelled", "sms", 0)]


class TestBooking:
    def test_a_booking_is_confirmed_and_reminded_of(self, here):
        visit = book(slot(here, hours=50))
        assert waiting(visit) == told(visit) == CONFIRMED
        confirmation = Message.objects.get(kind=Kind.CONFIRMATION)
        assert (confirmation.due_at, confirmation.try_at, confirmation.not_after) == (NOON, NOON, visit.starts_at)
        assert (confirmation.patient, confirmation.location) == (visit.patient, here)
        start = visit.starts_at.isoformat()
        assert confirmation.dedupe_key == f"appointment:{visit.pk}:confirmation:0:email:{start}"
        due = dict(Message.objects.filter(kind=Kind.REMINDER).values_list("offset_minutes", "due_at"))
        assert due == {minutes: visit.starts_at - timedelta(minutes=minutes) for minutes in (60, 120, 1440)}

    def test_one_that_waits_to_be_confirmed_asks_for_that_and_reminds_of_nothing(self, here):
        Location.objects.update(needs_confirmation=True, pending_minutes=30)
        visit = book(slot(here, hours=50))
        assert told(visit) == [("to_confirm", "email", 0)]
        assert Message.objects.get().not_after == visit.expires_at

    def test_once_confirmed_it_is_told_so_and_no_more_asked(self, here):
        Location.objects.update(needs_confirmation=True)
        visit = book(slot(here, hours=50))
        lifecycle.confirm_appointment(appointment_id=visit.pk, actor=VISITOR)
        assert waiting(visit) == CONFIRMED
        assert told(visit, MessageStatus.CANCELLED) == [("to_confirm", "email", 0)]
        assert why_not(visit) == {NotSent.VISIT_CHANGED}

    def test_reminders_whose_moment_has_passed_are_none(self, here):
        assert told(book(slot(here, hours=3))) == [CONFIRMED[0], ("reminder", "email", 60), ("reminder", "sms", 120)]
        assert told(book(slot(here, minutes=30))) == [CONFIRMED[0]]

    def test_staff_who_enter_a_visit_that_has_begun_tell_nobody(self, here):
        begun = SlotFactory(location=here, starts_at=NOON - timedelta(minutes=5))
        visit = book_slot(slot_id=begun.pk, patient=PatientFactory(), visit=VisitDetails(), actor=CLINIC)
        assert told(visit) == []

    def test_who_walks_in_is_told_nothing(self):
        token = walk_in(*a_doctor())
        assert told(token.appointment) == []

    def test_the_rules_of_the_place_are_followed(self, here):
        rule = {"location": here, "channel": ChannelName.SMS}
        MessageRule.objects.create(kind=Kind.CONFIRMATION, **rule)
        MessageRule.objects.create(kind=Kind.REMINDER, offset_minutes=180, **rule)
        MessageRule.objects.create(kind=Kind.REMINDER, offset_minutes=120, is_active=False, **rule)
        assert told(book(slot(here, hours=50))) == [("confirmation", "sms", 0), ("reminder", "sms", 180)]

    def test_a_booking_that_is_taken_back_leaves_no_message(self, here):
        seat = slot(here, hours=50)
        with transaction.atomic():
            book(seat)
            assert Message.objects.exists()
            transaction.set_rollback(True)
        assert not Message.objects.exists()

    def test_it_costs_two_statements_and_asks_for_no_address(self, here):
        seat, patient = slot(here, hours=50), PatientFactory()
        with CaptureQueriesContext(connection) as queries:
            book(seat, patient=patient)
        ours = [query["sql"] for query in queries if "notifications_" in query["sql"]]
        assert len(ours) == 2
        assert sum('FROM "scheduling_patient"' in query["sql"] for query in queries) <= 1  # its lock

    def test_who_sends_is_woken_once_it_is_committed(self, here, django_capture_on_commit_callbacks):
        woken = []

        def note(sender: object, **kwargs: object) -> None:
            woken.append(Message.objects.count())

        messages_due.connect(note)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                book(slot(here, hours=50))
                assert woken == []
        finally:
            messages_due.disconnect(note)
        assert woken == [4]


class TestMoving:
    def move(self, visit: Appointment, seat: Slot, actor=VISITOR) -> Appointment:
        return reschedule_appointment(appointment_id=visit.pk, slot_id=seat.pk, actor=actor)

    def test_the_old_time_is_forgotten_and_the_new_one_told(self, here):
        visit = book(slot(here, hours=50))
        moved = self.move(visit, slot(here, hours=74))
        assert waiting(visit) == []
        assert why_not(visit) == {NotSent.VISIT_MOVED}
        assert waiting(moved) == MOVED

    def test_what_has_gone_out_stays_as_it_is(self, here):
        visit = book(slot(here, hours=50))
        sent(visit)
        self.move(visit, slot(here, hours=74))
        assert told(visit, MessageStatus.SENT) == CONFIRMED

    def test_there_and_back_again_leaves_one_of_each(self, here):
        first, other = slot(here, hours=50), slot(here, hours=74)
        visit = self.move(self.move(book(first), other), first)
        rows = Message.objects.filter(status=MessageStatus.PENDING)
        assert sorted(rows.values_list("kind", "channel", "offset_minutes")) == waiting(visit) == MOVED
        assert set(rows.values_list("starts_at", flat=True)) == {first.starts_at}

    def test_while_it_waits_to_be_confirmed_it_is_asked_for_that_anew(self, here):
        Location.objects.update(needs_confirmation=True)
        moved = self.move(book(slot(here, hours=50)), slot(here, hours=74))
        assert waiting(moved) == [("to_confirm", "email", 0)]
        lifecycle.confirm_appointment(appointment_id=moved.pk, actor=VISITOR)
        assert waiting(moved) == CONFIRMED


class TestTheEndOfABooking:
    def test_cancelled_it_is_told_and_nothing_else_is_left(self, here):
        visit = book(slot(here, hours=50))
        lifecycle.cancel_appointment(appointment_id=visit.pk, actor=CLINIC, message=" Dr Okafor\x00 is ill. ")
        assert waiting(visit) == CANCELLED
        assert told(visit, MessageStatus.CANCELLED) == CONFIRMED
        assert why_not(visit) == {NotSent.VISIT_CANCELLED}
        assert set(Message.objects.filter(kind=Kind.CANCELLED).values_list("words", flat=True)) == {"Dr Okafor is ill."}

    def test_what_patients_say_to_the_clinic_is_not_said_back_to_them(self, here):
        visit = book(slot(here, hours=50))
        lifecycle.cancel_appointment(appointment_id=visit.pk, actor=VISITOR, message="I am on holiday")
        assert set(Message.objects.filter(kind=Kind.CANCELLED).values_list("words", flat=True)) == {""}

    def test_cancelled_when_it_is_past_nobody_is_told(self, here, clock):
        visit = book(slot(here, hours=2))
        clock.move_to(NOON + timedelta(hours=3))
        lifecycle.cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
        assert waiting(visit) == []

    def test_not_confirmed_in_time_it_is_told_so(self, here, clock):
        Location.objects.update(needs_confirmation=True)
        visit = book(slot(here, hours=50))
        clock.move_to(NOON + timedelta(hours=1))
        lifecycle.expire_overdue(actor=CLINIC)
        assert waiting(visit) == [("expired", "email", 0)]
        assert told(visit, MessageStatus.CANCELLED) == [("to_confirm", "email", 0)]

    def test_not_confirmed_in_time_and_found_out_after_the_visit_nobody_is_told(self, here, clock):
        Location.objects.update(needs_confirmation=True)
        visit = book(slot(here, hours=2))
        clock.move_to(NOON + timedelta(hours=3))
        lifecycle.expire_overdue(actor=CLINIC)
        assert waiting(visit) == []

    def test_who_did_not_come_is_sent_nothing_more(self, here, clock):
        visit = book(slot(here, hours=2))
        clock.move_to(NOON + timedelta(hours=2))
        lifecycle.mark_no_show(appointment_id=visit.pk, actor=CLINIC)
        assert waiting(visit) == []
        assert why_not(visit) == {NotSent.VISIT_PAST}


class TestTheDayItself:
    @pytest.fixture
    def token(self, here):
        MessageRule.objects.create(kind=Kind.FEEDBACK, channel=ChannelName.EMAIL)
        for minutes in (10, 60):
            MessageRule.objects.create(kind=Kind.REMINDER, channel=ChannelName.SMS, offset_minutes=minutes)
        visit = book(slot(here, minutes=30))
        return check_in(appointment_id=visit.pk, actor=CLINIC)

    def test_who_is_here_is_not_reminded(self, token):
        assert waiting(token.appointment) == []
        assert why_not(token.appointment) == {NotSent.VISIT_PAST}

    def test_who_was_checked_in_by_mistake_is(self, token):
        undo_step(step_id=token.steps.get().pk, actor=CLINIC)
        assert waiting(token.appointment) == [("reminder", "sms", 10)]

    def test_but_not_twice(self, here):
        MessageRule.objects.create(kind=Kind.REMINDER, channel=ChannelName.SMS, offset_minutes=60)
        visit = book(slot(here, minutes=70))
        sent(visit)
        token = check_in(appointment_id=visit.pk, actor=CLINIC)
        undo_step(step_id=token.steps.get().pk, actor=CLINIC)
        assert told(visit) == [("reminder", "sms", 60)]

    def test_afterwards_they_are_asked_how_it_was_where_a_rule_says_so(self, token):
        steps.start_token(token_id=token.pk, actor=CLINIC)
        steps.finish_token(token_id=token.pk, actor=CLINIC)
        assert waiting(token.appointment) == [("feedback", "email", 0)]
        assert Message.objects.get(kind=Kind.FEEDBACK).due_at == NOON + timedelta(hours=1)

    def test_who_went_in_again_is_asked_once_it_is_over(self, token):
        for _time in range(2):
            if token.status != "in_consultation":
                token = steps.start_token(token_id=token.pk, actor=CLINIC)
            steps.finish_token(token_id=token.pk, actor=CLINIC)
            assert waiting(token.appointment) == [("feedback", "email", 0)]
            token = undo_step(step_id=token.steps.latest("pk").pk, actor=CLINIC)
            token.refresh_from_db()
            assert waiting(token.appointment) == []

    def test_who_leaves_is_told_nothing_and_so_is_who_comes_back(self, token):
        token = steps.leave_queue(token_id=token.pk, actor=CLINIC)
        assert waiting(token.appointment) == []
        undo_step(step_id=token.steps.latest("pk").pk, actor=CLINIC)
        token.appointment.refresh_from_db()
        assert token.appointment.status == AppointmentStatus.CHECKED_IN
        assert waiting(token.appointment) == []

    def test_who_walked_in_is_asked_too(self, token):
        other = walk_in(*a_doctor())
        steps.start_token(token_id=other.pk, actor=CLINIC)
        steps.finish_token(token_id=other.pk, actor=CLINIC)
        assert waiting(other.appointment) == [("feedback", "email", 0)]


NIGHT = datetime(2026, 1, 14, 23, 0, tzinfo=UTC)
MORNING = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


class TestAtNight:
    def due(self, visit: Appointment, kind: Kind) -> dict[str, datetime | str]:
        rows = Message.objects.filter(appointment=visit, kind=kind)
        return {row.channel: row.why_not or row.due_at for row in rows}

    @pytest.fixture(autouse=True)
    def _at_night(self, clock):
        clock.move_to(NIGHT)

    def test_who_books_gets_their_mail_and_no_phone_rings(self, here):
        for channel in ChannelName:
            MessageRule.objects.create(kind=Kind.CONFIRMATION, channel=channel)
        visit = book(slot(here, hours=50))
        mornings = dict.fromkeys(["sms", "push", "call"], MORNING)
        assert self.due(visit, Kind.CONFIRMATION) == {"email": NIGHT, **mornings}

    def test_what_staff_do_waits_for_the_morning(self, here):
        visit = book(slot(here, hours=50))
        lifecycle.cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
        assert self.due(visit, Kind.CANCELLED) == {"email": MORNING, "sms": MORNING}

    def test_unless_somebody_would_come_for_nothing(self, here):
        visit = book(slot(here, hours=9, minutes=50))  # ten to nine
        lifecycle.cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
        assert self.due(visit, Kind.CANCELLED) == {"email": NIGHT, "sms": NIGHT}

    def test_also_to_the_time_that_they_had_before(self, here):
        visit = book(slot(here, hours=9))
        moved = reschedule_appointment(appointment_id=visit.pk, slot_id=slot(here, hours=90).pk, actor=CLINIC)
        assert self.due(moved, Kind.RESCHEDULED) == {"email": NIGHT, "sms": NIGHT}
        again = reschedule_appointment(appointment_id=moved.pk, slot_id=slot(here, hours=99).pk, actor=CLINIC)
        assert self.due(again, Kind.RESCHEDULED) == {"email": MORNING, "sms": MORNING}

    def test_what_would_only_disturb_is_dropped_and_says_why(self, here):
        MessageRule.objects.create(kind=Kind.CONFIRMATION, channel=ChannelName.SMS)
        visit = book(slot(here, hours=9, minutes=30))
        assert self.due(visit, Kind.CONFIRMATION) == {"sms": NotSent.QUIET_HOURS}
        assert told(visit, MessageStatus.SUPPRESSED) == [("confirmation", "sms", 0)]

    def test_reminders_that_meet_at_one_moment_are_one(self, here):
        for minutes in (60, 90, 120):
            MessageRule.objects.create(kind=Kind.REMINDER, channel=ChannelName.EMAIL, offset_minutes=minutes)
        visit = book(slot(here, hours=33, minutes=30))  # half past eight, the day after tomorrow
        assert waiting(visit) == [("reminder", "email", 120)]
        assert told(visit, MessageStatus.SUPPRESSED) == [("reminder", "email", 60), ("reminder", "email", 90)]

    def test_a_clinic_may_have_hours_of_its_own(self, here):
        MessagePolicy.objects.create(location=here, quiet_from=time(0), quiet_until=time(0))
        visit = book(slot(here, hours=50))
        lifecycle.cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
        assert self.due(visit, Kind.CANCELLED) == {"email": NIGHT, "sms": NIGHT}
