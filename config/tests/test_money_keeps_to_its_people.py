"""Guarantees 15 and 16 for money: no address reaches another's payments, and what people type is shown as typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.tests.doors import DOORS, Door, addresses, parameters
from config.tests.test_nobody_sees_anothers_data import problems_of
from config.tests.world import Person, World, differences, rows_now
from payments.models import Payment, Receipt

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("who may see what is asked with the same queries of both databases"),
]

TURNED_AWAY = {302, 303, 403, 404, 405}
TEMPTING = {
    "amount": "1.00",
    "method": "cash",
    "proof": "forged",
    "words": "forged",
    "status": "paid",
    "captured": "60.00",
    "confirmed": "yes",
    "_save": "Save",
}


@pytest.mark.parametrize("name", ["one", "anonymous"])
def test_ones_own_link_opens_no_payment_and_no_receipt_of_another_visit(world: World, name: str) -> None:
    person = world.people[name]
    client, secret, before, problems = person.client(), world.visits["here_confirmed"].secret, rows_now(), []
    for page, key, rows in (
        ("payment", "payment_id", Payment.objects.all()),
        ("give_up", "payment_id", Payment.objects.all()),
        ("receipt", "receipt_id", Receipt.objects.all()),
        ("receipt_file", "receipt_id", Receipt.objects.all()),
    ):
        for row in rows:
            address = reverse(f"payments:{page}", kwargs={"secret": secret, key: row.pk})
            for response in (client.get(address), client.post(address, TEMPTING)):
                if response.status_code not in {404, 405}:
                    problems.append(f"{address}: {response.status_code}")
    assert problems == []
    assert differences(before, rows_now()) == []


@pytest.mark.parametrize("name", ["anonymous", "one", "doctor_there", "desk_there"])
def test_no_page_of_the_staff_reaches_money_of_another_place(world: World, name: str) -> None:
    person = world.people[name]
    client, before, problems, asked = person.client(), rows_now(), [], 0
    for page, address, is_about_one in pages_of_staff(world):
        body = {**TEMPTING, "payment": world.money.payments["here_waiting"].pk, "location": world.here.pk}
        for method, response in (("GET", client.get(address)), ("POST", client.post(address, body))):
            asked += 1
            problems += problems_of(world, person, f"{method} {page} {address}", response)
            if (is_about_one or not is_staff(person)) and response.status_code not in TURNED_AWAY:
                problems.append(f"{method} {page} {address}: {response.status_code}")
    assert problems == []
    assert differences(before, rows_now()) == []
    assert asked > 5


def pages_of_staff(world: World) -> Iterator[tuple[str, str, bool]]:
    """Every page of money for staff; where it is about one thing, about one of the place that is not theirs."""
    about: dict[str, Any] = {
        "line_id": world.money.lines["here_near"].pk,
        "appointment_id": world.visits["here_completed"].pk,
        "payment_id": world.money.payments["here_paid"].pk,
        "receipt_id": Receipt.objects.filter(location=world.here).order_by("pk")[0].pk,
        "patient_id": world.patients["anna"].pk,
        "slug": world.here.slug,
    }
    for name, pattern in addresses():
        if name.startswith(("payments:", "payments_admin:")) and DOORS.get(name) == Door.STAFF:
            wanted = parameters(pattern)
            assert wanted.keys() <= about.keys(), f"say in this test what {name} is about"
            yield name, reverse(name, kwargs={key: about[key] for key in wanted}), bool(wanted)


def is_staff(person: Person) -> bool:
    return person.user is not None and person.user.is_staff


@pytest.mark.parametrize("name", ["one", "two"])
def test_pages_of_ones_own_money_open_and_speak_of_nobody_else(world: World, name: str) -> None:
    person = world.people[name]
    client, problems, opened = person.client(), [], 0
    for address in own_pages(person):
        response = client.get(address)
        problems += problems_of(world, person, address, response)
        opened += response.status_code == 200
        if response.status_code not in {200, 302, 410}:
            problems.append(f"{address}: {response.status_code}")
    assert problems == []
    assert opened > 10


def own_pages(person: Person) -> Iterator[str]:
    payments = Payment.objects.filter(appointment__in=person.visits).select_related("appointment")
    for payment in payments:
        secret = payment.appointment.secret
        yield reverse("payments:checkout", args=[secret])
        yield reverse("payments:visit_money", args=[secret])
        yield reverse("payments:payment", args=[secret, payment.pk])
        for receipt in Receipt.objects.filter(entry__payment=payment):
            yield reverse("payments:receipt", args=[secret, receipt.pk])
            yield reverse("payments:receipt_file", args=[secret, receipt.pk])


@pytest.mark.parametrize("name", ["desk_here", "manager"])
def test_the_books_that_staff_take_out_hold_only_what_is_theirs(world: World, name: str) -> None:
    person = world.people[name]
    response = person.client().get(reverse("payments:ledger_file"))
    assert response.status_code == 200
    said = (b"".join(response.streaming_content) if response.streaming else response.content).decode("utf-8-sig")
    assert world.leaks(person, said) == []
    numbers = {receipt.number for receipt in Receipt.objects.select_related("location")}
    shown = {number for number in numbers if number in said}
    assert shown == {number for number in numbers if name == "manager" or number.startswith("HARBOUR")}
    assert list(csv.reader(io.StringIO(said)))
    assert Client().get(reverse("payments:ledger_file")).status_code == 302
