"""The one page that says what a patient paid, when, how, what went back and why."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import AuditEntry, User
from accounts.roles import Role
from payments.models import LedgerEntry, Payment, Refund, WebhookEvent
from payments.services.desk import mark_paid, take_at_desk
from payments.services.refunds import mark_refunded
from payments.states import Method, ProviderName
from payments.tests.factories import begin, paid_in_cash, refunded, unpaid
from scheduling.models import Appointment, Patient
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.back_office import staff
from scheduling.tests.factories import (
    CLINIC,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once("one page, asked of both databases alike")]


def page(client: Client, patient: Patient, **query: str) -> str:
    answer = client.get(reverse("payments_admin:patient", args=[patient.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def clerk(name: str) -> Actor:
    user = UserFactory.create(is_staff=True, full_name=name)
    return Actor(f"user:{user.pk}", user=user)


def visit(patient: Patient, hours: float = 100) -> Appointment:
    return book(SlotFactory(starts_at=in_hours(hours)), patient=patient)


def test_it_says_what_was_paid_how_by_whom_what_went_back_and_why() -> None:
    patient = PatientFactory()
    paid_for = visit(patient)
    anna, ben = clerk("Anna Till"), clerk("Ben Back")
    payment = take_at_desk(
        appointment_id=paid_for.pk, amount=paid_for.fee, method=Method.CARD, proof="Slip 4711", actor=anna
    )
    refund = refunded(payment, "15", actor=ben)
    mark_refunded(refund_id=refund.pk, proof="Slip 4712", actor=ben)
    WebhookEvent.objects.create(
        payment=payment, provider=ProviderName.STRIPE, event_id="e", kind="charge.refunded", payload={}
    )
    owed = visit(patient, 130)
    said = page(staff(Role.MANAGER), patient)
    receipts = [entry.receipt.number for entry in LedgerEntry.objects.all()]
    for word in (
        *(payment.number, paid_for.number, owed.number, "Slip 4711", "Slip 4712", "Anna Till", "Ben Back"),
        *("£60.00 came by Card, The desk", "£15.00 of", "Decided by the staff", "“The doctor was ill”"),
        *("went back", "charge.refunded", "£60.00 is outstanding", *receipts),
    ):
        assert word in said, word
    assert said.index(owed.number) < said.index(paid_for.number)
    assert reverse("payments:desk_pay", args=[owed.pk]) in said


def test_a_visit_that_moved_is_one_with_its_money() -> None:
    patient = PatientFactory()
    first = visit(patient)
    payment = paid_in_cash(first)
    slot = SlotFactory(doctor=first.doctor, location=first.location, starts_at=in_hours(140))
    moved = reschedule_appointment(appointment_id=first.pk, slot_id=slot.pk, actor=CLINIC)
    said = page(staff(Role.MANAGER), patient)
    assert said.count('class="fd-visit-money"') == 1
    assert f'id="visit-{moved.pk}"' in said
    assert "Moved to" in said
    assert payment.number in said


def test_a_transfer_that_waits_says_its_reference_and_is_marked_from_here() -> None:
    waits = unpaid(SlotFactory(starts_at=in_hours(200)), account_number="GB29 NWBK")
    payment = begin(waits, method=Method.BANK_TRANSFER)
    client = staff(Role.RECEPTION, waits.location)
    said = page(client, waits.patient)
    assert payment.reference is not None
    assert payment.reference in said
    assert f"Mark {payment.number} as paid" in said
    assert "all of it to be paid to confirm" in said
    mark_paid(payment_id=payment.pk, proof="Line 3", actor=CLINIC)
    assert f"Pay back {payment.number}" in page(client, waits.patient)


def test_each_sees_what_is_theirs_and_that_they_looked_is_written_down() -> None:
    patient = PatientFactory()
    here, there = paid_in_cash(visit(patient)), paid_in_cash(visit(patient, 130))
    said = page(staff(Role.RECEPTION, here.location), patient)
    assert here.number in said
    assert there.number not in said
    assert AuditEntry.objects.filter(action="view", object_id=str(patient.pk)).exists()
    stranger = staff(Role.RECEPTION, LocationFactory())
    assert stranger.get(reverse("payments_admin:patient", args=[patient.pk])).status_code == 404


def test_a_doctor_reads_of_their_own_visits_and_moves_nothing() -> None:
    patient = PatientFactory()
    own, other = paid_in_cash(visit(patient)), paid_in_cash(visit(patient, 130))
    client = staff(Role.DOCTOR)
    type(own.appointment.doctor).objects.filter(pk=own.appointment.doctor_id).update(
        user=User.objects.get(pk=client.session["_auth_user_id"])
    )
    said = page(client, patient)
    assert own.number in said
    assert other.number not in said
    assert "Pay back" not in said
    assert "Take money" not in said


def test_it_costs_the_same_however_many_visits_there_are() -> None:
    patient, client = PatientFactory(), staff(Role.MANAGER)

    def one_more(hours: float) -> None:
        refund = refunded(paid_in_cash(visit(patient, hours)), "10")
        mark_refunded(refund_id=refund.pk, proof="Slip", actor=clerk("Anna Till"))

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(client, patient)
        return len(asked)

    one_more(100)
    page(client, patient)
    before = cost()
    one_more(130)
    one_more(160)
    assert cost() == before
    assert (Payment.objects.count(), Refund.objects.count()) == (3, 3)


def test_it_is_reached_from_the_patient_the_visit_and_the_payment() -> None:
    payment = paid_in_cash(visit(PatientFactory()))
    client, booked = staff(Role.MANAGER), payment.appointment
    link = reverse("payments_admin:patient", args=[booked.patient_id])
    pages = {
        "admin:scheduling_patient_change": booked.patient_id,
        "admin:scheduling_appointment_change": booked.pk,
        "admin:payments_payment_change": payment.pk,
    }
    for name, key in pages.items():
        assert link in client.get(reverse(name, args=[key])).content.decode(), name
