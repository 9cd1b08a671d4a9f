"""Many at one kiosk at one moment: one ticket, one call for help, and no guess that is not counted."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from accounts.errors import TooManyAttempts
from queueing.errors import VisitNotFound
from queueing.models import EmergencyRequest, Token
from queueing.services import kiosk
from queueing.services.kiosk import Kind, Matter, apply_operation, find_visits
from queueing.tests.factories import a_doctor
from queueing.tests.kiosks import a_person, at, by_reference, expected, new_name
from scheduling.models import Appointment, Location, Patient
from scheduling.tests.factories import LocationFactory, SlotFactory, in_hours
from testing.threads import run_together

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 12


def asked(kind: Kind, data: dict[str, str], location: Location, name: str = "") -> Any:
    return partial(
        apply_operation, kind=kind, data=data, operation=name or new_name(), location=location, actor=at(location)
    )


def test_one_name_sent_many_times_at_once_is_one_ticket() -> None:
    doctor, location = a_doctor()
    SlotFactory(doctor=doctor, location=location, starts_at=in_hours(-0.01))
    call = asked(Kind.WALK_IN, a_person(), location, new_name())
    outcomes = run_together([call] * AT_ONCE)
    assert [outcome.error for outcome in outcomes] == [None] * AT_ONCE
    assert len({outcome.answer.pk for outcome in outcomes if outcome.answer}) == 1
    assert (Token.objects.count(), Patient.objects.count(), Appointment.objects.count()) == (1, 1, 1)


def test_one_visit_checked_in_by_many_at_once_has_one_place() -> None:
    visit = expected()
    outcomes = run_together([asked(Kind.CHECK_IN, by_reference(visit), visit.location) for _press in range(8)])
    assert [outcome.error for outcome in outcomes] == [None] * 8
    assert Token.objects.count() == 1


def test_many_who_press_for_help_at_once_are_one_call() -> None:
    place = LocationFactory()
    outcomes = run_together([asked(Kind.HELP, {"matter": Matter.UNWELL}, place) for _press in range(AT_ONCE)])
    assert [outcome.error for outcome in outcomes] == [None] * AT_ONCE
    assert EmergencyRequest.objects.count() == 1


def test_of_many_guesses_at_once_no_more_look_than_may() -> None:
    visit = expected()
    wrong = by_reference(visit) | {"date_of_birth": "1980-05-18"}
    guess = partial(find_visits, data=wrong, location=visit.location, actor=at(visit.location))
    errors = [type(outcome.error) for outcome in run_together([guess] * 20)]
    assert errors.count(VisitNotFound) == kiosk.MISSES_PER_NAME
    assert errors.count(TooManyAttempts) == 20 - kiosk.MISSES_PER_NAME
