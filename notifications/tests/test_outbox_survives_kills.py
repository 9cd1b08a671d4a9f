"""No message is lost or sent twice, though workers are killed at any moment and gateways fail now and then.

Real processes, SIGKILL, a mail server and a Twilio on this machine, Twilio's own client. A mail server cannot be asked
what it has, so there is one second copy of an e-mail, by the same Message-ID, for each kill at most; Twilio can, and
there is none.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from notifications.models import Message, MessagePolicy
from notifications.states import ChannelName, Kind, MessageStatus
from scheduling.tests.factories import LocationFactory, PatientFactory, SlotFactory, book, in_hours
from testing.senders import Senders
from testing.smtp_server import SmtpServer
from testing.storms import copies, kill_as_work_goes_on, make_unruly, wait_for
from testing.twilio_server import CLOSE, TwilioServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

WORKERS = 2


@pytest.fixture
def smtp():
    with SmtpServer() as server:
        yield server


@pytest.fixture
def twilio():
    with TwilioServer() as server:
        yield server


def database() -> dict[str, str]:
    """The test's own, for another process."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return {"SQLITE_PATH": name, "DATABASE_URL": ""}
    address, mark, options = os.environ["DATABASE_URL"].partition("?")
    return {"DATABASE_URL": f"{address.rpartition('/')[0]}/{name}{mark}{options}"}


@contextmanager
def senders(tmp_path, smtp, twilio, **how) -> Iterator[Senders]:
    """Workers on the test's database and gateways; whatever they complained of fails the test."""
    more = {"SECRET_KEY": settings.SECRET_KEY, "EMAIL_URL": smtp.url}
    working = Senders(tmp_path / "senders.log", {**more, **twilio.settings, **database()}, **how)
    try:
        yield working
    finally:
        complaints = working.end()
    assert complaints == ""


def write_messages(count: int, visits: int = 10) -> None:
    """So many messages that are due, by e-mail and SMS in turn, about visits of patients with different numbers."""
    location = LocationFactory()
    MessagePolicy.objects.create(location=location, quiet_from="00:00", quiet_until="00:00")
    about = [
        book(
            SlotFactory(location=location, starts_at=in_hours(48 + number)),
            patient=PatientFactory(phone=f"+4420794601{number:02}"),
        )
        for number in range(visits)
    ]
    Message.objects.all().delete()  # what booking wrote
    due_at = timezone.now() - timedelta(minutes=1)
    Message.objects.bulk_create(
        Message(
            dedupe_key=f"kill:{number}",
            kind=Kind.RESCHEDULED,
            channel=(ChannelName.EMAIL, ChannelName.SMS)[number % 2],
            appointment=about[number // 2 % visits],
            patient=about[number // 2 % visits].patient,
            location=location,
            starts_at=about[number // 2 % visits].starts_at,
            due_at=due_at,
            try_at=due_at,
        )
        for number in range(count)
    )


def still_open() -> int:
    return Message.objects.filter(status__in=[MessageStatus.PENDING, MessageStatus.SENDING]).count()


def test_none_is_lost_and_none_sent_twice_though_workers_are_killed(tmp_path, smtp, twilio):
    count, kills = (300, 12) if connection.vendor == "postgresql" else (100, 6)
    write_messages(count)
    with senders(tmp_path, smtp, twilio) as working:
        make_unruly(smtp, twilio, working, seed=20)
        working.start(WORKERS)
        kill_as_work_goes_on(working, still_open, count=count, kills=kills)
    assert Counter(Message.objects.values_list("status", flat=True)) == {"sent": count}
    letters, texts = copies(smtp, twilio)
    assert (len(letters), len(texts)) == (count // 2, count // 2)
    assert set(texts.values()) == {1}
    assert sum(letters.values()) - len(letters) <= working.killed
    numbers = dict(Message.objects.filter(channel=ChannelName.SMS).values_list("body", "provider_id"))
    assert numbers == {text["body"]: text["sid"] for text in twilio.messages}


def test_a_text_is_not_sent_again_when_the_gateway_has_it(tmp_path, smtp, twilio):
    assert copies_of_a_killed_workers_text(tmp_path, smtp, twilio, asking=True) == 1


def test_without_asking_the_gateway_it_would_be_sent_twice(tmp_path, smtp, twilio):
    """The twin, with the mechanism switched off: the lease runs out, and the text is simply sent again."""
    assert copies_of_a_killed_workers_text(tmp_path, smtp, twilio, asking=False) == 2


def copies_of_a_killed_workers_text(tmp_path, smtp, twilio, *, asking):
    """How many copies of a text Twilio has, when the worker dies just after it took the first."""
    write_messages(2, visits=1)
    Message.objects.exclude(channel=ChannelName.SMS).delete()
    with senders(tmp_path, smtp, twilio, without="" if asking else "--without-asking") as working:

        def take_text(method, path, form):
            if method != "POST" or working.killed:
                return None
            working.kill_all()
            return CLOSE

        twilio.decide = take_text
        working.start()
        wait_for(lambda: not still_open())
    assert Message.objects.get().status == MessageStatus.SENT
    assert working.killed == 1
    return len(twilio.messages)
