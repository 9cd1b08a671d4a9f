"""Messages as the rules of a location want them, put together and not yet written.

Planning writes them, and the preview shows them, so that what staff are told will be sent is what is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from notifications.defaults import Rule
from notifications.models import Message
from notifications.selectors.rules import Setup
from notifications.states import OF_THE_QUEUE, ChannelName, Kind, MessageStatus, NotSent
from notifications.timing import QuietHours, Timing, Waits, when_reminded, when_told
from payments.models import Payment, Refund
from payments.states import RefundReason
from queueing.models import Token
from scheduling.models import Appointment, Location, Slot, WaitlistEntry

IN_TIME: Final = timedelta(hours=1)
"""News about a visit should be there so long before it: by then people are on their way."""

TIME_TO_ANSWER: Final = timedelta(minutes=10)
"""An offer should be there so long before it runs out."""

AFTER_VISIT: Final = timedelta(hours=1)
"""When somebody is asked how it was: they have left, and remember."""

ASKED_FOR: Final = timedelta(days=2)
"""So long it makes sense to ask."""

NEAR_HOLDS: Final = timedelta(minutes=15)
CALL_HOLDS: Final = timedelta(minutes=5)
"""So long it makes sense to say where somebody stands in a queue, and that they are called."""

MONEY_HOLDS: Final = timedelta(days=7)
"""So long it makes sense to say that money came or goes back."""

RINGING: Final = frozenset({ChannelName.SMS, ChannelName.CALL})

TO_BE_ANSWERED: Final = frozenset({Kind.TO_CONFIRM, Kind.TO_PAY})
"""They make sense while the booking waits."""

MUST_BE_KNOWN: Final = frozenset({Kind.RESCHEDULED, Kind.CANCELLED, Kind.REFUNDED})
"""Whoever does not hear of these comes for nothing: better woken than that."""


@dataclass(frozen=True, slots=True)
class News:
    """What came to pass with a visit: when, whether the patient did it themself, and what staff say to them.

    `former_start` is when a visit was that has another time now.
    """

    at: datetime
    by_patient: bool = False
    words: str = ""
    former_start: datetime | None = None


def about_visit(appointment: Appointment, kinds: Collection[Kind], *, setup: Setup, news: News) -> list[Message]:
    """What the rules want sent of these kinds; with those that the quiet hours leave no time for, and why."""
    quiet = quiet_hours(setup, appointment.location)
    drafts = []
    for rule in setup.rules_for(*kinds):
        timing = _timing(appointment, rule, quiet, news)
        if timing is not None:
            draft = _draft(f"appointment:{appointment.pk}", rule, timing, start=appointment.starts_at)
            draft.appointment_id, draft.patient_id = appointment.pk, appointment.patient_id
            draft.location_id, draft.words = appointment.location_id, news.words
            drafts.append(draft)
    _say_once(drafts)
    return drafts


def about_offer(entry: WaitlistEntry, slot: Slot, *, setup: Setup, now: datetime) -> list[Message]:
    """What the rules want sent about a seat that is offered. Who declined it may be offered it again after another one:
    when an offer ends tells it from others.
    """
    quiet = quiet_hours(setup, slot.location)
    ends = entry.offer_expires_at or slot.starts_at
    drafts = []
    for rule in setup.rules_for(Kind.WAITLIST_OFFER):
        waits = _waits(rule, by_patient=False)
        timing = when_told(now=now, latest=ends - TIME_TO_ANSWER, not_after=ends, quiet=quiet, waits=waits)
        told = ends.astimezone(UTC).isoformat()
        draft = _draft(f"waitlist:{entry.pk}/{slot.pk}", rule, timing, start=slot.starts_at, told=told)
        draft.waitlist_entry_id, draft.patient_id, draft.location_id = entry.pk, entry.patient_id, slot.location_id
        drafts.append(draft)
    return drafts


def about_turn(token: Token, rules: Iterable[Rule], *, now: datetime) -> list[Message]:
    """What is sent by `rules` about a place in a queue: that it is near once, every call anew.

    The rows do not refer to the visit: that would lock it, and visits are locked before queues, never after.
    """
    drafts = []
    for rule in rules:
        is_call = rule.kind == Kind.YOUR_TURN
        timing = Timing(now, now + (CALL_HOLDS if is_call else NEAR_HOLDS))
        draft = _draft(f"token:{token.pk}", rule, timing, told=f"v{token.version}" if is_call else "")
        draft.token_id, draft.patient_id, draft.location_id = token.pk, token.patient_id, token.location_id
        drafts.append(draft)
    return drafts


def about_payment(payment: Payment, visit: Appointment, *, setup: Setup, news: News) -> list[Message]:
    """What the rules want sent because money has come. One message for a payment, however often that is said."""
    drafts = []
    for rule in setup.rules_for(Kind.PAID):
        ends = news.at + MONEY_HOLDS
        drafts.append(
            _of_money(f"payment:{payment.pk}", rule, payment, visit, _told(rule, news, ends, ends, setup, visit))
        )
    return drafts


def about_refund(refund: Refund, visit: Appointment, *, setup: Setup, news: News) -> list[Message]:
    """What the rules want sent because money goes back. One message for a refund, whatever becomes of it.

    By phone only when the patient has no appointment and may not know it: money that goes back rings nobody up.
    """
    is_urgent = refund.reason == RefundReason.SEAT_GONE
    ends = latest = news.at + MONEY_HOLDS
    if is_urgent and visit.starts_at is not None and visit.starts_at > news.at:
        latest = visit.starts_at - IN_TIME
    drafts = []
    for rule in setup.rules_for(Kind.REFUNDED):
        if is_urgent or rule.channel not in RINGING:
            timing = _told(rule, news, latest, ends, setup, visit)
            draft = _of_money(f"refund:{refund.pk}", rule, refund.payment, visit, timing)
            draft.refund_id, draft.words = refund.pk, news.words
            drafts.append(draft)
    return drafts


def _told(rule: Rule, news: News, latest: datetime, ends: datetime, setup: Setup, visit: Appointment) -> Timing:
    quiet, waits = quiet_hours(setup, visit.location), _waits(rule, by_patient=news.by_patient)
    return when_told(now=news.at, latest=latest, not_after=ends, quiet=quiet, waits=waits)


def _of_money(what: str, rule: Rule, payment: Payment, visit: Appointment, timing: Timing) -> Message:
    draft = _draft(what, rule, timing, start=visit.starts_at, told="once")
    draft.payment_id, draft.appointment_id = payment.pk, visit.pk
    draft.patient_id, draft.location_id = visit.patient_id, visit.location_id
    return draft


def quiet_hours(setup: Setup, location: Location) -> QuietHours:
    """When no phone should ring at a location."""
    return QuietHours(setup.policy.quiet_from, setup.policy.quiet_until, location.zone)


def _timing(appointment: Appointment, rule: Rule, quiet: QuietHours, news: News) -> Timing | None:
    if rule.kind == Kind.FEEDBACK:
        asked = news.at + AFTER_VISIT
        ends = asked + ASKED_FOR
        return when_told(now=asked, latest=ends, not_after=ends, quiet=quiet, waits=Waits.OR_IS_DROPPED)
    starts_at = appointment.starts_at
    if starts_at is None:
        return None
    if rule.kind == Kind.REMINDER:
        return when_reminded(starts_at=starts_at, minutes=rule.offset_minutes, now=news.at, quiet=quiet)
    is_asked = rule.kind in TO_BE_ANSWERED
    not_after = appointment.expires_at if is_asked and appointment.expires_at else starts_at
    latest = not_after if is_asked else min(starts_at, news.former_start or starts_at) - IN_TIME
    waits = _waits(rule, by_patient=news.by_patient)
    return when_told(now=news.at, latest=latest, not_after=not_after, quiet=quiet, waits=waits)


def _waits(rule: Rule, *, by_patient: bool) -> Waits:
    """An e-mail rings no phone: it never waits when it answers what the patient has just done, nor until too late."""
    if rule.channel == ChannelName.EMAIL:
        return Waits.NEVER if by_patient else Waits.IF_IN_TIME
    if rule.kind in OF_THE_QUEUE:
        return Waits.NEVER
    return Waits.IF_IN_TIME if rule.kind in MUST_BE_KNOWN else Waits.OR_IS_DROPPED


def _draft(what: str, rule: Rule, timing: Timing, *, start: datetime | None = None, told: str = "") -> Message:
    told = told or (start.astimezone(UTC).isoformat() if start else "")
    return Message(
        dedupe_key=f"{what}:{rule.kind}:{rule.offset_minutes}:{rule.channel}:{told}",
        kind=rule.kind,
        channel=rule.channel,
        offset_minutes=rule.offset_minutes,
        starts_at=start,
        due_at=timing.due_at,
        try_at=timing.due_at,
        not_after=timing.not_after,
        status=MessageStatus.SUPPRESSED if timing.why_not else MessageStatus.PENDING,
        why_not=timing.why_not or "",
    )


def _say_once(drafts: Iterable[Message]) -> None:
    """Of reminders that the quiet hours brought to the same moment by the same channel, one is enough."""
    seen: set[tuple[str, datetime]] = set()
    for draft in drafts:
        if draft.kind == Kind.REMINDER and draft.status == MessageStatus.PENDING:
            if (draft.channel, draft.due_at) in seen:
                draft.status, draft.why_not = MessageStatus.SUPPRESSED, NotSent.DAILY_LIMIT
            seen.add((draft.channel, draft.due_at))
