"""What the sweep does with a message that others change, or take over, while it is sent."""

from __future__ import annotations

import threading
from collections import deque

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications.channels import PermanentRefusal, Receipt, TryLater, Unclear
from notifications.models import Message, MessageRule, PushSubscription
from notifications.services import lanes, sending
from notifications.services.claiming import claim_due
from notifications.services.outbox import cancel_unsent
from notifications.services.outcomes import LEASE
from notifications.states import ChannelName, NotSent
from notifications.tests.gateways import Gateway
from notifications.tests.sending import alone, now, send
from scheduling.models import Appointment
from scheduling.tests.factories import CLINIC
from testing.threads import run_together, wait_until_somebody_waits

pytestmark = pytest.mark.django_db

EMAIL = ChannelName.EMAIL


def test_what_was_cancelled_after_it_was_claimed_is_not_sent(monkeypatch):
    due = alone()
    claimed = claim_due(channel=EMAIL, limit=5)
    Message.objects.update(status="cancelled", why_not=NotSent.VISIT_MOVED)
    monkeypatch.setattr(lanes, "claim_due", lambda **_asked: claimed)
    monkeypatch.setattr(sending, "channels_with_due_messages", lambda: {EMAIL})
    assert str(send(gateway := Gateway())) == "1 overtaken"
    assert gateway.sent == []
    assert now(due).status == "cancelled"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_cancels_what_is_just_being_sent_is_not_undone_for_it():
    """The run has the message and wants the visit, for the row of a second browser; whoever cancels, the other way."""
    due = alone(channel=ChannelName.PUSH)
    MessageRule.objects.create(kind=due.kind, channel=due.channel)
    for endpoint in ("a", "b"):
        PushSubscription.objects.create(patient=due.patient, endpoint=endpoint, endpoint_digest=endpoint)
    begun, locked = threading.Event(), threading.Event()

    def cancel():
        with transaction.atomic():
            # With its key, as whoever removes a visit locks it: who only changes one stands in nobody's way here.
            Appointment.objects.select_for_update().get(pk=due.appointment_id)
            locked.set()
            assert begun.wait(30)
            return cancel_unsent(why=NotSent.VISIT_CANCELLED, actor=CLINIC, appointment_id=due.appointment_id)

    def until_they_wait_for_us(execute, sql, *rest):
        if sql.startswith("INSERT INTO") and not begun.is_set():
            begun.set()
            wait_until_somebody_waits()
        return execute(sql, *rest)

    def run():
        assert locked.wait(30)
        with connection.execute_wrapper(until_they_wait_for_us):
            return send(Gateway())

    cancelled, sent = run_together([cancel, run])
    assert (cancelled.answer, cancelled.error, sent.error) == (1, None, None)
    assert now(due).status == "cancelled"


def somebody_takes_over():
    """Another worker holds everything by now."""
    Message.objects.update(claim="another", claimed_until=timezone.now() + LEASE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refusal", [TryLater("429"), PermanentRefusal("400"), Unclear("timed out")])
def test_who_was_thought_dead_speaks_for_nothing_any_more(refusal):
    due = alone()

    def dawdle(parcel):
        somebody_takes_over()
        raise refusal

    send(Gateway(replies=deque([dawdle])))
    assert (now(due).status, due.claim, due.error) == ("sending", "another", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("meanwhile", ["sending", "pending"])
def test_that_a_gateway_has_it_is_true_whoever_says_so(meanwhile):
    due = alone()

    def dawdle(parcel):
        somebody_takes_over()
        Message.objects.update(status=meanwhile)
        return Receipt("stand-in", "id-1")

    send(Gateway(replies=deque([dawdle])))
    assert (now(due).status, due.claim, due.provider_id) == ("sent", "", "id-1")
