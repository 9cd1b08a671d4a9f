"""What is written into the outbox when money is asked for, comes and goes back; what of it is still true when sent."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from notifications.models import Message, MessagePolicy
from notifications.services.planning import plan_for_payment
from notifications.states import ChannelName, Kind, NotSent
from notifications.tests.sending import SENT, becomes
from payments.models import Payment, Refund
from payments.providers.contract import Declined
from payments.services.refunds import mark_refunded, refund_payment
from payments.services.settling import settle
from payments.states import Method, ProviderName, RefundReason, RefundStatus
from payments.tests.factories import PROVIDER, came, paid_in_cash, unpaid
from scheduling.models import Appointment, Slot
from scheduling.services import lifecycle
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, VISITOR, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 1, 14, 23, 0, tzinfo=UTC)
EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS


@pytest.fixture(autouse=True)
def clock(settings):
    settings.PAYMENTS_SANDBOX = True
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def begin(visit: Appointment | None = None) -> Payment:
    """A payment by card that is under way."""
    visit = visit or unpaid()
    return Payment.objects.create(
        appointment=visit,
        location=visit.location,
        method=Method.CARD,
        provider=ProviderName.SANDBOX,
        amount=visit.fee,
        currency=visit.currency,
    )


def paid() -> Payment:
    """One whose money has come."""
    payment = begin()
    return settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)


def rows(kind: Kind | None = None) -> list[tuple[str, str, str]]:
    found = Message.objects.filter(kind__in=[kind] if kind else [Kind.TO_PAY, Kind.PAID, Kind.REFUNDED])
    return sorted(found.values_list("kind", "channel", "status"))


def the(kind: Kind, channel: ChannelName = EMAIL) -> Message:
    return Message.objects.get(kind=kind, channel=channel)


def alone(row: Message) -> Message:
    """The only message, at a place without quiet hours."""
    MessagePolicy.objects.update_or_create(
        location=row.location, defaults={"quiet_from": time(0), "quiet_until": time(0)}
    )
    Message.objects.exclude(pk=row.pk).delete()
    return row


def seat_gone() -> Appointment:
    """A booking that ran out, whose seat went to somebody else, and whose payment comes after that."""
    payment = begin(unpaid(SlotFactory(starts_at=timezone.now() + timedelta(hours=50))))
    visit = payment.appointment
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.EXPIRED, expires_at=None)
    Slot.objects.filter(pk=visit.slot_id).update(taken=1, capacity=1)
    settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
    return visit


class TestAsking:
    def test_what_is_to_be_paid_first_is_asked_to_be_paid_and_not_to_be_confirmed(self):
        visit = unpaid()
        assert list(Message.objects.values_list("kind", "channel")) == [("to_pay", "email")]
        row = the(Kind.TO_PAY)
        assert row.not_after == visit.expires_at
        assert becomes(row) == SENT
        assert "Please pay £60.00 by" in row.body
        assert row.subject.startswith("Please pay for your appointment on")

    def test_once_paid_it_is_asked_no_more(self):
        payment = paid()
        assert rows(Kind.TO_PAY) == [("to_pay", "email", "cancelled")]
        assert the(Kind.TO_PAY).why_not == NotSent.VISIT_CHANGED
        assert payment.appointment_id == the(Kind.TO_PAY).appointment_id

    def test_nor_while_nothing_is_due_though_the_visit_still_waits(self):
        visit = unpaid()
        row = alone(the(Kind.TO_PAY))
        Appointment.objects.filter(pk=visit.pk).update(prepayment=0, fee=0)
        assert becomes(row) == ("cancelled", NotSent.VISIT_CHANGED)

    def test_where_nothing_is_to_be_paid_first_nobody_is_asked(self):
        book(SlotFactory())
        assert rows() == []


class TestMoneyThatCame:
    def test_it_is_told_once_with_the_receipt_besides_what_becomes_of_the_visit(self):
        payment = paid()
        settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)  # heard again
        assert rows(Kind.PAID) == [("paid", "email", "pending")]
        row = the(Kind.PAID)
        assert (row.payment, row.appointment, row.refund) == (payment, payment.appointment, None)
        assert Message.objects.filter(kind=Kind.CONFIRMATION).count() == 1

    def test_cash_at_the_desk_is_told_too(self):
        paid_in_cash(book(SlotFactory()), "20")
        row = alone(the(Kind.PAID))
        assert becomes(row) == SENT
        assert row.subject == "Receipt: we have received £20.00"

    def test_it_is_true_whatever_has_become_of_the_visit(self):
        payment = paid()
        row = alone(the(Kind.PAID))
        Appointment.objects.filter(pk=payment.appointment_id).update(status=AppointmentStatus.CANCELLED)
        assert becomes(row) == SENT

    def test_a_visit_that_moved_is_told_of_at_its_new_time(self):
        visit = book(SlotFactory())
        paid_in_cash(visit)
        moved = reschedule_appointment(appointment_id=visit.pk, slot_id=SlotFactory().pk, actor=VISITOR)
        refund = refund_payment(
            payment_id=visit.payments.get().pk, amount=Decimal(5), words="Sorry", actor=CLINIC, proof="cash"
        )
        assert the(Kind.REFUNDED).appointment == moved
        assert the(Kind.REFUNDED).refund == refund

    def test_who_pays_in_the_evening_need_not_wait_for_the_morning(self, clock):
        clock.move_to(NIGHT)
        paid()
        assert {the(Kind.PAID).due_at, the(Kind.CONFIRMATION).due_at} == {NIGHT}

    def test_an_attempt_that_fails_is_told_nobody(self):
        payment = begin()
        settle(payment_id=payment.pk, facts=[Declined(final=True)], actor=PROVIDER)
        assert rows(Kind.PAID) == []

    def test_without_its_money_it_is_not_true(self):
        row = alone(the(Kind.PAID)) if paid() else None
        assert row is not None
        row.payment.refunds.all().delete()
        type(row.payment).objects.filter(pk=row.payment_id).update(status="failed", captured=0)
        assert becomes(row) == ("cancelled", NotSent.VISIT_CHANGED)


class TestMoneyThatGoesBack:
    def test_it_is_told_once_when_it_has_gone(self):
        payment = paid_in_cash(book(SlotFactory()))
        refund = refund_payment(payment_id=payment.pk, amount=Decimal(20), words="The doctor was ill", actor=CLINIC)
        assert rows(Kind.REFUNDED) == []
        mark_refunded(refund_id=refund.pk, proof="handed over", actor=CLINIC)
        assert rows(Kind.REFUNDED) == [("refunded", "email", "pending")]
        row = alone(the(Kind.REFUNDED))
        assert becomes(row) == SENT
        assert "£20.00 goes back to you. You have it back in cash." in row.body
        assert "A message from the clinic: The doctor was ill" in row.body
        assert row.subject == "We pay you back. £20.00 goes back to you"

    @pytest.mark.parametrize("by_staff", [True, False])
    def test_a_cancellation_says_whose_it_was_and_no_words(self, by_staff):
        payment = paid()
        actor = CLINIC if by_staff else VISITOR
        lifecycle.cancel_appointment(appointment_id=payment.appointment_id, actor=actor, message="secret")
        refund = Refund.objects.get()
        plan_for_payment(payment=refund.payment, previous=None, refund=refund, actor=actor)
        assert rows(Kind.REFUNDED) == []
        Refund.objects.update(status=RefundStatus.SUCCEEDED)
        refund.refresh_from_db()
        for _time in range(2):
            plan_for_payment(payment=refund.payment, previous=None, refund=refund, actor=actor)
        row = alone(the(Kind.REFUNDED))
        assert becomes(row) == SENT
        assert ("We had to cancel your appointment" in row.body) == by_staff
        assert "It is on its way" in row.body
        assert "secret" not in row.body

    def test_what_failed_was_not_paid_back(self):
        payment = paid_in_cash(book(SlotFactory()))
        refund_payment(payment_id=payment.pk, amount=Decimal(20), words="x", actor=CLINIC, proof="cash")
        row = alone(the(Kind.REFUNDED))
        Refund.objects.update(status=RefundStatus.FAILED)
        assert becomes(row) == ("cancelled", NotSent.VISIT_CHANGED)

    def test_who_has_no_seat_any_more_is_told_at_once_and_only_that(self):
        visit = seat_gone()
        assert Refund.objects.get().reason == RefundReason.SEAT_GONE
        assert rows() == [
            ("paid", "email", "pending"),
            ("refunded", "email", "pending"),
            ("refunded", "sms", "pending"),
            ("to_pay", "email", "pending"),
        ]
        refund = Refund.objects.get()
        Refund.objects.update(status=RefundStatus.SUCCEEDED)
        refund.refresh_from_db()
        plan_for_payment(payment=refund.payment, previous=None, refund=refund, actor=PROVIDER)
        assert len(rows(Kind.REFUNDED)) == 2
        Refund.objects.update(status=RefundStatus.FAILED)  # they must know it even so
        paid_row, mail, text = the(Kind.PAID), the(Kind.REFUNDED), the(Kind.REFUNDED, SMS)
        assert becomes(paid_row) == ("cancelled", NotSent.PAID_BACK)
        mail.refresh_from_db()
        text.refresh_from_db()
        assert (mail.status, text.status) == ("sent", "sent")
        assert "So you have no appointment then: please do not come for it." in mail.body
        assert "We pay it back now" in mail.body
        assert "You have no visit" in text.body
        assert mail.starts_at == visit.starts_at

    def test_money_that_goes_back_rings_nobody_up_but_for_that(self, clock):
        clock.move_to(NIGHT)
        seat_gone()
        text = the(Kind.REFUNDED, SMS)
        assert text.due_at == datetime(2026, 1, 15, 8, 0, tzinfo=UTC)  # the visit is the day after
        assert the(Kind.REFUNDED).due_at == NIGHT

    def test_at_night_the_phone_rings_only_if_the_visit_is_in_the_morning(self, clock):
        clock.move_to(NIGHT)
        payment = begin(unpaid(SlotFactory(starts_at=in_hours(9.5))))  # half past eight
        Appointment.objects.update(status=AppointmentStatus.EXPIRED, expires_at=None)
        Slot.objects.update(taken=1, capacity=1)
        settle(payment_id=payment.pk, facts=[came(payment)], actor=PROVIDER)
        assert the(Kind.REFUNDED, SMS).due_at == NIGHT
