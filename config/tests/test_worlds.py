"""What is built for several tests leaves nothing behind."""

from __future__ import annotations

import pytest
from django.db import connection

from config.tests.worlds import built_for_a_while
from scheduling.models import Location
from scheduling.tests.factories import LocationFactory

pytestmark = pytest.mark.django_db


def test_it_is_there_for_a_while() -> None:
    with built_for_a_while(LocationFactory) as location:
        assert Location.objects.get() == location
    assert not Location.objects.exists()


def test_where_building_fails_that_is_what_is_told_and_no_transaction_stays_open() -> None:
    def half_a_world() -> None:
        LocationFactory()
        raise RuntimeError("no world today")

    before = list(connection.savepoint_ids)
    with pytest.raises(RuntimeError, match="no world today"), built_for_a_while(half_a_world):
        pass
    assert connection.savepoint_ids == before
    assert not Location.objects.exists()
