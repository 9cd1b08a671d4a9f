"""Moments, money and names as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template

from scheduling.clock_words import spoken_clock
from scheduling.models import Location
from scheduling.templatetags.clinic import initials
from scheduling.templatetags.clinic_time import clinic_clock, clinic_day, clinic_moment, price

SUMMER = datetime(2026, 8, 6, 8, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        (time(9, 20), "9:20am"),
        (time(13, 0), "1:00pm"),
        (time(0, 30), "12:30am"),
        (time(12, 30), "12:30pm"),
        (time(12, 0), "midday"),
        (time(0, 0), "midnight"),
    ],
)
def test_a_time_is_said_in_twelve_hours_and_noon_by_its_name(clock: time, said: str) -> None:
    assert spoken_clock(clock) == said


def test_a_moment_is_said_on_the_clock_of_the_location() -> None:
    """The same instant, on two walls; also across midnight."""
    london, kolkata = Location(time_zone="Europe/London"), Location(time_zone="Asia/Kolkata")
    assert clinic_moment(SUMMER, london) == "Thursday 6 August 2026 at 9:20am"
    assert clinic_moment(SUMMER, kolkata) == "Thursday 6 August 2026 at 1:50pm"
    assert clinic_day(datetime(2026, 8, 6, 20, tzinfo=UTC), kolkata) == "Friday 7 August 2026"


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/London", datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "12:59am then 2:00am"),
        ("America/New_York", datetime(2026, 11, 1, 5, 59, tzinfo=UTC), "1:59am then 1:00am"),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 29, tzinfo=UTC), "1:59am then 2:30am"),
    ],
)
def test_the_minute_of_a_clock_change_is_said_as_the_wall_shows_it(zone: str, before: datetime, after: str) -> None:
    """Also where clocks shift by half an hour."""
    place = Location(time_zone=zone)
    later = before + timedelta(minutes=1)
    assert f"{clinic_clock(before, place)} then {clinic_clock(later, place)}" == after


def test_a_plain_day_and_time_are_said_as_they_stand() -> None:
    assert clinic_day(date(2026, 8, 6)) == "Thursday 6 August 2026"
    assert clinic_clock(time(12)) == "midday"
    assert clinic_moment(None) == ""


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (Decimal("60"), "GBP", "£60.00"),
        (Decimal("1250.5"), "INR", "₹1,250.50"),
        (Decimal("80"), "CHF", "80.00\u00a0CHF"),
        (None, "GBP", ""),
    ],
)
def test_money_has_its_sign_or_its_code(amount: Decimal | None, currency: str, said: str) -> None:
    assert price(amount, currency).replace("\u202f", ",") == said


@pytest.mark.parametrize(
    ("name", "letters"), [("Dr Amara Okonkwo", "AO"), ("Prof. Li", "L"), ("", ""), ("Anna Maria de Souza", "AS")]
)
def test_initials_leave_the_title_out(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_filters_work_in_templates() -> None:
    said = Template("{% load clinic_time %}{{ at|clinic_moment:zone }}").render(
        Context({"at": SUMMER, "zone": "America/New_York"})
    )
    assert said == "Thursday 6 August 2026 at 4:20am"
