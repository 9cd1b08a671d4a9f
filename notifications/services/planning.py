"""Writing into the outbox what is to be told, in the transaction in which it came to pass.

Nothing here reads an address or a language: these are read when a message is sent. Nothing here goes over a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from accounts.actors import Actor
from notifications.drafts import News, about_offer, about_payment, about_refund, about_turn, about_visit
from notifications.models import Message
from notifications.selectors.reminders import without_reminders
from notifications.selectors.rules import setup_of
from notifications.selectors.turns import near_and_untold, subscribed_patients
from notifications.services.outbox import cancel_unsent
from notifications.states import ChannelName, Kind
from notifications.waking import wake_after_commit
from notifications.wanted import wanted_by, why_not_wanted_by
from payments.models import Payment, Refund
from payments.states import CAPTURED, HOSTED, PaymentStatus, RefundReason, RefundStatus
from queueing.models import Token
from scheduling.models import Appointment, Slot, WaitlistEntry
from scheduling.selectors.appointments import live_visit_of
from scheduling.states import UPCOMING, AppointmentStatus


def plan_for_visit(*, appointment: Appointment, previous: str | None, actor: Actor, message: str = "") -> int:
    """A visit was made, or is no longer `previous`: take back what no longer holds, and write what is to be told.

    `message` is what staff say to the patient with it. Returns how many messages were written. A visit that is made
    costs two statements. Wants the location loaded.
    """
    if previous == appointment.status:  # another doctor sees them: nothing to tell
        return 0
    if previous is not None:
        _take_back(appointment, previous, actor)
    now = timezone.now()
    kinds = _kinds_to_tell(appointment, previous, now)
    if not kinds:
        return 0
    former = getattr(appointment, "predecessor", None) if Kind.RESCHEDULED in kinds else None
    news = News(
        at=now,
        by_patient=not actor.is_staff or _has_just_paid(appointment, actor),
        words=message.replace("\x00", "").strip() if actor.is_staff else "",
        former_start=former.starts_at if former else None,
    )
    return _write(about_visit(appointment, kinds, setup=setup_of(appointment.location_id), news=news), now)


def _has_just_paid(appointment: Appointment, actor: Actor) -> bool:
    """Whether it is the payment, told by the provider, that has confirmed the visit. What staff confirm is waived."""
    is_confirmed = appointment.status == AppointmentStatus.CONFIRMED
    return is_confirmed and bool(appointment.prepayment) and actor.user is None


def _take_back(appointment: Appointment, previous: str, actor: Actor) -> None:
    """What the visit wanted told in its former state and no longer wants. Who walked in was told nothing before."""
    if previous in UPCOMING and appointment.starts_at is None:
        return
    over = wanted_by(previous) - wanted_by(appointment.status)
    if over:
        cancel_unsent(
            why=why_not_wanted_by(appointment.status), actor=actor, appointment_id=appointment.pk, kinds=sorted(over)
        )


def _kinds_to_tell(appointment: Appointment, previous: str | None, now: datetime) -> set[Kind]:
    """What a patient is told when their visit comes to its state from another. What has begun is past telling."""
    status = appointment.status
    if status == AppointmentStatus.COMPLETED:
        return {Kind.FEEDBACK}
    if appointment.starts_at is None or appointment.starts_at <= now:
        return set()
    if status == AppointmentStatus.PENDING:
        return {Kind.TO_PAY if appointment.prepayment else Kind.TO_CONFIRM}
    if status == AppointmentStatus.CONFIRMED:
        if previous == AppointmentStatus.CHECKED_IN:  # by mistake
            return {Kind.REMINDER}
        was_moved = previous is None and appointment.calendar_sequence > 0
        return {Kind.RESCHEDULED if was_moved else Kind.CONFIRMATION, Kind.REMINDER}
    if status == AppointmentStatus.CANCELLED and previous in UPCOMING:
        return {Kind.CANCELLED}
    if status == AppointmentStatus.EXPIRED:
        return {Kind.EXPIRED}
    return set()


def plan_for_payment(*, payment: Payment, previous: PaymentStatus | None, refund: Refund | None, actor: Actor) -> int:
    """Money has come, or a refund was decided or did what was decided; returns how many messages were written.

    A message of its own for each movement of money, besides what becomes of the visit: the receipt is what people pass
    on to their insurance, the confirmation with its link is what they keep.
    """
    if refund is None and not (payment.status == PaymentStatus.PAID and previous not in CAPTURED):
        return 0
    if refund is not None and not _is_to_be_told(refund):
        return 0
    now = timezone.now()
    visit = live_visit_of(payment.appointment_id)
    words = refund.words.strip() if refund is not None and refund.reason == RefundReason.STAFF else ""
    answers_payer = refund is None or refund.reason == RefundReason.SEAT_GONE
    by_patient = not actor.is_staff or (answers_payer and actor.user is None and payment.provider in HOSTED)
    news = News(at=now, by_patient=by_patient, words=words)
    setup = setup_of(visit.location_id)
    if refund is None:
        return _write(about_payment(payment, visit, setup=setup, news=news), now)
    return _write(about_refund(refund, visit, setup=setup, news=news), now)


def _is_to_be_told(refund: Refund) -> bool:
    """Money that goes back is told when it has gone; where the patient would come for nothing, when that is decided."""
    told_at = RefundStatus.PENDING if refund.reason == RefundReason.SEAT_GONE else RefundStatus.SUCCEEDED
    return refund.status == told_at


def plan_offer(*, entry: WaitlistEntry, actor: Actor) -> int:
    """Somebody on the waitlist was offered a seat; returns how many messages were written."""
    if entry.offered_slot_id is None:
        return 0
    slot = Slot.objects.select_related("location").get(pk=entry.offered_slot_id)
    now = timezone.now()
    return _write(about_offer(entry, slot, setup=setup_of(slot.location_id), now=now), now)


def plan_call(*, token: Token, actor: Actor) -> int:
    """Somebody was called, or called again; returns how many messages were written. Wants the patient loaded."""
    now = timezone.now()
    rules = setup_of(token.location_id).rules_for(Kind.YOUR_TURN)
    if any(rule.channel == ChannelName.PUSH for rule in rules) and not subscribed_patients([token.patient]):
        rules = [rule for rule in rules if rule.channel != ChannelName.PUSH]
    return _write(about_turn(token, rules, now=now), now)


def plan_turns(*, actor: Actor, limit: int = 500, dry_run: bool = False) -> int:
    """The sweep: tell those who wait that their turn is near, once each; returns how many messages were written.

    It reads no queue but those of people who can be told and have not been.
    """
    now = timezone.now()
    drafts = [draft for token, rules in near_and_untold(now=now)[:limit] for draft in about_turn(token, rules, now=now)]
    return len(drafts) if dry_run else _write(drafts, now)


def plan_reminders(*, actor: Actor, limit: int = 2000, dry_run: bool = False) -> int:
    """The sweep: write the reminders that visits to come lack; returns how many were (or would be) written.

    A net under those that are written when a visit is confirmed: it catches visits from before there were messages, and
    rules that are newer than a booking. Every visit is a transaction of its own, so that none is locked for others.
    """
    now = timezone.now()
    planned = 0
    for appointment, setup, there in without_reminders(now=now):
        drafts = about_visit(appointment, {Kind.REMINDER}, setup=setup, news=News(now))
        lacking = [draft for draft in drafts if (draft.channel, draft.offset_minutes) not in there]
        planned += len(lacking) if dry_run else _write(lacking, now)
        if planned >= limit:
            break
    return planned


def _write(drafts: Sequence[Message], now: datetime) -> int:
    if drafts:
        Message.objects.bulk_create(drafts, ignore_conflicts=True)
        if any(draft.due_at <= now for draft in drafts):
            wake_after_commit()
    return len(drafts)
