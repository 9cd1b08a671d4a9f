"""`manage.py send_due`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command

from notifications.models import Message
from notifications.states import ChannelName, Kind
from notifications.tests.factories import message

pytestmark = pytest.mark.django_db


def said(**options):
    out = StringIO()
    call_command("send_due", stdout=out, **options)
    return out.getvalue()


def test_a_dry_run_says_how_many_there_are_and_of_which_kinds():
    first = message(Kind.RESCHEDULED)
    Message.objects.exclude(pk=first.pk).delete()
    message(Kind.RESCHEDULED, appointment=first.appointment)
    message(Kind.RESCHEDULED, ChannelName.SMS, appointment=first.appointment)
    words = said(dry_run=True)
    assert words.splitlines()[0] == "3 messages would be sent, or found not to be needed."
    assert words.splitlines()[1:] == ["     2  E-mail: Moved to another time", "     1  SMS: Moved to another time"]
    assert mail.outbox == []


def test_it_sends_no_more_than_it_is_asked_to():
    first = message(Kind.RESCHEDULED)
    Message.objects.exclude(pk=first.pk).delete()
    message(Kind.RESCHEDULED, appointment=first.appointment)
    assert said(limit=1) == "Messages: 1 sent; more is due.\n"
    assert len(mail.outbox) == 1
    assert said() == "Messages: 1 sent.\n"
    assert said() == "Messages: nothing due.\n"
