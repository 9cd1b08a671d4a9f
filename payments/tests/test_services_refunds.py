"""Deciding that money goes back, and writing down that it did."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from payments.errors import (
    PaymentKeyReused,
    ProofMissing,
    ReasonMissing,
    RefundTooHigh,
    WrongAmount,
    WrongPaymentState,
)
from payments.invariants import check
from payments.models import LedgerEntry, Payment, Receipt
from payments.providers.contract import Refunded
from payments.selectors.accounts import account_of
from payments.services.desk import mark_paid
from payments.services.refunds import mark_refunded, refund_payment, retry_refund
from payments.services.settling import settle
from payments.states import AccountStatus, EntryKind, PaymentStatus, RefundReason, RefundStatus
from payments.tests.factories import PROVIDER, begin, paid, paid_in_cash, policy, refunded, unpaid
from scheduling.errors import WrongState
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db


def visit_ahead(hours: float = 96, **rules: object) -> Appointment:
    return unpaid(SlotFactory(starts_at=in_hours(hours)), account_number="GB33BUKB20201555555555", **rules)


def paid_by_transfer(hours: float = 96, **rules: object) -> Payment:
    return paid(visit_ahead(hours, **rules), method="bank_transfer")


def hosted(payment: Payment) -> Payment:
    """The same payment, as if a provider with a page of its own had taken it."""
    Payment.objects.filter(pk=payment.pk).update(provider="stripe", provider_payment="pi_1")
    payment.refresh_from_db()
    return payment


def test_cash_handed_back_at_once_is_in_the_ledger_with_its_credit_note():
    payment = paid_in_cash(book(SlotFactory(starts_at=in_hours(30))))
    refund = refund_payment(
        payment_id=payment.pk, amount=Decimal("10.00"), words="Waited too long", proof="Handed out", actor=CLINIC
    )
    payment.refresh_from_db()
    assert refund.status == RefundStatus.SUCCEEDED
    assert (payment.status, payment.refunded, payment.refunding) == (PaymentStatus.PARTIALLY_REFUNDED, 10, 0)
    entry = LedgerEntry.objects.get(kind=EntryKind.REFUND)
    assert (entry.amount, entry.receipt.sequence) == (10, 2)


def test_a_refund_by_hand_waits_until_staff_say_what_shows_it():
    refund = refunded(paid_by_transfer())
    assert (refund.status, refund.try_at) == (RefundStatus.PENDING, None)
    with pytest.raises(ProofMissing):
        mark_refunded(refund_id=refund.pk, proof="  ", actor=CLINIC)
    clerk = UserFactory(is_staff=True)
    handed = mark_refunded(refund_id=refund.pk, proof="Transfer 4711", actor=Actor(f"user:{clerk.pk}", user=clerk))
    assert handed.paid_back_by == clerk
    with pytest.raises(WrongPaymentState):
        mark_refunded(refund_id=refund.pk, proof="Transfer 4711", actor=CLINIC)
    payment = Payment.objects.get()
    assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, 60)
    assert account_of(payment.appointment).status == AccountStatus.REFUNDED


def test_what_a_provider_pays_back_is_not_marked_by_hand():
    refund = refunded(hosted(paid_by_transfer()))
    assert refund.try_at is not None
    with pytest.raises(WrongPaymentState):
        mark_refunded(refund_id=refund.pk, proof="Trust me", actor=CLINIC)


def test_never_more_goes_back_than_came():
    payment = paid_by_transfer()
    refunded(payment, "40.00")
    with pytest.raises(RefundTooHigh):
        refunded(payment, "20.01")
    refunded(payment, "20.00")
    payment.refresh_from_db()
    assert payment.refunding == 60


def test_the_database_itself_refuses_to_give_back_more_than_came():
    payment = paid_by_transfer()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(refunding=Decimal("60.01"))


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "Infinity"])
def test_amounts_that_are_none_are_refused(amount):
    payment = paid_by_transfer()
    with pytest.raises(WrongAmount):
        refunded(payment, Decimal(amount))
    assert not payment.refunds.exists()


def test_staff_say_why():
    payment = paid_by_transfer()
    with pytest.raises(ReasonMissing):
        refund_payment(payment_id=payment.pk, amount=Decimal(1), words=" ", actor=CLINIC)


def test_nothing_goes_back_of_what_has_not_come():
    payment = begin(visit_ahead(), method="bank_transfer")
    with pytest.raises(WrongPaymentState):
        refunded(payment)


def test_the_same_request_refunds_once():
    payment = paid_by_transfer()
    asked = {"payment_id": payment.pk, "amount": Decimal("5.00"), "words": "Sorry", "actor": CLINIC, "request_key": "k"}
    assert refund_payment(**asked) == refund_payment(**asked)
    with pytest.raises(PaymentKeyReused):
        refund_payment(**{**asked, "amount": Decimal("6.00")})


def test_a_refused_refund_gives_its_amount_free_and_can_be_tried_again():
    payment = hosted(paid_by_transfer())
    refund = refunded(payment)
    no = Refunded(
        refund="re_1", key=refund.key, amount=refund.amount, currency="GBP", at=timezone.now(), succeeded=False, why="x"
    )
    settle(payment_id=payment.pk, facts=[no, no], actor=PROVIDER)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.error, payment.refunding) == (RefundStatus.FAILED, "x", 0)
    again = retry_refund(refund_id=refund.pk, actor=CLINIC)
    payment.refresh_from_db()
    assert (payment.refunding, again.provider_refund) == (60, "")
    assert again.key != refund.key  # which the provider knows as what failed, and would answer with that
    yes = Refunded(refund="re_2", key=again.key, amount=refund.amount, currency="GBP", at=timezone.now())
    settle(payment_id=payment.pk, facts=[yes, yes], actor=PROVIDER)
    payment.refresh_from_db()
    assert (payment.status, payment.refunding) == (PaymentStatus.REFUNDED, 0)
    assert Receipt.objects.count() == 2


def test_a_refund_that_may_never_have_got_there_is_tried_again_by_the_same_key():
    refund = refunded(hosted(paid_by_transfer()))
    no = Refunded(
        refund="", key=refund.key, amount=refund.amount, currency="GBP", at=timezone.now(), succeeded=False, why="x"
    )
    settle(payment_id=refund.payment_id, facts=[no], actor=PROVIDER)
    assert retry_refund(refund_id=refund.pk, actor=CLINIC).key == refund.key


def test_a_refund_that_failed_finds_its_money_gone():
    payment = hosted(paid_by_transfer())
    refund = refunded(payment)
    no = Refunded(
        refund="re_1", key=refund.key, amount=refund.amount, currency="GBP", at=timezone.now(), succeeded=False
    )
    settle(payment_id=payment.pk, facts=[no], actor=PROVIDER)
    refunded(payment)
    with pytest.raises(RefundTooHigh):
        retry_refund(refund_id=refund.pk, actor=CLINIC)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.FAILED


@pytest.mark.parametrize(
    ("hours", "actor", "reason", "amount"),
    [
        (96, VISITOR, RefundReason.CANCELLED, 60),
        (12, VISITOR, RefundReason.CANCELLED, 15),
        (12, CLINIC, RefundReason.CLINIC, 60),
    ],
    ids=["in time", "late", "by the clinic"],
)
def test_a_cancelled_visit_is_paid_back_by_the_rules_of_the_place(hours, actor, reason, amount):
    visit = book(SlotFactory(starts_at=in_hours(hours)))
    policy(visit.location, late_refund_percent=25)
    payment = paid_in_cash(visit)
    cancel_appointment(appointment_id=visit.pk, actor=actor)
    refund = payment.refunds.get()
    assert (refund.amount, refund.reason) == (amount, reason)


def test_a_visit_that_is_cancelled_late_may_give_nothing_back():
    visit = book(SlotFactory(starts_at=in_hours(12)))
    paid_in_cash(visit)
    cancel_appointment(appointment_id=visit.pk, actor=VISITOR)
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CANCELLED
    assert account_of(visit).status == AccountStatus.PAID


def test_what_the_clinic_gave_back_is_not_asked_for_again():
    visit = book(SlotFactory(starts_at=in_hours(30)))
    payment = paid_in_cash(visit)
    refund = refunded(payment, "25.00")
    account = account_of(visit)
    assert (account.outstanding, account.due_now, account.takeable) == (0, 0, 0)
    assert account.status == AccountStatus.PAID
    mark_refunded(refund_id=refund.pk, proof="Handed out", actor=CLINIC)
    assert account_of(visit).outstanding == 0


def test_where_all_went_back_the_desk_may_take_the_fee_another_way_but_nobody_is_asked_for_it():
    visit = book(SlotFactory(starts_at=in_hours(30)))
    refunded(paid_in_cash(visit))
    account = account_of(visit)
    assert (account.outstanding, account.due_now, account.takeable) == (0, 0, 60)
    paid_in_cash(visit)
    assert account_of(visit).held == 60


def test_a_fact_without_key_and_number_is_no_refund_of_ours():
    payment = paid_by_transfer()
    ours = refunded(payment, "10.00")
    theirs = Refunded(refund="", amount=Decimal("10.00"), currency="GBP", at=timezone.now())
    settle(payment_id=payment.pk, facts=[theirs], actor=PROVIDER)
    ours.refresh_from_db()
    assert ours.status == RefundStatus.PENDING


def test_nothing_is_kept_of_a_booking_that_was_never_theirs():
    visit = visit_ahead(60, refund_notice_hours=72)
    payment = begin(visit, method="bank_transfer")
    mark_paid(payment_id=payment.pk, amount=Decimal("10.00"), proof="Statement 7", actor=CLINIC)
    cancel_appointment(appointment_id=visit.pk, actor=VISITOR)
    assert payment.refunds.get().amount == 10


def test_what_a_provider_refused_staff_may_pay_back_by_hand():
    payment = hosted(paid_by_transfer())
    refund = refunded(payment)
    no = Refunded(
        refund="re_1", key=refund.key, amount=refund.amount, currency="GBP", at=timezone.now(), succeeded=False
    )
    settle(payment_id=payment.pk, facts=[no], actor=PROVIDER)
    mark_refunded(refund_id=refund.pk, proof="Transfer 4711", actor=CLINIC)
    payment.refresh_from_db()
    assert (payment.status, payment.refunding) == (PaymentStatus.REFUNDED, 0)
    assert list(check()) == []


def cheaper(visit: Appointment, fee: int) -> Appointment:
    """The visit, moved to a doctor of the same place who asks for less."""
    slot = SlotFactory(doctor__consultation_fee=fee, location=visit.location, starts_at=in_hours(120))
    return reschedule_appointment(appointment_id=visit.pk, slot_id=slot.pk, actor=VISITOR)


def test_whoever_moves_to_a_doctor_who_asks_for_less_gets_back_what_is_too_much():
    payment = paid_by_transfer()
    moved = cheaper(Appointment.objects.get(), 45)
    refund = payment.refunds.get()
    assert (refund.amount, refund.reason) == (15, RefundReason.PAID_TWICE)
    assert account_of(moved).status == AccountStatus.PAID


def test_what_has_come_may_be_enough_after_a_move():
    visit = visit_ahead()
    payment = begin(visit, method="bank_transfer")
    mark_paid(payment_id=payment.pk, amount=Decimal("40.00"), proof="Statement 7", actor=CLINIC)
    moved = cheaper(visit, 30)
    assert moved.status == AppointmentStatus.CONFIRMED
    moved.refresh_from_db()
    assert (moved.status, moved.expires_at) == (AppointmentStatus.CONFIRMED, None)
    assert payment.refunds.get().amount == 10
    assert list(check()) == []


def test_a_visit_does_not_move_to_a_doctor_whose_fee_is_in_another_currency():
    visit = visit_ahead()
    slot = SlotFactory(doctor__currency="EUR", location=visit.location, starts_at=in_hours(120))
    with pytest.raises(WrongState, match="another currency"):
        reschedule_appointment(appointment_id=visit.pk, slot_id=slot.pk, actor=VISITOR)
    slot.refresh_from_db()
    assert slot.taken == 0
