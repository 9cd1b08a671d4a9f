"""The page of reports, and its files."""

from __future__ import annotations

import csv
import re
from datetime import date
from html import unescape
from io import StringIO

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from queueing.reports.tables import TABLES
from queueing.tests.factories import a_doctor
from queueing.tests.history import a_past_day
from scheduling.tests.back_office import staff
from scheduling.tests.factories import LocationFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 10)
JUNE = {"from": "2026-06-01", "until": "2026-06-30"}
PAGE = "/reports/"


def text(response):
    """What stands on the page."""
    return " ".join(unescape(response.content.decode()).split())


def rows(client, name, **query):
    """The file, row by row."""
    response = client.get(reverse("queueing:report_file", args=[name]), {**JUNE, **query})
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(response.content.decode("utf-8-sig"))))


def test_patients_and_visitors_do_not_come_in(client):
    assert client.get(PAGE).status_code == 302
    client.force_login(UserFactory())
    assert client.get(PAGE).status_code == 403
    assert client.get(reverse("queueing:report_file", args=["doctors"])).status_code == 403


def test_staff_without_a_role_do_not_either(client):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(PAGE).status_code == 403


def test_a_page_in_plain_words():
    doctor, location = a_doctor(name="Dr Adebayo")
    a_past_day(doctor, location, DAY, count=40, minutes=10, told=(0, 6000, 30000))
    page = text(staff(Role.RECEPTION, location).get(PAGE, JUNE))

    assert "40 patients were seen. From check-in, half waited less than 195 minutes" in page
    assert "Of 40 people, 100% did." in page
    assert "Dr Adebayo" in page
    assert "09:00–10:00" in page
    assert "Nobody has said yet how it was." in page
    assert " style=" not in page


def test_too_few_visits_are_called_that():
    doctor, location = a_doctor()
    a_past_day(doctor, location, DAY, count=3, told=(0, 60, 600))
    page = text(staff(Role.MANAGER).get(PAGE, JUNE))

    assert "Too few visits yet to say: 3 people were told a wait and seen, and it takes 30." in page


def test_days_without_anybody():
    assert "Nobody was in a queue" in text(staff(Role.MANAGER).get(PAGE, JUNE))


def test_the_last_thirty_days_unless_told():
    response = staff(Role.MANAGER).get(PAGE)

    asked = response.context["asked"]
    assert (asked.last - asked.first).days == 29
    assert f'name="from" value="{asked.first}"' in response.content.decode()
    assert f'name="until" value="{asked.last}"' in response.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"from": "2026-06-02", "until": "2026-06-01"}, "The last day comes before the first."),
        ({"from": "2024-01-01", "until": "2026-06-01"}, "A report covers 366 days at most."),
        ({"from": "tomorrow"}, "Enter a valid date."),
        ({"doctor": "9999"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_said_and_kept(query, sentence):
    client = staff(Role.MANAGER)
    for path in (PAGE, reverse("queueing:report_file", args=["hours"])):
        response = client.get(path, query)

        assert response.status_code == 400
        assert "There is a problem" in text(response)
        assert sentence in text(response)


def test_a_doctor_of_another_place_is_none_of_ones_choices():
    doctor, location = a_doctor()
    a_past_day(doctor, location, DAY, count=1)

    assert staff(Role.RECEPTION, a_doctor()[1]).get(PAGE, {**JUNE, "doctor": doctor.pk}).status_code == 400


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_a_file(name):
    doctor, location = a_doctor()
    a_past_day(doctor, location, DAY, count=2)
    heading, *body = rows(staff(Role.MANAGER), name)

    assert all(len(row) == len(heading) for row in body)
    assert body or name == "no-shows"


def test_a_file_says_what_the_page_says():
    doctor, location = a_doctor(name="Dr Adebayo")
    a_past_day(doctor, location, DAY, count=3, minutes=10)
    heading, row = rows(staff(Role.MANAGER), "doctors")

    assert dict(zip(heading, row, strict=True))["Half waited less (minutes)"] == "10.0"
    assert row[:3] == ["Dr Adebayo", "3", "3"]


def test_no_cell_is_a_formula():
    doctor, location = a_doctor(name='=HYPERLINK("http://evil.example")')
    a_past_day(doctor, location, DAY, count=1)

    assert rows(staff(Role.MANAGER), "doctors")[1][0].startswith("'=")


def test_that_a_file_was_taken_is_written_down():
    a_past_day(*a_doctor(), DAY, count=1)
    rows(staff(Role.MANAGER), "hours")

    entry = AuditEntry.objects.filter(action="export").get()
    assert entry.changes == {"what": "report hours 2026-06-01 2026-06-30"}


def test_there_is_no_other_file():
    assert staff(Role.MANAGER).get("/reports/passwords.csv").status_code == 404


def test_the_menu_of_the_page_leads_to_the_desk():
    client = staff(Role.MANAGER)
    menu = client.get(PAGE).content.decode().split('<nav class="site-nav"', 1)[1].split("</nav>", 1)[0]
    assert f'<a href="{reverse("queueing:desk")}">Desk</a>' in menu
    LocationFactory.create_batch(2)
    assert 'aria-current="page">Desk</a>' in client.get(reverse("queueing:desk")).content.decode()


def test_the_menu_calls_a_list_of_the_back_office_as_its_page_is_called():
    page = staff(Role.MANAGER).get(reverse("admin:queueing_token_changelist")).content.decode()
    assert "People in queues" not in page
    assert re.search(r"<title>\s*Tokens\b", page)


def test_the_desk_and_the_menu_lead_there():
    _doctor, location = a_doctor()
    client = staff(Role.RECEPTION, location)

    assert PAGE in client.get(reverse("queueing:desk"), follow=True).content.decode()
    assert PAGE in client.get(reverse("admin:index")).content.decode()
