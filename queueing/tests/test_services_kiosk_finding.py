"""A kiosk finds whoever proves who they are, and tells nobody about anybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import TooManyAttempts
from queueing.errors import (
    CheckInTooEarly,
    InvalidOperation,
    VisitNotFound,
)
from queueing.selectors.kiosk import reference_in
from queueing.services import kiosk
from queueing.services.kiosk import Kind
from queueing.tests.kiosks import (
    BORN,
    LOBBY,
    PHONE,
    apply,
    by_phone,
    by_reference,
    expected,
    find,
)
from scheduling.models import Appointment, Location
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, in_hours

pytestmark = pytest.mark.django_db


# --- Finding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling", ["{0}", "apt {1} {2}", "APT{1}{2:06d}", "{1}-{2:06d}", " {1}/{2} ", "apt–{1}–{2:06d}", "{1} {2}"]
)
def test_a_reference_is_found_in_any_spelling(spelling: str) -> None:
    visit = expected()
    said = by_reference(visit) | {"reference": spelling.format(visit.number, visit.created_at.year, visit.pk)}
    assert find(said, visit.location) == [visit]


def test_what_is_no_reference_is_none() -> None:
    assert [
        reference_in(typed) for typed in ("", "APT", "123", "2026", "hello", "' OR 1=1", "APT-2026-" + "9" * 13)
    ] == [""] * 7


@pytest.mark.parametrize("phone", ["020 7946 0123", "+44 (0)20 7946-0123", PHONE])
def test_a_phone_is_found_in_any_spelling(phone: str) -> None:
    visit = expected()
    assert find(by_phone(phone), visit.location) == [visit]


@pytest.mark.parametrize("address", ["https://clinic.example/a/{}/", "http://x/a/{}/calendar.ics", "/a/{}/", "  /a/{}"])
def test_a_scanned_link_is_enough(address: str) -> None:
    visit = expected()
    assert find({"link": address.format(visit.secret)}, visit.location) == [visit]


@pytest.mark.parametrize("scanned", ["http://[menu/a/{}/", "https://a]b://c", "://", "WIFI:S:lobby;P:{};;"])
def test_a_code_that_is_something_else_is_a_miss(scanned: str) -> None:
    visit = expected()
    with pytest.raises(VisitNotFound):
        find({"link": scanned.format(visit.secret)}, visit.location)


def test_the_code_of_a_ticket_finds_its_ticket_again() -> None:
    visit = expected()
    token = apply(Kind.CHECK_IN, by_reference(visit), visit.location)
    assert apply(Kind.CHECK_IN, {"link": f"https://x.example/t/{token.secret}/"}, visit.location).pk == token.pk


def test_the_link_of_a_moved_visit_leads_to_the_one_it_became() -> None:
    old = expected(50)
    slot = SlotFactory(doctor=old.doctor, location=old.location, starts_at=in_hours(0.3))
    new = reschedule_appointment(appointment_id=old.pk, slot_id=slot.pk, actor=CLINIC)
    assert find({"link": f"/a/{old.secret}/"}, old.location) == [new]


def test_a_mother_finds_each_child_by_its_birthday_and_the_phone() -> None:
    first = expected(first_name="Tom", date_of_birth=date(2018, 1, 2))
    second = expected(30, location=first.location, first_name="Tim", date_of_birth=date(2020, 3, 4))
    assert find(by_phone(born=date(2018, 1, 2)), first.location) == [first]
    assert find(by_phone(born=date(2020, 3, 4)), first.location) == [second]


def spoil_birthday(visit: Appointment) -> dict[str, str]:
    return by_reference(visit, BORN + timedelta(days=1))


def spoil_phone_birthday(visit: Appointment) -> dict[str, str]:
    return by_phone(born=BORN + timedelta(days=1))


def spoil_reference(visit: Appointment) -> dict[str, str]:
    return {"reference": f"APT-{visit.created_at.year}-{visit.pk + 1000}", "date_of_birth": BORN.isoformat()}


def spoil_phone(visit: Appointment) -> dict[str, str]:
    return by_phone("+442079469999")


def cancelled(visit: Appointment) -> dict[str, str]:
    cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
    return by_reference(visit)


def elsewhere(visit: Appointment) -> dict[str, str]:
    Appointment.objects.filter(pk=visit.pk).update(location=LocationFactory())
    return by_reference(visit)


def next_week(visit: Appointment) -> dict[str, str]:
    Appointment.objects.filter(pk=visit.pk).update(
        starts_at=visit.starts_at + timedelta(days=7), ends_at=visit.ends_at + timedelta(days=7)
    )
    return by_reference(visit)


def pending(visit: Appointment) -> dict[str, str]:
    Appointment.objects.filter(pk=visit.pk).update(status="pending", expires_at=timezone.now() + timedelta(hours=1))
    return by_phone()


MISSES = [
    spoil_birthday,
    spoil_phone_birthday,
    spoil_reference,
    spoil_phone,
    cancelled,
    elsewhere,
    next_week,
    pending,
]


@pytest.mark.parametrize("spoil", MISSES)
def test_whatever_is_wrong_the_answer_and_its_cost_are_the_same(spoil: Callable[..., dict[str, str]]) -> None:
    visit = expected()
    wrong, unknown = spoil(visit), by_reference(visit) | {"reference": "APT-2020-999999999"}
    costs = []
    for number, said in enumerate((wrong, unknown)):
        with CaptureQueriesContext(connection) as asked, pytest.raises(VisitNotFound) as refused:
            find(said, visit.location, f"203.0.113.{number}")
        assert str(refused.value) == "We could not find it. Please ask at the desk."
        costs.append([query["sql"].split(" ")[0] for query in asked])
    assert costs[0] == costs[1]


def test_what_says_nothing_is_refused_before_anybody_looks() -> None:
    place = LocationFactory()
    for said in ({}, {"phone": PHONE}, {"date_of_birth": "1980-05-17"}, by_phone("x"), {"date_of_birth": "17.5.1980"}):
        with pytest.raises(InvalidOperation):
            find(said, place)


def test_nobody_is_found_by_having_no_phone() -> None:
    visit = expected(phone="", email="x@example.org")
    assert expected_by("", visit) == []


def expected_by(phone: str, visit: Appointment) -> list[Appointment]:
    from queueing.selectors.kiosk import Claim, expected_visits

    claim = Claim(phone=phone, date_of_birth=BORN)
    return expected_visits(claim, visit.location, now=timezone.now())


@pytest.mark.parametrize("hour", [23, 0])
def test_midnight_loses_nobody(hour: int) -> None:
    with time_machine.travel(f"2026-11-10T{hour:02d}:40:00Z", tick=False):
        visit = expected(30)
        assert find(by_reference(visit), visit.location) == [visit]


# --- Guessing -----------------------------------------------------------------------------------------------------


def miss(said: dict[str, str], location: Location, address: str = LOBBY) -> None:
    with pytest.raises(VisitNotFound):
        find(said, location, address)


def test_guesses_at_one_persons_birthday_end_whoever_makes_them() -> None:
    visit = expected()
    for guess in range(kiosk.MISSES_PER_NAME):
        miss(by_reference(visit, BORN + timedelta(days=guess + 1)), visit.location, f"198.51.100.{guess}")
    with pytest.raises(TooManyAttempts) as refused:
        find(by_reference(visit), visit.location, "198.51.100.99")
    assert "ask at the desk" in str(refused.value)
    assert find({"link": f"/a/{visit.secret}/"}, visit.location) == [visit]


def test_other_spellings_are_no_fresh_guesses() -> None:
    visit = expected()
    wrong = (BORN + timedelta(days=9)).isoformat()
    for guess in range(kiosk.MISSES_PER_NAME):
        spelled = f"apt{' ' * (guess + 1)}{visit.created_at.year}-{visit.pk:0{guess + 1}d}"
        miss({"reference": spelled, "date_of_birth": wrong}, visit.location)
    with pytest.raises(TooManyAttempts):
        find(by_reference(visit), visit.location)


def test_one_birthday_cannot_be_tried_on_all_references() -> None:
    visit = expected()
    for guess in range(kiosk.MISSES_PER_ADDRESS):
        miss({"reference": f"APT-2020-{guess + 1}", "date_of_birth": BORN.isoformat()}, visit.location)
    with pytest.raises(TooManyAttempts):
        find(by_reference(visit), visit.location)
    assert find(by_reference(visit), visit.location, "198.51.100.1") == [visit]


def test_a_busy_lobby_is_not_stopped() -> None:
    """Hits count for nothing, so a hundred honest people at one address find their visits."""
    visit = expected()
    for _person in range(kiosk.MISSES_PER_ADDRESS * 2):
        assert find(by_reference(visit), visit.location) == [visit]
    for _slip in range(kiosk.MISSES_PER_NAME - 1):
        miss(spoil_birthday(visit), visit.location)
    assert find(by_reference(visit), visit.location) == [visit]


def test_being_too_early_is_no_guess() -> None:
    with time_machine.travel("2026-11-10T08:00:00Z", tick=False):
        visit = expected(300)
        for _press in range(kiosk.MISSES_PER_NAME * 2):
            with pytest.raises(CheckInTooEarly, match="too early"):
                apply(Kind.CHECK_IN, by_reference(visit), visit.location)
