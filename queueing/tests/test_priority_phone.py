"""Whoever waits reads on their phone what their place goes by."""

from __future__ import annotations

import pytest

from queueing.selectors.token_states import state_of
from queueing.tests.factories import a_doctor, walk_in
from queueing.token_words import words_for

pytestmark = pytest.mark.django_db


def test_whoever_waits_reads_what_their_place_goes_by_and_whoever_is_next_need_not():
    doctor, location = a_doctor()
    first, second = walk_in(doctor, location), walk_in(doctor, location)

    assert words_for(state_of(second))["why"].startswith("Your place goes by when you came, ")
    assert words_for(state_of(first))["why"] == ""
