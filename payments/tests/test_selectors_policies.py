"""What a visit costs, and what of it is to be paid before it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from payments.models import DoctorTerms
from payments.selectors.methods import offers_for
from payments.selectors.policies import policy_of, terms_for
from payments.states import Method, ProviderName, Terms
from payments.tests.factories import policy
from scheduling.models import Appointment, Slot
from scheduling.services.booking import VisitDetails, register_walk_in
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, book, in_hours
from scheduling.visit_terms import VisitTerms

pytestmark = pytest.mark.django_db
ACCOUNT = {"account_number": "GB33BUKB20201555555555"}


def terms(slot: Slot, patient=None) -> VisitTerms:
    return terms_for(doctor=slot.doctor, location=slot.location, patient=patient, starts_at=slot.starts_at)


def far() -> Slot:
    return SlotFactory(starts_at=in_hours(96))


def test_without_rules_one_pays_at_the_clinic():
    asked = terms(far())
    assert (asked.fee, asked.prepayment) == (60, 0)


@pytest.mark.parametrize(
    ("rules", "prepayment"),
    [
        ({"terms": Terms.PREPAID}, 60),
        ({"terms": Terms.DEPOSIT, "deposit": Decimal(20)}, 20),
        ({"terms": Terms.DEPOSIT, "deposit": Decimal(200)}, 60),
        ({"terms": Terms.AT_CLINIC}, 0),
    ],
    ids=["prepaid", "deposit", "a deposit above the fee", "at the clinic"],
)
def test_the_terms_of_a_place(rules, prepayment):
    slot = far()
    policy(slot.location, **rules, **ACCOUNT)
    assert terms(slot).prepayment == prepayment


def test_a_doctors_own_terms_go_first():
    slot = far()
    policy(slot.location, terms=Terms.AT_CLINIC, **ACCOUNT)
    DoctorTerms.objects.create(doctor=slot.doctor, terms=Terms.PREPAID)
    assert terms(slot).prepayment == 60


def test_nothing_is_asked_before_the_visit_where_there_is_no_way_to_pay():
    slot = far()
    policy(slot.location)
    assert terms(slot).prepayment == 0


def test_a_transfer_needs_time():
    soon = SlotFactory(starts_at=in_hours(47))
    policy(soon.location, **ACCOUNT)
    assert terms(soon).prepayment == 0


def completed(patient, slot: Slot, *, days_before: int, fee: int = 60) -> None:
    visit = book(SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=in_hours(2)), patient=patient)
    starts_at = slot.starts_at - timedelta(days=days_before)
    Appointment.objects.filter(pk=visit.pk).update(
        status=AppointmentStatus.COMPLETED,
        slot=None,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=20),
        fee=fee,
        prepayment=0,
    )


@pytest.mark.parametrize(
    ("days_before", "fee", "asked"), [(13, 60, 0), (15, 60, 60), (13, 0, 60)], ids=["within", "after", "a free one"]
)
def test_a_follow_up_within_so_many_days_is_free(days_before, fee, asked):
    slot, patient = far(), PatientFactory()
    policy(slot.location, terms=Terms.AT_CLINIC, free_follow_up_days=14, **ACCOUNT)
    completed(patient, slot, days_before=days_before, fee=fee)
    assert terms(slot, patient).fee == asked
    assert terms(slot, PatientFactory()).fee == 60


def test_a_follow_up_of_somebody_who_walked_in_is_free_too():
    slot, patient = far(), PatientFactory()
    policy(slot.location, terms=Terms.AT_CLINIC, free_follow_up_days=14, **ACCOUNT)
    visit = register_walk_in(
        doctor_id=slot.doctor_id, location_id=slot.location_id, patient=patient, visit=VisitDetails(), actor=CLINIC
    )
    assert terms(slot, patient).fee == 60
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.COMPLETED)
    assert terms(slot, patient).fee == 0
    Appointment.objects.filter(pk=visit.pk).update(created_at=slot.starts_at - timedelta(days=15))
    assert terms(slot, patient).fee == 60


def test_a_free_follow_up_asks_for_nothing_and_is_confirmed_at_once():
    slot, patient = far(), PatientFactory()
    policy(slot.location, free_follow_up_days=14, **ACCOUNT)
    completed(patient, slot, days_before=13)
    visit = book(slot, patient=patient)
    assert (visit.status, visit.fee, visit.prepayment) == (AppointmentStatus.CONFIRMED, 0, 0)


@pytest.mark.parametrize("currency", ["INR", "GBP"])
def test_upi_is_offered_for_rupees_to_the_address_of_the_place(currency):
    visit = book(far())
    visit.currency = currency
    rules = policy(visit.location, upi_address="clinic@bank", **ACCOUNT)
    offered = [(offer.method, offer.provider) for offer in offers_for(visit, policy=rules)]
    upi = [(Method.UPI, ProviderName.UPI)] if currency == "INR" else []
    assert offered == [*upi, (Method.BANK_TRANSFER, ProviderName.BANK)]


def test_terms_cost_two_statements(django_assert_num_queries):
    slot = far()
    policy(slot.location, **ACCOUNT)
    with django_assert_num_queries(2):
        terms(slot)
    assert policy_of(slot.location_id).pay_minutes == 15
