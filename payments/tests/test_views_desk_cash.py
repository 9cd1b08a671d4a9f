"""The end of the day: what must be in the drawer, who took it, on the calendar of the place."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import AuditEntry
from accounts.roles import Role
from payments.models import Payment
from payments.selectors.desk_cash import desk_day
from payments.services.desk import take_at_desk
from payments.services.refunds import mark_refunded, refund_payment
from payments.states import Method
from payments.tests.factories import refunded
from scheduling.models import Location
from scheduling.tests.back_office import staff
from scheduling.tests.factories import CLINIC, LocationFactory, PatientFactory, SlotFactory, UserFactory, book

pytestmark = [pytest.mark.django_db, pytest.mark.once("one query of rows by time")]

NOON = datetime(2026, 6, 10, 11, 0, tzinfo=UTC)
DAY = date(2026, 6, 10)


def clerk(name: str) -> Actor:
    user = UserFactory.create(is_staff=True, full_name=name)
    return Actor(f"user:{user.pk}", user=user)


def take(
    place: Location, actor: Actor, amount: str = "60", *, method: str = Method.CASH, at: datetime = NOON
) -> Payment:
    with time_machine.travel(at, tick=False):
        slot = SlotFactory(location=place, starts_at=datetime(2026, 6, 20, 9, 0, tzinfo=UTC))
        visit = book(slot, patient=PatientFactory())
        return take_at_desk(appointment_id=visit.pk, amount=Decimal(amount), method=method, proof="7", actor=actor)


def test_the_drawer_adds_up_per_person_and_currency() -> None:
    place, anna, ben = LocationFactory(), clerk("Anna"), clerk("Ben")
    first = take(place, anna, "60")
    take(place, ben, "40")
    take(place, ben, "50", method=Method.CARD)
    take(LocationFactory(), anna, "60")
    with time_machine.travel(NOON, tick=False):
        refund_payment(payment_id=first.pk, amount=Decimal("15"), words="x", proof="out", actor=ben)
        waits = refunded(first, "5", actor=CLINIC)
    day = desk_day(place, DAY)
    assert [(one.currency, one.taken, one.handed_back, one.left) for one in day.cash] == [("GBP", 100, 15, 85)]
    people = [(str(one.person), one.count.taken, one.count.handed_back, one.count.payments) for one in day.people]
    assert people == [("Anna", 60, 0, 1), ("Ben", 40, 15, 1)]
    assert [(way, one.taken) for way, one in day.slips] == [(Method.CARD, 50)]
    with time_machine.travel(NOON, tick=False):
        mark_refunded(refund_id=waits.pk, proof="out", actor=anna)
    assert desk_day(place, DAY).cash[0].left == 80


def test_the_day_is_that_of_the_place() -> None:
    place = LocationFactory(time_zone="Asia/Kolkata")
    take(place, clerk("Anna"), at=datetime(2026, 6, 9, 19, 0, tzinfo=UTC))  # half past midnight there
    assert len(desk_day(place, DAY).movements) == 1
    assert desk_day(place, date(2026, 6, 9)).movements == []


def test_the_page_and_the_file_say_the_same_and_the_file_is_written_down() -> None:
    place = LocationFactory()
    payment = take(place, clerk("=Anna"))
    client = staff(Role.RECEPTION, place)
    page = reverse("payments:desk_cash", args=[place.slug])
    said = client.get(page, {"day": "2026-06-10"}).content.decode()
    assert "£60.00" in said
    assert payment.appointment.patient.full_name in said
    assert "Nothing was taken" in client.get(page, {"day": "2026-06-09"}).content.decode()
    assert client.get(page, {"day": "nonsense"}).status_code == 200
    answer = client.get(reverse("payments:desk_cash_file", args=[place.slug]), {"day": "2026-06-10"})
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["amount"], row["staff"], row["payment"]) for row in rows] == [("60.00", "'=Anna", payment.number)]
    assert AuditEntry.objects.filter(action="export", changes__what="desk cash 2026-06-10").exists()


def test_only_those_who_handle_the_money_of_the_place_read_it() -> None:
    place = LocationFactory()
    pages = [reverse(f"payments:desk_cash{name}", args=[place.slug]) for name in ("", "_file")]
    for client in (staff(Role.RECEPTION, LocationFactory()), staff(Role.DOCTOR, place)):
        assert [client.get(page).status_code for page in pages] == [404, 404]


def test_it_costs_the_same_however_much_was_taken() -> None:
    place, anna = LocationFactory(), clerk("Anna")
    client = staff(Role.MANAGER)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("payments:desk_cash", args=[place.slug]), {"day": "2026-06-10"})
        return len(asked)

    take(place, anna)
    cost()
    before = cost()
    take(place, anna)
    take(place, clerk("Ben"))
    assert cost() == before
