"""Messages that are the only ones, and one run of the sweep that has them."""

from __future__ import annotations

from collections import deque
from datetime import time, timedelta

from django.utils import timezone

from notifications.channels import Unclear
from notifications.models import Message, MessagePolicy
from notifications.services.outbox import send_due
from notifications.states import ChannelName, Kind, MessageStatus
from notifications.tests.factories import message
from notifications.tests.gateways import Gateway
from scheduling.tests.factories import CLINIC

EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS
SENT = ("sent", "")


def send(gateway, **options):
    return send_due(actor=CLINIC, channel_of=gateway, **options)


def alone(kind=Kind.RESCHEDULED, channel=EMAIL, **fields):
    """A message that is the only one, booking writes some of its own; at a location that has no quiet hours."""
    made = message(kind, channel, **fields)
    MessagePolicy.objects.create(location=made.location, quiet_from=time(0), quiet_until=time(0))
    Message.objects.exclude(pk=made.pk).delete()
    return made


def several(count, channel=EMAIL, kind=Kind.RESCHEDULED):
    """Messages about one visit, and no others."""
    first = alone(kind, channel)
    return [first, *(message(kind, channel, appointment=first.appointment) for _ in range(count - 1))]


def is_dead():
    """Whoever held messages has died long ago."""
    Message.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))


def is_due():
    """The pauses are over."""
    Message.objects.update(try_at=timezone.now())


def now(one):
    one.refresh_from_db()
    return one


def becomes(one):
    """What becomes of a message when it is its turn: its state, and why it was not sent."""
    gateway = Gateway()
    send_due(actor=CLINIC, channel_of=gateway)
    one.refresh_from_db()
    assert (one.pk in [parcel.message_id for parcel in gateway.sent]) == (one.status == MessageStatus.SENT)
    return one.status, one.why_not


def unclear_and_lapsed(channel=SMS, **fields):
    """A message of which nobody knows whether the gateway took it, and whose lease is over."""
    due = alone(channel=channel, **fields)
    assert str(send(Gateway(replies=deque([Unclear("timed out")])))) == "1 unclear"
    assert not send(idle := Gateway())
    assert (idle.asked, idle.sent) == ([], [])
    is_dead()
    return now(due)
