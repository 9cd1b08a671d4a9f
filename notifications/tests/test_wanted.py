"""What a visit wants to be told in each state, and that it can be told again what was taken back."""

from __future__ import annotations

import pytest

from notifications.models import Message
from notifications.services.outbox import cancel_unsent
from notifications.states import OF_MONEY, OF_THE_QUEUE, Kind, NotSent
from notifications.tests.factories import message
from notifications.wanted import WANTED_BY, wanted_by, why_not_wanted_by
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, book


def test_every_state_of_a_visit_says_what_it_wants_and_why_not_the_rest():
    assert set(WANTED_BY) == set(AppointmentStatus)
    assert all(why_not_wanted_by(status) in NotSent for status in AppointmentStatus)


def test_every_kind_but_offers_and_those_of_the_queue_and_of_money_is_wanted_by_some_state():
    assert set().union(*WANTED_BY.values()) == set(Kind) - {Kind.WAITLIST_OFFER} - OF_THE_QUEUE - OF_MONEY


def test_who_stays_away_is_sent_nothing_more():
    assert wanted_by(AppointmentStatus.NO_SHOW) == frozenset()


@pytest.mark.django_db
def test_what_was_taken_back_does_not_stand_in_the_way_of_the_same_again():
    visit = book()
    written = []
    for _time in range(2):
        written.append(message(Kind.REMINDER, appointment=visit, dedupe_key="a"))
        assert cancel_unsent(why=NotSent.VISIT_CHANGED, actor=CLINIC, appointment_id=visit.pk, kinds=[Kind.REMINDER])
    keys = (
        Message.objects.filter(pk__in=[one.pk for one in written]).order_by("pk").values_list("dedupe_key", flat=True)
    )
    assert list(keys) == [f"a:{one.pk}" for one in written]
