"""Beginning a payment, in the sandbox: it speaks the same language as the providers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.errors import MethodNotOffered, NothingDue, PaymentKeyReused
from payments.models import Payment, SandboxSession
from payments.services.settling import settle
from payments.services.starting import give_up_payment
from payments.states import PaymentStatus
from payments.tests.factories import PROVIDER, begin, came, unpaid
from scheduling.errors import WrongState
from scheduling.models import Appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.factories import VISITOR, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db
ACCOUNT = {"account_number": "GB33BUKB20201555555555"}


@pytest.fixture(autouse=True)
def sandbox(settings):
    settings.PAYMENTS_SANDBOX = True


def far(**rules: object) -> Appointment:
    return unpaid(SlotFactory(starts_at=in_hours(96)), **{**ACCOUNT, **rules})


def test_the_payer_is_sent_to_the_providers_page_for_what_the_server_says_is_due():
    payment = begin(far())
    session = SandboxSession.objects.get()
    assert (payment.status, payment.amount, session.amount_minor) == (PaymentStatus.PENDING, 60, 6000)
    assert payment.page.endswith(f"/sandbox/{payment.provider_reference}/")
    assert payment.ask_at is not None


def test_the_booking_keeps_its_time_while_the_payment_is_under_way():
    visit = far(pay_minutes=15)
    Appointment.objects.filter(pk=visit.pk).update(expires_at=timezone.now() + timedelta(minutes=1))
    begin(visit)
    visit.refresh_from_db()
    assert visit.expires_at > timezone.now() + timedelta(minutes=14)


def test_a_transfer_keeps_it_for_days_and_has_a_reference():
    visit = far(transfer_hours=48)
    payment = begin(visit, method="bank_transfer")
    visit.refresh_from_db()
    assert visit.expires_at > timezone.now() + timedelta(hours=47)
    assert payment.reference.startswith("RF")
    assert payment.ask_at is None


def test_two_tabs_pay_the_same_payment():
    visit = far()
    first, second = begin(visit, request_key="a"), begin(visit, request_key="b")
    assert first == second
    assert SandboxSession.objects.count() == 1


def test_another_way_gives_the_first_up_but_its_money_still_counts():
    visit = far()
    card = begin(visit)
    transfer = begin(visit, method="bank_transfer")
    card.refresh_from_db()
    assert (card.status, transfer.status) == (PaymentStatus.CANCELLED, PaymentStatus.PENDING)
    settle(payment_id=card.pk, facts=[came(card)], actor=PROVIDER)
    visit.refresh_from_db()
    assert visit.status == "confirmed"


def test_the_same_request_is_the_same_payment_and_another_way_is_refused():
    visit = far()
    assert begin(visit, request_key="k") == begin(visit, request_key="k")
    with pytest.raises(PaymentKeyReused):
        begin(visit, method="bank_transfer", request_key="k")


def test_after_a_decline_a_new_payment_begins():
    visit = far()
    first = begin(visit)
    Payment.objects.filter(pk=first.pk).update(status=PaymentStatus.FAILED)
    assert begin(visit) != first


def test_what_ran_out_cannot_be_paid():
    visit = far()
    Appointment.objects.filter(pk=visit.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(WrongState):
        begin(visit)
    assert not Payment.objects.exists()


def test_what_is_paid_is_not_paid_again():
    visit = far()
    payment = begin(visit)
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    with pytest.raises(NothingDue):
        begin(visit)


@pytest.mark.parametrize("method", ["upi", "netbanking", "cash", "gold", ""])
def test_only_what_is_offered_is_taken(method):
    with pytest.raises(MethodNotOffered):
        begin(far(), method=method)


def test_a_visit_that_costs_nothing_is_not_paid():
    slot = SlotFactory(starts_at=in_hours(96), doctor__consultation_fee=0)
    with pytest.raises(NothingDue):
        begin(book(slot))


def test_a_fee_to_be_paid_at_the_clinic_may_be_paid_ahead():
    payment = begin(book(SlotFactory(starts_at=in_hours(3))))
    assert payment.amount == 60


def test_the_link_of_a_visit_that_moved_pays_for_where_it_is_now():
    visit = far()
    target = SlotFactory(doctor=visit.doctor, location=visit.location, starts_at=in_hours(120))
    moved = reschedule_appointment(appointment_id=visit.pk, slot_id=target.pk, actor=VISITOR)
    assert begin(visit).appointment == moved


def test_turning_back_gives_up_and_changes_nothing_that_is_over():
    payment = begin(far())
    assert give_up_payment(payment_id=payment.pk, actor=VISITOR).status == PaymentStatus.CANCELLED
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    assert give_up_payment(payment_id=payment.pk, actor=VISITOR).status == PaymentStatus.PAID
