"""What staff see of the messages about a visit: what went out, what will, when, and why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Message, MessageRule, Suppression
from notifications.selectors.preview import Planned, Standing, what_will_be_sent
from notifications.states import ChannelName, Kind, MessageStatus, NotSent, StopReason
from notifications.tests.factories import message
from queueing.services.check_in import check_in
from queueing.services.undoing import undo_step
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment, Location, Patient
from scheduling.services import lifecycle
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.factories import CLINIC, VISITOR, SlotFactory, book

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def in_time(**ahead: float) -> Appointment:
    return book(SlotFactory(starts_at=timezone.now() + timedelta(**ahead)))


def seen(visit: Appointment) -> dict[tuple[str, str, int], Planned]:
    visit = Appointment.objects.select_related("patient", "location").get(pk=visit.pk)
    return {(one.kind.value, one.channel.value, one.offset_minutes): one for one in what_will_be_sent(visit)}


def standing(visit: Appointment) -> dict[tuple[str, str, int], tuple[str, datetime | None, str]]:
    return {key: (one.standing.value, one.when, str(one.why_not or "")) for key, one in seen(visit).items()}


QUEUE = {
    ("turn_near", "push", 0): ("planned", None, "no_address"),
    ("your_turn", "push", 0): ("planned", None, "no_address"),
}


class TestAConfirmedVisit:
    def test_all_that_waits_and_when(self):
        visit = in_time(hours=50)
        start = visit.starts_at
        assert standing(visit) == {
            ("confirmation", "email", 0): ("waiting", NOON, ""),
            ("reminder", "email", 1440): ("waiting", start - timedelta(days=1), ""),
            ("reminder", "sms", 120): ("waiting", start - timedelta(hours=2), ""),
            ("reminder", "email", 60): ("waiting", start - timedelta(hours=1), ""),
            **QUEUE,
        }
        assert [one.when for one in what_will_be_sent(visit)][:4] == sorted(
            one.when for one in seen(visit).values() if one.when
        )

    def test_what_went_out_and_what_was_too_late_to_remind_of(self):
        visit = in_time(minutes=90)
        Message.objects.filter(kind=Kind.CONFIRMATION).update(status=MessageStatus.SENT, sent_at=NOON)
        start = visit.starts_at
        assert standing(visit) == {
            ("confirmation", "email", 0): ("sent", NOON, ""),
            ("reminder", "email", 1440): ("not_sent", start - timedelta(days=1), "too_old"),
            ("reminder", "sms", 120): ("not_sent", start - timedelta(hours=2), "too_old"),
            ("reminder", "email", 60): ("waiting", start - timedelta(hours=1), ""),
            **QUEUE,
        }

    def test_a_rule_that_is_newer_than_the_booking_is_planned_for(self):
        visit = in_time(hours=50)
        MessageRule.objects.create(kind=Kind.REMINDER, channel=ChannelName.EMAIL, offset_minutes=180)
        found = standing(visit)
        assert found["reminder", "email", 180] == ("planned", visit.starts_at - timedelta(hours=3), "")
        assert found["reminder", "email", 60][2] == NotSent.RULE_OFF

    def test_as_things_stand_it_will_not_go_out(self):
        visit = in_time(hours=50)
        Patient.objects.update(wants_sms=False)
        Suppression.objects.create(channel=ChannelName.EMAIL, address=visit.patient.email, reason=StopReason.BOUNCED)
        found = standing(visit)
        assert found["reminder", "sms", 120][::2] == ("waiting", NotSent.NOT_WANTED)
        assert found["reminder", "email", 60][::2] == ("waiting", NotSent.STOPPED)
        Patient.objects.update(email="")
        assert standing(visit)["reminder", "email", 60][::2] == ("waiting", NotSent.NO_ADDRESS)

    def test_it_can_be_looked_at_in_a_few_queries(self):
        visit = in_time(hours=50)
        visit = Appointment.objects.select_related("patient", "location").get(pk=visit.pk)
        with CaptureQueriesContext(connection) as queries:
            what_will_be_sent(visit)
        assert len(queries) <= 12


def test_what_comes_once_a_visit_is_confirmed():
    slot = SlotFactory(starts_at=NOON + timedelta(hours=50))
    Location.objects.update(needs_confirmation=True)
    found = standing(book(slot))
    assert found["to_confirm", "email", 0] == ("waiting", NOON, "")
    assert found["confirmation", "email", 0] == ("planned", None, "")
    assert found["reminder", "sms", 120] == ("planned", slot.starts_at - timedelta(hours=2), "")


def test_what_will_not_come_to_a_visit_that_was_moved():
    visit = in_time(hours=50)
    reschedule_appointment(
        appointment_id=visit.pk,
        slot_id=SlotFactory(starts_at=NOON + timedelta(hours=70)).pk,
        actor=VISITOR,
    )
    found = standing(visit)
    assert len(found) == 4
    assert {(how, why) for how, _when, why in found.values()} == {("not_sent", NotSent.VISIT_MOVED)}


def test_what_comes_of_a_cancellation():
    visit = in_time(hours=50)
    lifecycle.cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
    found = standing(visit)
    assert found["cancelled", "sms", 0] == ("waiting", NOON, "")
    assert found["reminder", "sms", 120][::2] == ("not_sent", NotSent.VISIT_CANCELLED)
    assert len(found) == 6


def test_what_was_taken_back_by_mistake_is_seen_twice():
    visit = in_time(minutes=80)
    token = check_in(appointment_id=visit.pk, actor=CLINIC)
    undo_step(step_id=token.steps.get().pk, actor=CLINIC)
    found = [one for one in what_will_be_sent(visit) if one.offset_minutes == 60]
    assert sorted(one.standing for one in found) == [Standing.NOT_SENT, Standing.WAITING]


def test_who_walked_in_is_asked_how_it_was_where_a_rule_says_so():
    MessageRule.objects.create(kind=Kind.FEEDBACK, channel=ChannelName.EMAIL)
    MessageRule.objects.create(kind=Kind.REMINDER, channel=ChannelName.EMAIL, offset_minutes=60)
    token = walk_in(*a_doctor())
    assert standing(token.appointment) == {("feedback", "email", 0): ("planned", None, "")}


def test_messages_of_the_queue_are_among_them():
    token = walk_in(*a_doctor())
    message(Kind.TURN_NEAR, ChannelName.PUSH, token=token, appointment=token.appointment, due_at=NOON)
    assert standing(token.appointment)["turn_near", "push", 0] == ("waiting", NOON, NotSent.NO_ADDRESS)
    Message.objects.update(appointment=None)
    assert standing(token.appointment)["turn_near", "push", 0] == ("waiting", NOON, NotSent.NO_ADDRESS)
