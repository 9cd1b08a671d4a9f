"""Whether a message that is due still makes sense, looked up just before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.defaults import Rule
from notifications.drafts import IN_TIME, MUST_BE_KNOWN
from notifications.models import Message
from notifications.selectors.about import messages_about
from notifications.selectors.addresses import wants
from notifications.selectors.rules import Setup
from notifications.states import OF_MONEY, OF_THE_QUEUE, ChannelName, Kind, MessageStatus, NotSent
from notifications.timing import QuietHours
from notifications.wanted import wanted_by, why_not_wanted_by
from payments.selectors.accounts import account_of
from payments.states import CAPTURED, RefundReason, RefundStatus
from queueing.models import Feedback
from queueing.states import TokenStatus
from scheduling.clock import day_bounds, local_date
from scheduling.models import Appointment
from scheduling.states import WaitlistStatus

BEFORE_THE_VISIT = frozenset({Kind.TO_CONFIRM, Kind.TO_PAY, Kind.CONFIRMATION, Kind.REMINDER, Kind.RESCHEDULED})
"""Kinds that are no use once the visit has begun."""

HELD_BACK = frozenset({Kind.REMINDER, Kind.FEEDBACK}) | OF_THE_QUEUE
"""Kinds that wait for another day's allowance of text messages; the others tell a change, and go out besides."""

WAITS_FOR = {Kind.TURN_NEAR: TokenStatus.WAITING, Kind.YOUR_TURN: TokenStatus.CALLED}
"""What somebody in a queue must be for a message about their place to be true."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a message does not go out: not at all, or not before `until`."""

    why: NotSent
    status: MessageStatus = MessageStatus.SUPPRESSED
    until: datetime | None = None


def objection_to(message: Message, *, setup: Setup, now: datetime) -> Objection | None:
    """What speaks against sending it now, if anything does. The address is another matter."""
    no_longer_true = _what_changed(message, now)
    if no_longer_true is not None:
        return Objection(no_longer_true, MessageStatus.CANCELLED)
    if message.not_after is not None and message.not_after <= now:
        return Objection(NotSent.TOO_OLD)
    if Rule(Kind(message.kind), ChannelName(message.channel), message.offset_minutes) not in setup.rules:
        return Objection(NotSent.RULE_OFF)
    if not wants(message.patient, message.channel):
        return Objection(NotSent.NOT_WANTED)
    if _is_over_the_limit(message, setup, now):
        return Objection(NotSent.DAILY_LIMIT)
    return _of_the_hour(message, setup, now)


def _what_changed(message: Message, now: datetime) -> NotSent | None:
    if message.kind in WAITS_FOR:
        return _of_the_queue(message)
    if message.kind == Kind.WAITLIST_OFFER:
        return _of_the_offer(message, now)
    if message.kind in OF_MONEY:
        return _of_the_money(message)
    return _of_the_visit(message, now)


def _of_the_visit(message: Message, now: datetime) -> NotSent | None:
    visit = message.appointment
    if visit is None:
        return NotSent.VISIT_CHANGED
    if message.kind not in wanted_by(visit.status):
        return why_not_wanted_by(visit.status)
    if message.starts_at is not None and message.starts_at != visit.starts_at:
        return NotSent.VISIT_MOVED
    if message.kind in BEFORE_THE_VISIT and visit.starts_at is not None and visit.starts_at <= now:
        return NotSent.VISIT_PAST
    if message.kind == Kind.TO_PAY and not account_of(visit).due_now:
        return NotSent.VISIT_CHANGED
    if message.kind == Kind.FEEDBACK and Feedback.objects.filter(appointment=visit).exists():
        return NotSent.VISIT_CHANGED
    return None


def _of_the_offer(message: Message, now: datetime) -> NotSent | None:
    entry = message.waitlist_entry
    slot = entry.offered_slot if entry is not None else None
    if entry is None or slot is None or entry.status != WaitlistStatus.OFFERED:
        return NotSent.OFFER_OVER
    if entry.offer_expires_at is not None and entry.offer_expires_at <= now:
        return NotSent.OFFER_OVER
    if message.starts_at is not None and message.starts_at != slot.starts_at:
        return NotSent.OFFER_OVER
    return None


def _of_the_money(message: Message) -> NotSent | None:
    """What came has come, whatever has become of it since; but not two messages about money that goes straight back."""
    payment, refund = message.payment, message.refund
    if message.kind == Kind.REFUNDED:
        is_true = refund is not None and (
            refund.status == RefundStatus.SUCCEEDED or refund.reason == RefundReason.SEAT_GONE
        )
        return None if is_true else NotSent.VISIT_CHANGED
    if payment is None or payment.status not in CAPTURED:
        return NotSent.VISIT_CHANGED
    goes_back = payment.refunds.filter(reason=RefundReason.SEAT_GONE).exists()
    return NotSent.PAID_BACK if goes_back else None


def _of_the_queue(message: Message) -> NotSent | None:
    token = message.token
    if token is None or token.status != WAITS_FOR[Kind(message.kind)]:
        return NotSent.NOT_WAITING
    return None


def _of_the_hour(message: Message, setup: Setup, now: datetime) -> Objection | None:
    """What comes late, into the quiet hours, waits until they are over. What was due in them was meant for them.

    News by e-mail rings no phone, and may answer what the patient has just done: it goes out when it can.
    """
    quiet = QuietHours(setup.policy.quiet_from, setup.policy.quiet_until, message.location.zone)
    bounds = quiet.around(now)
    if bounds is None or message.kind in OF_THE_QUEUE or quiet.around(message.due_at) is not None:
        return None
    if message.channel == ChannelName.EMAIL and message.kind not in HELD_BACK:
        return None
    ends = _known_by(message, now)
    if ends is None or bounds[1] < ends - _time_needed(message):
        return Objection(NotSent.QUIET_HOURS, until=bounds[1])
    return None if message.kind in MUST_BE_KNOWN else Objection(NotSent.QUIET_HOURS)


def _known_by(message: Message, now: datetime) -> datetime | None:
    """Until when it helps: who has no seat any more must know it before they would have come."""
    refund = message.refund
    is_urgent = refund is not None and refund.reason == RefundReason.SEAT_GONE
    if is_urgent and message.starts_at is not None and message.starts_at > now:
        return message.starts_at
    return message.not_after


def _time_needed(message: Message) -> timedelta:
    return IN_TIME if message.kind in MUST_BE_KNOWN else timedelta(0)


def _is_over_the_limit(message: Message, setup: Setup, now: datetime) -> bool:
    """Whether as many text messages about this visit have gone out on this day of the location's as are allowed.

    A visit that was moved is the same visit.
    """
    if message.channel != ChannelName.SMS or message.kind not in HELD_BACK:
        return False
    visit = message.appointment or (message.token.appointment if message.token else None)
    if visit is None:
        return False
    start, end = day_bounds(local_date(now, message.location.zone), message.location.zone)
    same_visit = Appointment.objects.filter(calendar_uid=visit.calendar_uid).order_by().values_list("pk", flat=True)
    gone_out = messages_about(*same_visit).filter(
        channel=ChannelName.SMS,
        status__in=[MessageStatus.SENDING, MessageStatus.SENT],
        attempted_at__gte=start,
        attempted_at__lt=end,
    )
    return gone_out.exclude(pk=message.pk).count() >= setup.policy.texts_a_day
