"""Rows that are read for the screens are those of the table, and know what was not read of them."""

from __future__ import annotations

import pytest

from queueing.models import Token
from queueing.selectors.lines import line_of
from queueing.tests.factories import a_doctor, arrived, queue_of

pytestmark = pytest.mark.django_db


def a_shown_token() -> Token:
    return line_of(queue_of(arrived(*a_doctor()))).waiting[0].token


def test_a_token_on_a_screen_is_that_of_the_table() -> None:
    shown = a_shown_token()
    stored = Token.objects.get(pk=shown.pk)
    names = [field.attname for field in Token._meta.concrete_fields]
    assert {name: getattr(shown, name) for name in names} == {name: getattr(stored, name) for name in names}
    assert (shown, shown.patient, shown.appointment) == (stored, stored.patient, stored.appointment)
    assert shown.get_deferred_fields() == set()


def test_what_no_screen_shows_is_read_when_somebody_asks() -> None:
    shown = a_shown_token()
    stored = Token.objects.get(pk=shown.pk)
    assert shown.appointment.number == stored.appointment.number
    assert shown.patient.phone == stored.patient.phone
    assert shown.appointment.slot == stored.appointment.slot


def test_writing_one_writes_what_was_read_and_nothing_else() -> None:
    shown = a_shown_token()
    before = Token.objects.values().get(pk=shown.pk)
    visit = type(shown.appointment).objects.values().get(pk=shown.appointment_id)
    shown.room = "Room 9"
    shown.save()
    shown.appointment.save()
    assert Token.objects.values().get(pk=shown.pk) == before | {"room": "Room 9"}
    after = type(shown.appointment).objects.values().get(pk=shown.appointment_id)
    assert {name for name in visit if visit[name] != after[name]} <= {"changed_at"}
