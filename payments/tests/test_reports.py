"""Reports on money: right sums, on the right days, each currency by itself, of what one may see."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from payments.models import LedgerEntry, Payment
from payments.reports import Asked, asked_about, debts_of, revenue_report
from payments.reports.ledger_file import COLUMNS, ledger_rows
from payments.selectors.accounts import account_of
from payments.services.refunds import mark_refunded
from payments.states import EntryKind, Method, PaymentStatus, ProviderName, RefundReason, RefundStatus
from payments.tests.factories import paid_in_cash, refunded
from scheduling.models import Appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.api import program_of
from scheduling.tests.factories import CLINIC, DoctorFactory, LocationFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    """Somebody who sees everything."""
    return program_of(Role.MANAGER).user


def visit(doctor=None, location=None, **said):
    """A visit tomorrow that is booked and not paid."""
    slot = ({"doctor": doctor} if doctor else {}) | ({"location": location} if location else {})
    appointment = book(SlotFactory(**slot))
    Appointment.objects.filter(pk=appointment.pk).update(**{"status": AppointmentStatus.CONFIRMED, **said})
    appointment.refresh_from_db()
    return appointment


def entered(appointment, at, amount="60.00", method=Method.CASH, currency="GBP"):
    """Money in the ledger at a moment, written as rows."""
    payment = Payment.objects.create(
        appointment=appointment,
        location=appointment.location,
        method=method,
        provider=ProviderName.DESK,
        amount=Decimal(amount),
        captured=Decimal(amount),
        currency=currency,
        status=PaymentStatus.PAID,
    )
    LedgerEntry.objects.create(payment=payment, kind=EntryKind.CAPTURE, amount=payment.amount, currency=currency, at=at)
    return payment


def gave_back(payment, amount):
    """Money that staff handed back."""
    return mark_refunded(refund_id=refunded(payment, amount).pk, proof="out of the drawer", actor=CLINIC)


def around(days=2):
    """The days around today."""
    today = timezone.localdate()
    return Asked(first=today - timedelta(days=days), last=today + timedelta(days=days))


def sums(lines):
    """Each line in short."""
    return [(str(line.of), line.sum.currency, line.sum.came, line.sum.went_back) for line in lines]


def test_what_came_and_went_back_by_everything(manager):
    one, other = DoctorFactory(name="Dr A"), DoctorFactory(name="Dr B")
    here, there = LocationFactory(name="Here"), LocationFactory(name="There")
    payment = paid_in_cash(visit(one, here))
    paid_in_cash(visit(other, there), "20")
    gave_back(payment, "15")
    report = revenue_report(around(), manager)

    (total,) = report.totals
    assert (total.payments, total.came, total.refunds, total.went_back, total.kept) == (2, 80, 1, 15, 65)
    assert sums(report.by_doctor) == [("Dr A", "GBP", 60, 15), ("Dr B", "GBP", 20, 0)]
    assert sums(report.by_location) == [("Here", "GBP", 60, 15), ("There", "GBP", 20, 0)]
    assert sums(report.by_method) == [("cash", "GBP", 80, 15)]
    days = {payment.entries.first().at.astimezone(here.zone).date(), timezone.localdate(timezone=here.zone)}
    assert {line.of for line in report.by_day} <= days  # two when midnight passes meanwhile
    (reason,) = report.refunds
    assert (reason.reason, reason.currency, reason.count, reason.amount) == (RefundReason.STAFF, "GBP", 1, 15)


def test_currencies_are_never_added_up(manager):
    appointment = visit()
    entered(appointment, timezone.now(), "10.00", currency="GBP")
    entered(appointment, timezone.now(), "1200", currency="JPY")
    entered(appointment, timezone.now(), "30.00", method=Method.CARD, currency="EUR")
    report = revenue_report(around(), manager)

    assert [(one.currency, one.came) for one in report.totals] == [("EUR", 30), ("GBP", 10), ("JPY", 1200)]
    assert sums(report.by_method) == [("card", "EUR", 30, 0), ("cash", "GBP", 10, 0), ("cash", "JPY", 1200, 0)]


def test_days_are_those_of_the_locations_clock(manager):
    kolkata, new_york = (LocationFactory(time_zone=zone) for zone in ("Asia/Kolkata", "America/New_York"))
    for place in (kolkata, new_york):
        entered(visit(location=place), datetime(2026, 6, 10, 20, tzinfo=UTC))
        entered(visit(location=place), datetime(2026, 6, 11, 2, tzinfo=UTC), "1.00")
    day = date(2026, 6, 10)

    assert sums(revenue_report(Asked(first=day, last=day), manager).by_day) == [("2026-06-10", "GBP", 61, 0)]
    both = revenue_report(Asked(first=day, last=day + timedelta(days=1)), manager)
    assert sums(both.by_day) == [("2026-06-10", "GBP", 61, 0), ("2026-06-11", "GBP", 61, 0)]


def test_one_sees_the_money_of_ones_own():
    doctor, location = DoctorFactory(), LocationFactory()
    paid_in_cash(visit(doctor, location))
    paid_in_cash(visit(DoctorFactory(), location), "10")
    paid_in_cash(visit(), "1")
    visit(doctor, location), visit(DoctorFactory(), location), visit()
    own = program_of(Role.DOCTOR, location).user
    doctor.user = own
    doctor.save()

    for user, came, owed in (
        (own, 60, 60),
        (program_of(Role.RECEPTION, location).user, 70, 170),
        (program_of(Role.MANAGER).user, 71, 289),
    ):
        report, debts = revenue_report(around(), user), debts_of(around(), user)
        assert [one.came for one in report.totals] == [came]
        assert [one.owed for one in debts.totals] == [owed]
        assert len(list(ledger_rows(around(), user))) == sum(one.payments for one in report.totals)
    nobody = program_of(Role.RECEPTION, LocationFactory()).user
    assert (revenue_report(around(), nobody).totals, debts_of(around(), nobody).totals) == ((), ())


def test_narrowed_to_a_doctor_or_a_place(manager):
    doctor, location = DoctorFactory(), LocationFactory()
    paid_in_cash(visit(doctor, location), "5")
    paid_in_cash(visit(doctor), "7")
    today = timezone.localdate()

    asked = asked_about(today - timedelta(days=1), today + timedelta(days=1), doctor_id=doctor.pk)
    assert revenue_report(asked, manager).totals[0].came == 12
    asked = asked_about(today - timedelta(days=1), today + timedelta(days=1), location_id=location.pk)
    assert revenue_report(asked, manager).totals[0].came == 5


class TestOutstanding:
    def test_it_is_what_the_account_says(self, manager):
        whole, part, paid, back = visit(fee="0.70"), visit(fee="0.70"), visit(fee="0.70"), visit(fee="0.70")
        paid_in_cash(part, "0.10")
        for amount in ("0.10", "0.20", "0.40"):
            paid_in_cash(paid, amount)
        gave_back(paid_in_cash(back), "0.30")
        debts = debts_of(around(), manager)

        expected = {one.pk: account_of(one).outstanding for one in (whole, part, paid, back)}
        assert expected == {whole.pk: Decimal("0.70"), part.pk: Decimal("0.60"), paid.pk: 0, back.pk: 0}
        assert {one.visit.pk: one.owed for one in debts.debts} == {k: v for k, v in expected.items() if v}
        assert [(one.currency, one.visits, one.owed) for one in debts.totals] == [("GBP", 2, Decimal("1.30"))]
        assert sum(one.owed for one in debts.by_doctor) == Decimal("1.30")
        assert debts.are_all_named

    @pytest.mark.parametrize("status", AppointmentStatus)
    def test_only_visits_that_take_place_are_owed(self, manager, status):
        appointment = visit(status=status, expires_at=timezone.now())
        owing = {"confirmed", "checked_in", "in_progress", "completed"}

        assert [one.visit for one in debts_of(around(), manager).debts] == ([appointment] if status in owing else [])

    def test_a_visit_that_moved_keeps_its_money(self, manager):
        appointment = visit()
        paid_in_cash(appointment)
        slot = SlotFactory(doctor=appointment.doctor, location=appointment.location, starts_at=in_hours(26))
        reschedule_appointment(appointment_id=appointment.pk, slot_id=slot.pk, actor=CLINIC)

        assert debts_of(around(), manager).debts == ()

    def test_walk_ins_count_on_the_day_they_came(self, manager):
        walk_in = visit(starts_at=None, ends_at=None, slot=None)
        old = visit(starts_at=None, ends_at=None, slot=None, created_at=timezone.now() - timedelta(days=9))

        assert [one.visit for one in debts_of(around(), manager).debts] == [walk_in]
        assert {one.visit for one in debts_of(around(days=10), manager).debts} == {walk_in, old}


def test_any_number_of_entries_takes_the_same_queries(manager):
    doctor, location = DoctorFactory(), LocationFactory()
    counts = []
    for many in (1, 5):
        for _one in range(many):
            entered(visit(doctor, location), timezone.now())
            visit(doctor, location)
        with CaptureQueriesContext(connection) as queries:
            revenue_report(around(), manager), debts_of(around(), manager), list(ledger_rows(around(), manager))
        counts.append(len(queries))

    assert counts[0] == counts[1] < 20


def test_the_ledger_in_lines():
    with time_machine.travel(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), tick=False):
        appointment = visit(location=LocationFactory(slug="harbour", name="Harbour"))
        payment = paid_in_cash(appointment)
        refund = gave_back(payment, "15")
        manager = program_of(Role.MANAGER).user
        came, back = ledger_rows(asked_about(None, date(2026, 7, 2)), manager)

    assert refund.status == RefundStatus.SUCCEEDED
    assert dict(zip((str(one) for one in COLUMNS), came, strict=True)) == {
        "Receipt": "HARBOUR-2026-000001",
        "Date": "2026-07-02",  # half past midnight in London
        "Time": "00:30",
        "Location": "Harbour",
        "Doctor": appointment.doctor.name,
        "Appointment": appointment.number,
        "Payment": payment.number,
        "What": "Money came",
        "Reason": "",
        "Method": "Cash",
        "Provider": "The desk",
        "Reference": "",
        "Amount": Decimal(60),
        "Currency": "GBP",
    }
    assert (back[0], back[7], back[8], back[12]) == (
        "HARBOUR-2026-000002",
        "Money went back",
        "Decided by the staff",
        Decimal(-15),
    )
