"""What becomes of the money when a visit is cancelled, moves, or runs out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.actors import Actor
from payments.models import PaymentPolicy
from payments.selectors.accounts import account_of, payments_of_visit
from payments.selectors.policies import policy_of
from payments.services.refunds import give_back, refund_cancelled_visit
from payments.services.transitions import change_payment
from payments.states import CAPTURED, HOSTED, PaymentStatus, RefundReason
from scheduling.models import Appointment
from scheduling.services.prepaid import confirm_paid
from scheduling.states import AppointmentStatus

ALL = Decimal(1)


def settle_cancellation(*, appointment: Appointment, previous: AppointmentStatus, actor: Actor) -> None:
    """Give back what the rules of the place say, and close what is still under way. Call inside a transaction.

    Nothing is kept of a booking that was still pending before: it was never theirs. One statement for a visit nobody
    has paid for.
    """
    payments = list(payments_of_visit(appointment).select_for_update(of=("self",)))
    for payment in payments:
        if payment.status == PaymentStatus.PENDING:
            # Should the money come after all, it goes back at once (`settling.py`).
            ask_at = timezone.now() if payment.provider in HOSTED else None
            change_payment(payment, PaymentStatus.CANCELLED, actor=actor, ask_at=ask_at)
    if any(payment.status in CAPTURED for payment in payments):
        reason = RefundReason.CLINIC if actor.is_staff else RefundReason.CANCELLED
        policy = policy_of(appointment.location_id)
        was_booked = previous != AppointmentStatus.PENDING
        share = refund_share(appointment, policy=policy, by_staff=actor.is_staff) if was_booked else ALL
        if share:
            refund_cancelled_visit(appointment=appointment, share=share, reason=reason, actor=actor)


def settle_expiry(*, appointment: Appointment, actor: Actor) -> None:
    """Give back what came of a prepayment, where the rest did not: nobody keeps money for a visit that is not booked.
    Call inside a transaction.

    What is still under way stays so: the money may come yet, and the seat be free. One statement for a visit nobody has
    paid for.
    """
    refund_cancelled_visit(appointment=appointment, share=ALL, reason=RefundReason.UNPAID, actor=actor)


def settle_move(*, appointment: Appointment, actor: Actor) -> None:
    """Let the money follow a visit to a doctor who asks for less: what was paid may be enough now, or too much. Call
    inside a transaction, with the visit where it is now.

    One statement for a visit nobody has paid for.
    """
    held = account_of(appointment).held
    if held and appointment.status == AppointmentStatus.PENDING and held >= appointment.prepayment:
        confirmed = confirm_paid(appointment_id=appointment.pk, actor=actor)
        appointment.status, appointment.expires_at = confirmed.status, confirmed.expires_at
    _give_back_excess(appointment, held - appointment.fee, actor)


def _give_back_excess(appointment: Appointment, excess: Decimal, actor: Actor) -> None:
    """The latest payments first."""
    if excess <= 0:
        return
    for payment in payments_of_visit(appointment).select_for_update(of=("self",)).filter(status__in=CAPTURED).reverse():
        amount = min(excess, payment.captured - payment.refunded - payment.refunding)
        if amount > 0:
            give_back(payment, amount, reason=RefundReason.PAID_TWICE, actor=actor)
            excess -= amount


def refund_share(appointment: Appointment, *, policy: PaymentPolicy, by_staff: bool) -> Decimal:
    """Which share (0 to 1) of what was paid goes back to whoever cancels now: all, when the clinic does."""
    notice = timedelta(hours=policy.refund_notice_hours)
    begins = appointment.starts_at
    if by_staff or begins is None or begins - timezone.now() >= notice:
        return ALL
    return Decimal(policy.late_refund_percent) / 100
