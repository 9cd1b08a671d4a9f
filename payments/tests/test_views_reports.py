"""The page of money, its file, and the same for programs."""

from __future__ import annotations

import csv
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from payments.services.refunds import mark_refunded
from payments.tests.factories import paid_in_cash, refunded
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.api import asking, program_of
from scheduling.tests.back_office import staff
from scheduling.tests.factories import CLINIC, DoctorFactory, LocationFactory, SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db

PAGE = "/reports/revenue/"
FILE = "/reports/revenue/ledger.csv"


def text(response):
    """What stands on the page."""
    return " ".join(unescape(response.content.decode()).replace("\u00a0", " ").split())


def days():
    """The days around today."""
    today = timezone.localdate()
    return {"from": (today - timedelta(days=2)).isoformat(), "until": (today + timedelta(days=2)).isoformat()}


def visits(location, *, doctor="Dr Adebayo"):
    """One visit that was paid and partly refunded, and one that is owed."""
    doctor = DoctorFactory(name=doctor)
    slots = [SlotFactory(doctor=doctor, location=location, starts_at=in_hours(hours)) for hours in (24, 25)]
    both = [book(slot) for slot in slots]
    Appointment.objects.filter(pk__in=[one.pk for one in both]).update(status=AppointmentStatus.CONFIRMED)
    mark_refunded(refund_id=refunded(paid_in_cash(both[0]), "15").pk, proof="out of the drawer", actor=CLINIC)
    return both


def test_who_comes_in(client):
    for path in (PAGE, FILE):
        assert client.get(path).status_code == 302
        assert staff(Role.MANAGER).get(path).status_code == 200
    client.force_login(UserFactory())
    assert client.get(PAGE).status_code == client.get(FILE).status_code == 403
    client.force_login(UserFactory(is_staff=True))
    assert client.get(PAGE).status_code == 403
    doctor = staff(Role.DOCTOR, LocationFactory())
    assert (doctor.get(PAGE).status_code, doctor.get(FILE).status_code) == (200, 403)
    assert FILE not in doctor.get(PAGE).content.decode()


def test_a_page_in_plain_words():
    location = LocationFactory(name="Harbour")
    _paid, owed = visits(location)
    page = text(staff(Role.RECEPTION, location).get(PAGE, days()))

    assert "£60.00 came in 1 payment; £45.00 is left. £15.00 went back in 1 refund." in page
    for words in ("Dr Adebayo", "Harbour", "Cash", "Decided by the staff"):
        assert words in page
    assert "£60.00 is still owed for 1 visit of these days." in page
    assert owed.number in page
    assert owed.patient.full_name in page
    assert " style=" not in page


def test_days_without_money():
    page = text(staff(Role.MANAGER).get(PAGE))

    assert "No money came or went back on these days." in page
    assert "Nothing is owed for visits of these days." in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"from": "2026-06-02", "until": "2026-06-01"}, "The last day comes before the first."),
        ({"from": "2024-01-01", "until": "2026-06-01"}, "A report covers 366 days at most."),
        ({"doctor": "9999"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_said(query, sentence):
    client = staff(Role.MANAGER)
    for path in (PAGE, FILE):
        response = client.get(path, query)
        assert response.status_code == 400
        assert sentence in text(response)


def test_the_two_pages_of_reports_lead_to_each_other():
    client = staff(Role.MANAGER)

    assert f'href="{PAGE}"' in client.get(reverse("queueing:reports")).content.decode()
    assert f'href="{reverse("queueing:reports")}"' in client.get(PAGE).content.decode()


def test_the_file_holds_every_entry_no_formula_and_no_patient():
    location = LocationFactory(name='=HYPERLINK("http://evil.example")')
    paid, _owed = visits(location, doctor="@SUM(A1)")
    response = staff(Role.RECEPTION, location).get(FILE, days())
    heading, came, back = csv.reader(StringIO(response.content.decode("utf-8-sig")))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert heading[0] == "Receipt"
    assert (came[3][:2], came[4]) == ("'=", "'@SUM(A1)")
    assert (came[12], back[12], back[13]) == ("60.00", "-15.00", "GBP")
    assert paid.patient.full_name not in response.content.decode()
    entry = AuditEntry.objects.filter(action="export").get()
    assert (entry.object_id, entry.changes["what"]) == (str(location.pk), f"ledger {days()['from']} {days()['until']}")


class TestForPrograms:
    @pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.PATIENT, 403), (Role.DOCTOR, 200)])
    def test_only_staff(self, role, status):
        assert asking(role).get("reports/revenue/").status_code == status

    def test_the_money_of_ones_locations(self):
        location = LocationFactory()
        paid, _owed = visits(location)
        visits(LocationFactory())
        said = program_of(Role.RECEPTION, location).get("reports/revenue/", **days()).json()
        sum_of = {
            "currency": "GBP",
            "payments": 1,
            "captured": "60.00",
            "refunds": 1,
            "refunded": "15.00",
            "net": "45.00",
        }

        assert said["totals"] == [sum_of]
        doctor = {"id": paid.doctor_id, "name": "Dr Adebayo"}
        assert said["by_doctor"] == [{"doctor": doctor, **sum_of}]
        assert said["by_location"] == [{"location": {"id": location.pk, "name": location.name}, **sum_of}]
        assert said["by_method"] == [{"method": "cash", **sum_of}]
        assert sum(line["payments"] for line in said["by_day"]) == 1
        assert said["refunds"] == [{"reason": "staff", "currency": "GBP", "count": 1, "amount": "15.00"}]
        assert said["outstanding"] == [{"doctor": doctor, "currency": "GBP", "visits": 1, "amount": "60.00"}]

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"from": "2026-06-02", "until": "2026-06-01"}, "invalid_report"),
            ({"until": "0001-01-01"}, "invalid_report"),
            ({"from": "yesterday"}, "invalid"),
            ({"doctor": "0"}, "min_value"),
            ({"date": "2026-06-01"}, "unknown_parameter"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, query, code):
        answer = program_of(Role.MANAGER).get("reports/revenue/", **query)

        assert answer.status_code == 400
        assert code in {answer.json()["code"], *(one["code"] for one in answer.json()["errors"])}
