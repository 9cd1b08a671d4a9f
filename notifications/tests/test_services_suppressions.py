"""Addresses that nothing is sent to."""

from __future__ import annotations

import pytest

from accounts.actors import gateway
from accounts.models import AuditEntry
from notifications.models import Suppression
from notifications.selectors.suppressions import is_stopped
from notifications.services.suppressions import start_address, stop_address
from notifications.states import ChannelName, StopReason
from testing.threads import run_together

TWILIO = gateway("twilio")
NUMBER = "+447700900123"


def stop(channel: ChannelName, address: str, reason: StopReason = StopReason.STOP) -> bool:
    return stop_address(channel=channel, address=address, reason=reason, actor=TWILIO)


@pytest.mark.django_db
def test_a_stopped_address_is_stopped_until_it_is_started() -> None:
    assert not is_stopped(channel=ChannelName.SMS, address=NUMBER)
    assert stop(ChannelName.SMS, NUMBER)
    assert is_stopped(channel=ChannelName.SMS, address=NUMBER)
    assert not is_stopped(channel=ChannelName.CALL, address=NUMBER), "one channel says nothing about another"
    assert start_address(channel=ChannelName.SMS, address=NUMBER, actor=TWILIO)
    assert not is_stopped(channel=ChannelName.SMS, address=NUMBER)


@pytest.mark.django_db
def test_twice_is_once() -> None:
    assert stop(ChannelName.SMS, NUMBER)
    assert not stop(ChannelName.SMS, NUMBER)
    assert Suppression.objects.count() == 1
    assert start_address(channel=ChannelName.SMS, address=NUMBER, actor=TWILIO)
    assert not start_address(channel=ChannelName.SMS, address=NUMBER, actor=TWILIO)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("channel", "stopped", "asked"),
    [
        (ChannelName.EMAIL, " Anna@Example.org", "anna@example.ORG"),
        (ChannelName.SMS, "+44 7700 900123", "+447700900123"),
        (ChannelName.CALL, "07700 900123", "+447700900123"),
        (ChannelName.SMS, "no number", "no number"),
        (ChannelName.PUSH, "12", "12"),
    ],
)
def test_an_address_is_found_however_it_was_typed(channel, stopped, asked) -> None:
    stop(channel, stopped)
    assert is_stopped(channel=channel, address=asked)
    assert not stop(channel, asked)
    assert start_address(channel=channel, address=asked, actor=TWILIO)


@pytest.mark.django_db
def test_what_the_owner_says_weighs_more_than_that_messages_came_back() -> None:
    stop(ChannelName.SMS, NUMBER, StopReason.BOUNCED)
    stop(ChannelName.SMS, NUMBER, StopReason.STOP)
    assert Suppression.objects.get().reason == StopReason.STOP
    stop(ChannelName.SMS, NUMBER, StopReason.BOUNCED)
    assert Suppression.objects.get().reason == StopReason.STOP


@pytest.mark.django_db
def test_the_audit_trail_knows_who_said_so_and_not_which_address() -> None:
    stop(ChannelName.SMS, NUMBER)
    start_address(channel=ChannelName.SMS, address=NUMBER, actor=TWILIO)
    entries = AuditEntry.objects.filter(object_type="notifications_suppression").order_by("pk")
    assert [(entry.verb, entry.action, entry.actor) for entry in entries] == [
        ("address.stop", "insert", "gateway:twilio"),
        ("address.start", "delete", "gateway:twilio"),
    ]
    assert all(NUMBER not in str(entry.changes) for entry in entries)


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_is_once() -> None:
    outcomes = run_together([lambda: stop(ChannelName.SMS, NUMBER)] * 8)
    assert sorted(outcome.answer for outcome in outcomes) == [False] * 7 + [True]
    assert Suppression.objects.count() == 1
