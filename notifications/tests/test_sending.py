"""What the sweep does with a message, whatever the gateway answers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import time, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from config.work.pace import Pace
from notifications.channels import PermanentRefusal, Receipt, TryLater, Unclear
from notifications.models import Message, MessagePolicy, MessageRule, PushSubscription, Suppression
from notifications.selectors.due import due_messages
from notifications.services import couriers, lanes, sending
from notifications.services.claiming import claim_due
from notifications.services.couriers import Couriers
from notifications.services.outbox import cancel_unsent, send_due
from notifications.services.outcomes import ASKED_FOR, LEASE, LONGEST_PAUSE, MOST_ATTEMPTS, pause_after
from notifications.signals import messages_due
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent
from notifications.tests.factories import message
from notifications.tests.gateways import Gateway
from scheduling.models import Appointment
from scheduling.services.locking import lock_visit
from scheduling.tests.factories import CLINIC
from testing.threads import run_together, wait_until_somebody_waits

pytestmark = pytest.mark.django_db

EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS


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


# --- Sent ---------------------------------------------------------------------------------------------------------


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


# --- Not taken ----------------------------------------------------------------------------------------------------


def test_a_gateway_that_is_busy_is_tried_again_later():
    due, gateway = alone(), Gateway(replies=deque([TryLater("429")]))
    assert str(send(gateway)) == "1 to be tried later"
    due = now(due)
    assert (due.status, due.error, due.claim, due.attempts) == ("pending", "429", "", 1)
    assert due.try_at > timezone.now() + timedelta(seconds=10)
    assert not send(gateway)
    is_due()
    assert str(send(gateway)) == "1 sent"
    assert (now(due).attempts, due.error) == (2, "")
    assert gateway.asked == []


def test_pauses_grow_differ_and_are_no_shorter_than_the_gateway_wants():
    for attempts in range(1, MOST_ATTEMPTS):
        pauses = {pause_after(attempts) for _ in range(20)}
        assert len(pauses) > 1
        whole = min(timedelta(seconds=30) * 3 ** (attempts - 1), LONGEST_PAUSE)
        assert all(whole / 2 <= pause <= whole for pause in pauses)
    assert pause_after(1, asked_for=600) == timedelta(minutes=10)
    assert pause_after(1, asked_for=10**9) == LONGEST_PAUSE
    assert pause_after(1, asked_for=-5) <= timedelta(seconds=30)


def test_a_gateway_that_never_takes_it_is_given_up():
    due, gateway = alone(), Gateway(replies=deque([TryLater("503")] * 99))
    for _attempt in range(MOST_ATTEMPTS + 2):
        send(gateway)
        is_due()
    due = now(due)
    assert (due.status, due.why_not, due.error, due.attempts) == ("failed", NotSent.GAVE_UP, "503", MOST_ATTEMPTS)
    assert len(gateway.sent) == MOST_ATTEMPTS


def test_what_is_refused_for_good_is_not_tried_again():
    due, gateway = alone(), Gateway(replies=deque([PermanentRefusal("550", why=NotSent.BAD_ADDRESS)]))
    assert str(send(gateway)) == "1 failed"
    is_due()
    assert not send(gateway)
    due = now(due)
    assert (due.status, due.why_not, due.error, due.claim) == ("failed", NotSent.BAD_ADDRESS, "550", "")
    assert not Suppression.objects.exists()


def test_an_address_that_is_no_good_is_stopped():
    due = alone()
    send(Gateway(replies=deque([PermanentRefusal("550 5.1.1", stop=True)])))
    stopped = Suppression.objects.get()
    assert (stopped.channel, stopped.address, stopped.reason) == (EMAIL, due.patient.email.lower(), "bounced")
    again = message(Kind.RESCHEDULED, appointment=due.appointment)
    send(gateway := Gateway())
    assert gateway.sent == []
    assert (now(again).status, again.why_not) == ("suppressed", NotSent.STOPPED)


def test_a_gateway_that_is_away_is_left_alone_for_the_rest_of_the_run():
    several(20)
    gateway = Gateway(replies=deque([TryLater("not reached")] * 99))
    send(gateway)
    assert len(gateway.sent) == lanes.MOST_REFUSALS
    assert Message.objects.filter(attempts=0, status="pending", claim="").count() == 20 - lanes.MOST_REFUSALS


def test_a_gateway_that_asks_for_rest_gets_it():
    several(5)
    gateway = Gateway(replies=deque([TryLater("429", after=30)] * 9))
    send(gateway)
    assert len(gateway.sent) == 1


def test_one_gateway_that_is_away_holds_up_no_other():
    sms = several(2, SMS)
    message(Kind.RESCHEDULED, appointment=sms[0].appointment)
    email = Gateway(replies=deque([TryLater("not reached")]))
    other = Gateway()
    send_due(actor=CLINIC, channel_of=lambda name: email if name == EMAIL else other)
    assert len(other.sent) == 2


# --- Unclear --------------------------------------------------------------------------------------------------------


def unclear_and_lapsed(channel=SMS, **fields):
    """A message of which nobody knows whether the gateway took it, and whose lease is over."""
    due = alone(channel=channel, **fields)
    assert str(send(Gateway(replies=deque([Unclear("timed out")])))) == "1 unclear"
    assert not send(idle := Gateway())
    assert (idle.asked, idle.sent) == ([], [])
    is_dead()
    return now(due)


def test_what_is_unclear_stays_so_until_the_lease_is_over_and_then_the_gateway_is_asked():
    due = unclear_and_lapsed()
    assert (due.status, due.error) == ("sending", "timed out")
    gateway = Gateway(answers=deque([Receipt("stand-in", "id-9", DeliveryStatus.SENT)]))
    assert str(send(gateway)) == "1 sent"
    (parcel,) = gateway.asked
    assert (parcel.address, parcel.text, parcel.first_tried_at) == (due.address, due.body, due.attempted_at)
    assert gateway.sent == []
    due = now(due)
    assert (due.status, due.provider_id, due.delivery_status, due.error) == ("sent", "id-9", "sent", "")


def test_who_is_asked_about_a_call_hears_which_calls_to_that_number_were_others():
    tried = {"status": "sending", "attempts": 1, "attempted_at": timezone.now(), "address": "+447700900123"}
    due = alone(channel=ChannelName.CALL, **tried)
    gone = {"channel": ChannelName.CALL, "status": "sent", "appointment": due.appointment}
    message(address=due.address, provider_id="id-7", **gone)
    message(address="+447700900999", provider_id="id-8", **gone)
    message(address=due.address, **gone)
    send(gateway := Gateway())
    assert [parcel.others for parcel in gateway.asked] == [{"id-7"}]


def test_what_the_gateway_never_heard_of_is_sent_again_at_once():
    due = unclear_and_lapsed()
    first_tried_at = due.attempted_at
    assert str(send(gateway := Gateway())) == "1 not known to the gateway, 1 sent"
    assert (len(gateway.asked), len(gateway.sent)) == (1, 1)
    assert (now(due).status, due.attempts, due.attempted_at) == ("sent", 2, first_tried_at)


def test_what_the_gateway_never_heard_of_is_checked_before_it_is_sent_again():
    due = unclear_and_lapsed()
    due.appointment.status = "cancelled"
    due.appointment.save()
    send(gateway := Gateway())
    assert gateway.sent == []
    assert (now(due).status, due.why_not) == ("cancelled", NotSent.VISIT_CANCELLED)


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_the_gateway_is_asked_is_seen():
    due = unclear_and_lapsed()

    def look_for_it(parcel):
        Appointment.objects.update(status="cancelled")

    send(gateway := Gateway(answers=deque([look_for_it])))
    assert (len(gateway.asked), gateway.sent) == (1, [])
    assert (now(due).status, due.why_not) == ("cancelled", NotSent.VISIT_CANCELLED)


def test_a_gateway_that_cannot_be_asked_is_asked_again_later():
    due = unclear_and_lapsed()
    gateway = Gateway(answers=deque([TryLater("503")]))
    assert str(send(gateway)) == "1 unclear"
    assert gateway.sent == []
    due = now(due)
    assert (due.status, due.claim) == ("sending", "")
    assert due.try_at > timezone.now()
    is_due()
    assert "1 sent" in str(send(Gateway()))


def test_a_gateway_that_can_never_be_asked_is_given_up():
    due = unclear_and_lapsed()
    Message.objects.update(attempted_at=timezone.now() - ASKED_FOR - timedelta(minutes=1))
    send(Gateway(answers=deque([TryLater("503")])))
    assert (now(due).status, due.why_not) == ("failed", NotSent.GAVE_UP)


def test_what_is_unclear_again_and_again_is_given_up():
    due = alone(channel=SMS)
    gateway = Gateway(replies=deque([Unclear("line broke")] * 99))
    for _attempt in range(MOST_ATTEMPTS + 2):
        send(gateway)
        is_dead()
    assert (now(due).status, due.why_not) == ("failed", NotSent.GAVE_UP)
    assert len(gateway.sent) == MOST_ATTEMPTS


@pytest.mark.parametrize("channel", [EMAIL, SMS])
def test_a_fault_of_ours_counts_as_unclear_and_is_told_without_what_it_was_about(channel, caplog):
    due = alone(channel=channel)
    with caplog.at_level(logging.ERROR):
        send(Gateway(replies=deque([RuntimeError("ada@example.org")])))
    assert (now(due).status, due.error.partition(" ")[0]) == ("sending", "RuntimeError")
    assert "ada@example.org" not in caplog.text + due.error


# --- Overtaken ------------------------------------------------------------------------------------------------------


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
            lock_visit(appointment_id=due.appointment_id)
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
