"""Reports for programs: for staff, of what they may see, on days that make sense."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.roles import Role
from queueing.tests.factories import a_doctor
from queueing.tests.history import a_past_day
from scheduling.tests.api import asking, program_of

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 10)
DAYS = {"from": "2026-06-01", "until": "2026-06-30"}
REPORTS = ("reports/queue/", "reports/appointments/")


@pytest.mark.parametrize("path", REPORTS)
@pytest.mark.parametrize("role", [None, Role.PATIENT])
def test_only_staff_read_them(path, role):
    assert asking(role).get(path).status_code == (401 if role is None else 403)


def test_the_queues_of_ones_locations_in_minutes():
    doctor, location = a_doctor(name="Dr Adebayo")
    a_past_day(doctor, location, DAY, count=4, minutes=10, told=(300, 900, 1500))
    a_past_day(*a_doctor(), DAY, count=4)
    said = program_of(Role.RECEPTION, location).get("reports/queue/", **DAYS).json()

    assert (said["first_day"], said["last_day"], said["doctor"]) == ("2026-06-01", "2026-06-30", None)
    assert said["flow"] == {"arrived": 4, "seen": 4, "left": 0, "no_show": 0}
    assert said["waits"] == {"count": 4, "mean": 15.0, "median": 15.0, "longest_tenth": 30.0}
    assert said["consultations"]["mean"] == 9.0
    assert said["by_doctor"][0]["doctor"] == {"id": doctor.pk, "name": "Dr Adebayo"}
    assert said["accuracy"]["inside"] == 0.5
    assert not said["accuracy"]["is_enough"]
    assert (said["peak_hours"], said["by_hour"][0]["hour"]) == ([9], 9)
    assert said["by_type"][0]["type"] == "walk_in"
    assert said["satisfaction"]["mean"] is None
    assert [row["score"] for row in said["satisfaction"]["scores"]] == [1, 2, 3, 4, 5]


def test_narrowed_to_a_doctor_or_a_place_that_one_may_see():
    doctor, location = a_doctor()
    a_past_day(doctor, location, DAY, count=2)
    elsewhere, other = a_doctor()
    a_past_day(elsewhere, other, DAY, count=2)
    program = program_of(Role.RECEPTION, location)

    assert program.get("reports/queue/", **DAYS, doctor=doctor.pk).json()["flow"]["seen"] == 2
    assert program.get("reports/queue/", **DAYS, location=location.pk).json()["flow"]["seen"] == 2
    assert program.get("reports/queue/", **DAYS, doctor=elsewhere.pk).json()["flow"]["seen"] == 0
    assert program.get("reports/queue/", **DAYS, location=other.pk).json()["flow"]["seen"] == 0


def test_booked_visits():
    said = program_of(Role.MANAGER).get("reports/appointments/", **DAYS).json()

    assert (said["booked"], said["no_show_rate"], said["by_doctor"]) == (0, None, [])


@pytest.mark.parametrize("path", REPORTS)
def test_thirty_days_up_to_today_unless_told(path):
    said = program_of(Role.MANAGER).get(path).json()
    today = timezone.localdate(timezone=ZoneInfo(settings.DEFAULT_TIME_ZONE))

    assert said["last_day"] == today.isoformat()
    assert said["first_day"] == (today - timedelta(days=29)).isoformat()


@pytest.mark.parametrize("path", REPORTS)
@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"from": "2026-06-02", "until": "2026-06-01"}, "invalid_report", "until"),
        ({"from": "2024-01-01", "until": "2026-06-01"}, "invalid_report", "until"),
        ({"until": "0001-01-01"}, "invalid_report", "from"),
        ({"from": "9999-12-31"}, "invalid_report", "from"),
        ({"from": "yesterday"}, "invalid", "from"),
        ({"from": ""}, "blank", "from"),
        ({"doctor": "0"}, "min_value", "doctor"),
        ({"location": "99999999999999999999"}, "max_value", "location"),
        ({"date": "2026-06-01"}, "unknown_parameter", "date"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(path, query, code, field):
    answer = program_of(Role.MANAGER).get(path, **query)

    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert field in {error["field"] for error in errors}, errors
