"""The demo's messages: what went out about visits that were, and what will go out about those to come.

Nothing of it is due, so that no gateway gets a flood when the clinic opens: what was due has gone out, or has not for
one of the reasons for which messages do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from accounts.actors import Actor
from accounts.audit import recorded
from notifications.drafts import News, about_offer, about_visit
from notifications.models import Message
from notifications.selectors.rules import Setup, setups_of
from notifications.services.rules import write_down_defaults
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent
from notifications.texts import compose
from notifications.wanted import wanted_by, why_not_wanted_by
from scheduling.models import Appointment, Location, WaitlistEntry
from scheduling.states import AppointmentStatus, WaitlistStatus

PAST: Final = timedelta(days=1)
"""Of visits so long ago at most there are messages."""

BOOKED_BEFORE: Final = timedelta(days=1)
"""So long before now at most those to come were booked, as their messages tell it."""

FAULTS: Final = {
    ChannelName.EMAIL: (NotSent.BAD_ADDRESS, "550 5.1.1 no such mailbox"),
    ChannelName.SMS: (NotSent.GAVE_UP, "no answer within 10 s"),
}
"""What goes wrong now and then, and what the gateway said."""

SHARE_OF_FAULTS: Final = 0.02
NEVER_CONFIRMED: Final = frozenset({AppointmentStatus.PENDING, AppointmentStatus.EXPIRED})
LAST_WORD: Final = {AppointmentStatus.CANCELLED: Kind.CANCELLED, AppointmentStatus.EXPIRED: Kind.EXPIRED}


def build_messages(*, locations: Sequence[Location], seed: int, actor: Actor, now: datetime) -> int:
    """Make the outbox of a demo clinic whose calendar is full already; returns how many messages are in it."""
    with recorded(actor, "demo.load"):
        write_down_defaults(actor=actor)
        setups = setups_of(location.pk for location in locations)
        drafts = _Book(setups, Random(f"{seed}:messages"), now).fill()  # noqa: S311
        Message.objects.bulk_create(drafts, batch_size=500)
    return len(drafts)


@dataclass(frozen=True, slots=True)
class _Book:
    setups: dict[int, Setup]
    chance: Random
    now: datetime

    def fill(self) -> list[Message]:
        visits = Appointment.objects.filter(
            location__in=self.setups, starts_at__gt=self.now - PAST, slot__isnull=False, messages=None
        ).select_related("patient", "location", "doctor")
        drafts = [draft for visit in visits.order_by("starts_at", "pk") for draft in self._about(visit)]
        offers = WaitlistEntry.objects.filter(offered_slot__location__in=self.setups, messages=None)
        for entry in offers.filter(status=WaitlistStatus.OFFERED).select_related(
            "patient", "offered_slot__location", "offered_slot__doctor"
        ):
            drafts += self._about_offer(entry)
        return drafts

    def _about(self, visit: Appointment) -> list[Message]:
        """As though the visit had been booked, and come to its state, by those who told of it."""
        setup, booked = self.setups[visit.location_id], self._booked_at(visit)
        asked = Kind.TO_PAY if visit.prepayment else Kind.TO_CONFIRM
        first = {asked} if visit.status in NEVER_CONFIRMED else {Kind.CONFIRMATION, Kind.REMINDER}
        drafts = about_visit(visit, first, setup=setup, news=News(booked, by_patient=True))
        last = LAST_WORD.get(AppointmentStatus(visit.status))
        if last is not None:
            ended = booked + (min(self.now, visit.starts_at or self.now) - booked) * self.chance.random()
            words = visit.cancellation_message
            drafts += about_visit(visit, {last}, setup=setup, news=News(ended, words=words))
            self._take_back((draft for draft in drafts if draft.due_at > ended), visit)
        else:
            self._take_back((draft for draft in drafts if draft.due_at > self.now), visit)
        for draft in drafts:
            draft.patient, draft.location, draft.appointment = visit.patient, visit.location, visit
        return self._sent(drafts)

    def _booked_at(self, visit: Appointment) -> datetime:
        if visit.created_at < self.now:
            return visit.created_at
        return self.now - BOOKED_BEFORE * self.chance.random()

    def _take_back(self, drafts: Iterable[Message], visit: Appointment) -> None:
        wanted = wanted_by(visit.status)
        for draft in drafts:
            if draft.kind not in wanted and draft.status == MessageStatus.PENDING:
                draft.status, draft.why_not = MessageStatus.CANCELLED, why_not_wanted_by(visit.status)

    def _about_offer(self, entry: WaitlistEntry) -> list[Message]:
        assert entry.offered_slot is not None  # it is offered
        setup = self.setups[entry.offered_slot.location_id]
        drafts = about_offer(entry, entry.offered_slot, setup=setup, now=self.now)
        for draft in drafts:
            draft.patient, draft.location, draft.waitlist_entry = entry.patient, entry.offered_slot.location, entry
        return self._sent(drafts)

    def _sent(self, drafts: list[Message]) -> list[Message]:
        """What was due by now has gone out, as a rule."""
        for draft in drafts:
            if draft.status == MessageStatus.PENDING and draft.due_at <= self.now:
                self._send(draft)
        return drafts

    def _send(self, draft: Message) -> None:
        patient, channel = draft.patient, ChannelName(draft.channel)
        address = patient.email if channel == ChannelName.EMAIL else str(patient.phone or "")
        if not getattr(patient, f"wants_{channel.value}"):
            draft.status, draft.why_not = MessageStatus.SUPPRESSED, NotSent.NOT_WANTED
        elif not address:
            draft.status, draft.why_not = MessageStatus.SUPPRESSED, NotSent.NO_ADDRESS
        else:
            words = compose(draft, language=patient.language, policy=self.setups[draft.location_id].policy, own={})
            draft.subject, draft.body = words.subject, words.text
            draft.address, draft.language, draft.attempts = address, patient.language, 1
            draft.provider, draft.attempted_at = "demo", draft.due_at
            if self.chance.random() < SHARE_OF_FAULTS and channel in FAULTS:
                draft.status = MessageStatus.FAILED
                draft.why_not, draft.error = FAULTS[channel]
            else:
                draft.status, draft.sent_at = MessageStatus.SENT, draft.due_at
                draft.delivery_status = DeliveryStatus.DELIVERED
                draft.delivered_at = min(draft.due_at + timedelta(seconds=self.chance.randint(1, 40)), self.now)
