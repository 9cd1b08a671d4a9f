"""What money that comes does to a payment and its visit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from payments.errors import NotYetCaptured, WrongAmount
from payments.models import LedgerEntry, Payment, Receipt, ReceiptCounter
from payments.providers.contract import Declined, Lapsed, Refunded
from payments.selectors.accounts import account_of
from payments.services.desk import mark_paid
from payments.services.settling import settle
from payments.states import AccountStatus, EntryKind, PaymentStatus, RefundReason, RefundStatus, Terms
from payments.tests.factories import PROVIDER, begin, came, paid, paid_in_cash, refunded, unpaid
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment, confirm_appointment, expire_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db

BY_TRANSFER = {"account_number": "GB33BUKB20201555555555"}


def waiting(hours: float = 96, **rules: object) -> Appointment:
    """A booking far ahead that waits for a transfer."""
    return unpaid(SlotFactory(starts_at=in_hours(hours)), **{**BY_TRANSFER, **rules})


def transfer(visit: Appointment | None = None) -> Payment:
    return begin(visit or waiting(), method="bank_transfer")


def run_out(visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_a_booking_under_prepaid_terms_waits_for_its_money():
    visit = waiting()
    assert (visit.status, visit.prepayment) == (AppointmentStatus.PENDING, Decimal("60.00"))
    account = account_of(visit)
    assert (account.status, account.due_now, account.outstanding) == (AccountStatus.PENDING, 60, 60)


def test_money_confirms_the_visit_once_with_one_entry_and_one_receipt():
    payment = transfer()
    fact = came(payment)
    for _time in range(3):
        settle(payment_id=payment.pk, facts=[fact], actor=PROVIDER)
    payment.refresh_from_db()
    payment.appointment.refresh_from_db()
    assert (payment.status, payment.captured) == (PaymentStatus.PAID, 60)
    assert payment.appointment.status == AppointmentStatus.CONFIRMED
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.amount, entry.currency) == (EntryKind.CAPTURE, 60, "GBP")
    assert Receipt.objects.get().entry == entry
    assert account_of(payment.appointment).status == AccountStatus.PAID


def test_a_deposit_confirms_and_leaves_the_rest_to_pay():
    visit = waiting(terms=Terms.DEPOSIT, deposit=Decimal("20.00"))
    payment = transfer(visit)
    assert payment.amount == 20
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    visit.refresh_from_db()
    account = account_of(visit)
    assert visit.status == AppointmentStatus.CONFIRMED
    assert (account.status, account.due_now, account.outstanding) == (AccountStatus.PARTIAL, 40, 40)


@pytest.mark.parametrize("wrong", [{"amount": "59.99"}, {"amount": "60.01"}, {"currency": "EUR"}])
def test_another_amount_or_currency_than_was_asked_for_is_refused(wrong):
    payment = transfer()
    with pytest.raises(WrongAmount):
        settle(payment_id=payment.pk, facts=[came(payment, **wrong)], actor=PROVIDER)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING
    assert not LedgerEntry.objects.exists()


def test_staff_may_accept_less_and_the_booking_goes_on_waiting_for_the_rest():
    payment = transfer()
    mark_paid(payment_id=payment.pk, amount=Decimal("50.00"), proof="Statement 7", actor=CLINIC)
    visit = Appointment.objects.get()
    assert visit.status == AppointmentStatus.PENDING
    assert account_of(visit).due_now == 10
    rest = transfer(visit)
    assert rest.amount == 10
    settle(payment_id=rest.pk, facts=[came(rest)], actor=PROVIDER)
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CONFIRMED


def test_what_came_of_a_prepayment_goes_back_when_the_time_to_pay_the_rest_runs_out():
    payment = transfer()
    mark_paid(payment_id=payment.pk, amount=Decimal("50.00"), proof="Statement 7", actor=CLINIC)
    run_out(payment.appointment)
    expire_appointment(appointment_id=payment.appointment_id, actor=CLINIC)
    refund = payment.refunds.get()
    assert (refund.amount, refund.reason, refund.status) == (50, RefundReason.UNPAID, RefundStatus.PENDING)
    rest = Payment.objects.create(
        appointment=payment.appointment,
        location=payment.location,
        method="card",
        provider="stripe",
        amount=10,
        currency="GBP",
    )
    settle(payment_id=rest.pk, facts=[came(rest)], actor=PROVIDER)
    assert [refund.amount for refund in rest.refunds.all()] == [10]
    assert not account_of(payment.appointment).held


def test_money_after_the_time_ran_out_still_confirms_while_nobody_ended_the_booking():
    payment = transfer()
    run_out(payment.appointment)
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    assert Appointment.objects.get().status == AppointmentStatus.CONFIRMED


def test_money_for_an_expired_booking_takes_its_seat_again():
    payment = transfer()
    run_out(payment.appointment)
    expire_appointment(appointment_id=payment.appointment_id, actor=CLINIC)
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    visit = Appointment.objects.select_related("slot").get()
    assert (visit.status, visit.slot.taken) == (AppointmentStatus.CONFIRMED, 1)
    assert not payment.refunds.exists()


def test_money_for_a_seat_that_is_somebody_elses_goes_back_whole():
    payment = transfer()
    slot = payment.appointment.slot
    run_out(payment.appointment)
    other = book(slot)
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    payment.appointment.refresh_from_db()
    refund = payment.refunds.get()
    assert payment.appointment.status == AppointmentStatus.EXPIRED
    assert (refund.amount, refund.reason, refund.status) == (60, RefundReason.SEAT_GONE, RefundStatus.PENDING)
    other.refresh_from_db()
    slot.refresh_from_db()
    assert (other.status, slot.taken) == (AppointmentStatus.PENDING, 1)


def test_money_for_a_cancelled_visit_goes_back():
    payment = transfer()
    cancel_appointment(appointment_id=payment.appointment_id, actor=VISITOR)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CANCELLED
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    assert payment.refunds.get().amount == 60


def test_money_follows_a_visit_that_moved():
    payment = transfer()
    target = SlotFactory(doctor=payment.appointment.doctor, location=payment.location, starts_at=in_hours(120))
    moved = reschedule_appointment(appointment_id=payment.appointment_id, slot_id=target.pk, actor=VISITOR)
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    moved.refresh_from_db()
    assert moved.status == AppointmentStatus.CONFIRMED
    assert account_of(moved).status == AccountStatus.PAID


def test_what_is_paid_twice_goes_back():
    visit = waiting()
    first = transfer(visit)
    Payment.objects.filter(pk=first.pk).update(amount=Decimal("60.00"), method="card")
    second = transfer(visit)
    assert second.pk != first.pk
    for payment in (first, second):
        settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    assert not first.refunds.exists()
    assert (second.refunds.get().amount, second.refunds.get().reason) == (60, RefundReason.PAID_TWICE)
    assert account_of(visit).held == 60


def test_whoever_has_paid_is_asked_no_more_by_what_they_had_begun_besides():
    visit = waiting()
    open_transfer = transfer(visit)
    paid_in_cash(visit, "20.00")
    open_transfer.refresh_from_db()
    assert open_transfer.status == PaymentStatus.PENDING
    paid_in_cash(visit, "40.00")
    open_transfer.refresh_from_db()
    assert open_transfer.status == PaymentStatus.CANCELLED
    assert not account_of(visit).has_pending
    settle(payment_id=open_transfer.pk, facts=[came(open_transfer)], actor=PROVIDER)
    assert (open_transfer.refunds.get().amount, open_transfer.refunds.get().reason) == (60, RefundReason.PAID_TWICE)


def test_a_decline_that_is_not_final_leaves_the_payment_open_and_says_why():
    payment = transfer()
    settle(payment_id=payment.pk, facts=[Declined("insufficient funds")], actor=PROVIDER)
    payment.refresh_from_db()
    assert (payment.status, payment.failure) == (PaymentStatus.PENDING, "insufficient funds")
    settle(payment_id=payment.pk, facts=[Declined("lost card", final=True)], actor=PROVIDER)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.FAILED
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    payment.refresh_from_db()
    assert (payment.status, payment.failure) == (PaymentStatus.PAID, "")


def test_a_page_that_closed_gives_the_payment_up_but_takes_nothing_back():
    payment = paid(waiting(), method="bank_transfer")
    settle(payment_id=payment.pk, facts=[Lapsed(), Declined("late", final=True)], actor=PROVIDER)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID


def test_a_refund_before_its_money_waits():
    payment = transfer()
    back = Refunded(refund="re_1", amount=Decimal("60.00"), currency="GBP", at=timezone.now())
    with pytest.raises(NotYetCaptured):
        settle(payment_id=payment.pk, facts=[back], actor=PROVIDER)
    settle(payment_id=payment.pk, facts=[back, came(payment)], actor=PROVIDER)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, 60)
    assert [entry.kind for entry in LedgerEntry.objects.order_by("pk")] == [EntryKind.CAPTURE, EntryKind.REFUND]


def test_a_refund_at_the_provider_is_written_down_once():
    payment = paid(waiting(), method="bank_transfer")
    back = Refunded(refund="re_1", amount=Decimal("25.00"), currency="GBP", at=timezone.now())
    for _time in range(3):
        settle(payment_id=payment.pk, facts=[back], actor=PROVIDER)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, 25)
    assert payment.refunds.get().reason == RefundReason.PROVIDER


def test_a_patient_cannot_confirm_what_is_not_paid_but_staff_waive_it():
    visit = waiting()
    confirm_appointment(appointment_id=visit.pk, actor=CLINIC)
    visit.refresh_from_db()
    assert (visit.status, visit.prepayment) == (AppointmentStatus.CONFIRMED, 0)


def test_receipts_are_numbered_without_a_gap_whatever_is_undone():
    first = paid(waiting(), method="bank_transfer")
    second = transfer(unpaid(SlotFactory(location=first.location, starts_at=in_hours(97)), **BY_TRANSFER))
    with pytest.raises(WrongAmount):
        settle(payment_id=second.pk, facts=[came(second, amount="1.00")], actor=PROVIDER)
    settle(payment_id=second.pk, facts=[came(second)], actor=PROVIDER)
    refunded(first)
    assert list(Receipt.objects.order_by("pk").values_list("sequence", flat=True)) == [1, 2]
    assert ReceiptCounter.objects.get().last == 2


def test_cash_is_paid_at_once_and_never_more_than_is_outstanding():
    visit = book(SlotFactory(starts_at=in_hours(30)))
    assert visit.status == AppointmentStatus.CONFIRMED
    with pytest.raises(WrongAmount):
        paid_in_cash(visit, "60.01")
    assert paid_in_cash(visit).status == PaymentStatus.PAID
    assert account_of(visit).status == AccountStatus.PAID


def test_the_trail_names_what_the_person_did():
    visit = book(SlotFactory(starts_at=in_hours(30)))
    paid_in_cash(visit)
    verbs = set(AuditEntry.objects.filter(object_type=Payment._meta.db_table).values_list("verb", flat=True))
    assert verbs == {"payment.take_at_desk"}
