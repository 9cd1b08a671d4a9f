"""Whoever sends messages is woken when there are some, and not before they are committed."""

from __future__ import annotations

import logging

import pytest
from django.db import transaction

from notifications.signals import messages_due
from notifications.waking import wake, wake_after_commit


@pytest.fixture
def woken():
    heard = []

    def note(sender, **kwargs):
        heard.append(sender)

    messages_due.connect(note)
    yield heard
    messages_due.disconnect(note)


@pytest.mark.django_db
def test_nobody_is_woken_before_the_commit(woken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        wake_after_commit()
        assert woken == []
    assert len(woken) == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_is_woken_by_what_was_taken_back(woken):
    @transaction.atomic
    def wake_and_fail():
        wake_after_commit()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        wake_and_fail()
    assert woken == []


def test_whoever_wakes_goes_on_when_the_woken_fails(woken, caplog):
    def fail(sender, **kwargs):
        raise RuntimeError("no queue")

    messages_due.connect(fail)
    try:
        with caplog.at_level(logging.ERROR):
            wake()
    finally:
        messages_due.disconnect(fail)
    assert len(woken) == 1
    assert "no queue" in caplog.text
