"""What is sent about a visit, and when: for staff, everything that was, is and will be, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.drafts import News, about_visit
from notifications.models import Message
from notifications.selectors.about import messages_about
from notifications.selectors.addresses import addresses_of, wants
from notifications.selectors.checking import objection_to
from notifications.selectors.rules import Setup, setup_of
from notifications.selectors.suppressions import is_stopped
from notifications.states import OF_THE_QUEUE, ChannelName, Kind, MessageStatus, NotSent
from notifications.timing import before_visit
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus


class Standing(models.TextChoices):
    """How far a message is, as staff look at it."""

    SENT = "sent", _("Sent")
    WAITING = "waiting", _("Waiting")
    PLANNED = "planned", _("Planned")
    NOT_SENT = "not_sent", _("Not sent")


@dataclass(frozen=True, slots=True)
class Planned:
    """A message about a visit. `when` it went out or will; None while nobody can know: when the turn comes.

    One that waits or is planned and has a `why_not` will not go out as things stand. `message` is None until it is
    written.
    """

    kind: Kind
    channel: ChannelName
    offset_minutes: int
    when: datetime | None
    standing: Standing
    why_not: NotSent | None = None
    message: Message | None = None


STANDING_OF = {
    MessageStatus.PENDING: Standing.WAITING,
    MessageStatus.SENDING: Standing.WAITING,
    MessageStatus.SENT: Standing.SENT,
    MessageStatus.FAILED: Standing.NOT_SENT,
    MessageStatus.CANCELLED: Standing.NOT_SENT,
    MessageStatus.SUPPRESSED: Standing.NOT_SENT,
}

STILL_TO_TELL: dict[AppointmentStatus, frozenset[Kind]] = {
    AppointmentStatus.PENDING: frozenset({Kind.CONFIRMATION, Kind.REMINDER, Kind.FEEDBACK}) | OF_THE_QUEUE,
    AppointmentStatus.CONFIRMED: frozenset({Kind.REMINDER, Kind.FEEDBACK}) | OF_THE_QUEUE,
    AppointmentStatus.CHECKED_IN: frozenset({Kind.FEEDBACK}) | OF_THE_QUEUE,
    AppointmentStatus.IN_PROGRESS: frozenset({Kind.FEEDBACK}),
}
"""What is not written yet but will be if a visit goes on as visits do."""


def what_will_be_sent(appointment: Appointment) -> list[Planned]:
    """Every message about a visit in the order of time, those at the end of which nobody knows when."""
    now, setup = timezone.now(), setup_of(appointment.location_id)
    rows = messages_about(appointment.pk).select_related(
        "patient", "location", "appointment", "payment", "refund", "token__appointment", "waitlist_entry__offered_slot"
    )
    written = [_written(row, setup, now) for row in rows]
    found = [*written, *_to_be_written(appointment, written, setup, now)]
    return sorted(found, key=lambda one: (one.when is None, one.when or now, one.kind, one.channel))


def _written(row: Message, setup: Setup, now: datetime) -> Planned:
    standing = STANDING_OF[MessageStatus(row.status)]
    why_not = NotSent(row.why_not) if row.why_not else None
    if standing == Standing.WAITING:
        why_not = _what_will_be_said_against(row, setup, now)
    return _planned(row, row.sent_at or row.try_at, standing, why_not, message=row)


def _planned(
    row: Message, when: datetime | None, standing: Standing, why_not: NotSent | None, message: Message | None = None
) -> Planned:
    return Planned(
        Kind(row.kind), ChannelName(row.channel), row.offset_minutes, when, standing, why_not, message=message
    )


def _what_will_be_said_against(row: Message, setup: Setup, now: datetime) -> NotSent | None:
    """What the outbox will find when the message is due, if nothing changes until then."""
    objection = objection_to(row, setup=setup, now=max(now, row.try_at))
    if objection is not None:
        return None if objection.until else objection.why
    return _of_the_address(row)


def _of_the_address(row: Message) -> NotSent | None:
    addresses = addresses_of(row)
    if not addresses:
        return NotSent.NO_ADDRESS
    if all(is_stopped(channel=row.channel, address=address) for address in addresses):
        return NotSent.STOPPED
    return None


def _to_be_written(
    appointment: Appointment, written: Iterable[Planned], setup: Setup, now: datetime
) -> Iterator[Planned]:
    kinds = STILL_TO_TELL.get(AppointmentStatus(appointment.status), frozenset())
    if appointment.status == AppointmentStatus.PENDING and appointment.prepayment:
        kinds |= {Kind.PAID}
    if appointment.starts_at is None or appointment.starts_at <= now:
        kinds -= {Kind.CONFIRMATION, Kind.REMINDER}
    there = {(one.kind, one.channel, one.offset_minutes) for one in written if not _was_taken_back(one)}
    reminders = about_visit(appointment, kinds & {Kind.REMINDER}, setup=setup, news=News(now))
    drafts = {(draft.channel, draft.offset_minutes): draft for draft in reminders}
    for rule in setup.rules_for(*kinds):
        if (rule.kind, rule.channel, rule.offset_minutes) in there:
            continue
        draft = drafts.get((rule.channel, rule.offset_minutes)) if rule.kind == Kind.REMINDER else None
        stands_for = draft or Message(kind=rule.kind, channel=rule.channel, offset_minutes=rule.offset_minutes)
        if rule.kind == Kind.REMINDER and draft is None and appointment.starts_at is not None:
            passed = before_visit(appointment.starts_at, rule.offset_minutes, appointment.location.zone)
            yield _planned(stands_for, passed, Standing.NOT_SENT, NotSent.TOO_OLD)
        elif draft is not None and draft.why_not:
            yield _planned(stands_for, draft.due_at, Standing.NOT_SENT, NotSent(draft.why_not))
        else:
            stands_for.patient = appointment.patient
            why_not = _of_the_patient(stands_for)
            yield _planned(stands_for, draft.due_at if draft else None, Standing.PLANNED, why_not)


def _was_taken_back(planned: Planned) -> bool:
    """Such a one is written anew where it is wanted again."""
    return planned.message is not None and planned.message.status == MessageStatus.CANCELLED


def _of_the_patient(message: Message) -> NotSent | None:
    return _of_the_address(message) if wants(message.patient, message.channel) else NotSent.NOT_WANTED
