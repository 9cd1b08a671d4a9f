"""What the sweep does with what is due: once, in the order of its hurry, within its time."""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from config.work.pace import Pace
from notifications.channels import Receipt
from notifications.models import Message
from notifications.selectors.due import due_messages
from notifications.services import couriers, lanes, sending
from notifications.services.claiming import claim_due
from notifications.services.couriers import Couriers
from notifications.services.outcomes import LEASE
from notifications.signals import messages_due
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus
from notifications.tests.gateways import Gateway
from notifications.tests.sending import alone, now, send, several
from testing.threads import run_together

pytestmark = pytest.mark.django_db

SMS = ChannelName.SMS


def test_what_is_due_is_handed_over_once_and_its_number_is_kept():
    due, gateway = alone(), Gateway()
    assert str(send(gateway)) == "1 sent"
    assert not send(gateway)
    due = now(due)
    assert (due.status, due.provider, due.provider_id) == (MessageStatus.SENT, "stand-in", "id-1")
    assert (due.attempts, due.claim, due.claimed_until) == (1, "", None)
    assert due.sent_at is not None
    (parcel,) = gateway.sent
    assert (parcel.address, parcel.text, parcel.message_id) == (due.address, due.body, due.pk)
    assert due.address == due.patient.email
    assert due.body


def test_what_is_not_due_yet_is_left_alone():
    alone(due_at=timezone.now() + timedelta(minutes=1))
    assert not send(gateway := Gateway())
    assert gateway.sent == []


@pytest.mark.django_db(transaction=True)
def test_the_attempt_is_committed_before_the_gateway_hears_of_it():
    due, seen = alone(), []

    def look(parcel):
        seen.append(Message.objects.get(pk=parcel.message_id))  # in a thread, by a connection of its own
        return Receipt("stand-in")

    send(Gateway(replies=deque([look])))
    (as_it_was,) = seen
    assert (as_it_was.status, as_it_was.attempts, as_it_was.address) == ("sending", 1, due.patient.email)
    assert as_it_was.claimed_until > timezone.now() + LEASE / 2


def test_more_than_is_held_at_once_goes_out_in_one_run(monkeypatch):
    monkeypatch.setattr(lanes, "IN_HAND", 3)
    several(8, SMS)
    assert str(send(gateway := Gateway())) == "8 sent"
    assert len({parcel.message_id for parcel in gateway.sent}) == 8


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_send_each_message_once():
    several(30, SMS)
    gateway = Gateway()
    outcomes = run_together([lambda: send(gateway)] * 3)
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert sorted(parcel.message_id for parcel in gateway.sent) == sorted(Message.objects.values_list("pk", flat=True))


def test_what_matters_for_minutes_goes_first(monkeypatch):
    reminder, *_others = several(3, SMS, Kind.REMINDER)
    Message.objects.filter(pk=reminder.pk).update(kind=Kind.YOUR_TURN)
    Message.objects.exclude(pk=reminder.pk).update(try_at=timezone.now() - timedelta(hours=1))
    (first,) = claim_due(channel=SMS, limit=1)
    assert first.pk == reminder.pk


def test_a_dry_run_counts_and_changes_nothing():
    several(3)
    assert send(gateway := Gateway(), dry_run=True) == 3
    assert gateway.sent == []
    assert set(Message.objects.values_list("status", "claim")) == {("pending", "")}


def test_a_limit_is_kept_and_the_rest_given_back():
    several(5)
    tally = send(Gateway(), limit=2)
    assert (str(tally), tally.more) == ("2 sent; more is due", True)
    assert Message.objects.filter(status="pending", claim="").count() == 3


@pytest.fixture
def clock(monkeypatch):
    """The clock of runs; it stands still unless somebody sets it on."""
    clock = SimpleNamespace(now=0.0)

    def sleep(seconds):
        clock.now += seconds

    monkeypatch.setattr(sending, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep))
    return clock


@pytest.fixture
def wakes():
    """Whoever wakes those who send."""
    heard = []

    def note(**_event):
        heard.append(True)

    messages_due.connect(note)
    yield heard
    messages_due.disconnect(note)


def test_a_run_whose_time_is_up_gives_back_what_it_holds_and_wakes_the_next_one(clock, wakes):
    several(3)

    def dawdle(parcel):
        clock.now += sending.RUN_SECONDS + 1
        return Receipt("stand-in")

    assert str(send(Gateway(replies=deque([dawdle])))) == "1 sent; more is due"
    assert Message.objects.filter(status="pending", claim="").count() == 2
    assert wakes == [True]
    assert str(send(Gateway())) == "2 sent"
    assert wakes == [True]


def test_a_gateway_that_never_answers_does_not_keep_a_run_for_ever(clock, caplog):
    due, over = alone(), threading.Event()

    def hang(parcel):
        clock.now += sending.RUN_SECONDS + sending.ANSWER_SECONDS + 1
        over.wait(60)
        return Receipt("stand-in")

    with caplog.at_level(logging.WARNING):
        send(Gateway(replies=deque([hang])))
    assert now(due).status == "sending"
    assert "without an answer" in caplog.text
    over.set()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_when_a_late_answer_comes_does_not_keep_a_run_for_ever(clock):
    alone()
    away = []

    def lose(execute, sql, *rest):
        if away:
            raise OperationalError("the database is away")
        return execute(sql, *rest)

    def dawdle(parcel):
        clock.now += sending.RUN_SECONDS + sending.ANSWER_SECONDS - 1
        away.append(True)
        return Receipt("stand-in")

    with connection.execute_wrapper(lose), pytest.raises(OperationalError):
        send(Gateway(replies=deque([dawdle])))
    assert clock.now + sending.GOODBYE_SECONDS <= Pace(task=60).task * 0.77


def test_all_gateways_together_are_said_goodbye_to_for_so_long(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(couriers, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def join(seconds):
        clock.now += seconds

    held_up = Couriers(3)
    held_up._threads = [SimpleNamespace(join=join) for _courier in range(3)]
    held_up.dismiss(seconds=5)
    assert clock.now == 5


def test_without_a_gateway_a_message_is_kept_to_be_looked_at():
    due, gateway = alone(), Gateway(is_there=False)
    assert str(send(gateway)) == "1 kept in the outbox"
    due = now(due)
    assert gateway.sent == []
    assert (due.status, due.provider, due.delivery_status) == ("sent", "outbox", DeliveryStatus.KEPT)
    assert due.body


def test_one_e_mail_is_under_way_at_a_time():
    """What a killed worker had under way goes out again, and no mail server can be asked."""
    several(6)
    under_way, most = [], []

    def take(parcel):
        under_way.append(parcel)
        most.append(len(under_way))
        over.wait(0.02)
        under_way.remove(parcel)
        return Receipt("stand-in")

    over = threading.Event()
    send(Gateway(replies=deque([take] * 6)))
    assert most == [1] * 6


def test_a_gateway_that_takes_its_time_is_handed_several_texts_at_once():
    several(6, SMS)
    together = threading.Barrier(6)

    def take(parcel):
        together.wait(30)  # until all six are under way
        return Receipt("stand-in")

    assert str(send(Gateway(replies=deque([take] * 6)))) == "6 sent"


@pytest.mark.sqlite_only
def test_looking_for_what_is_due_reads_no_more_than_that():
    assert "message_to_send" in due_messages().explain()
