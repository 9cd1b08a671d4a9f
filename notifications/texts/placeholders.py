"""What may be filled into a message, and with what.

`{words}` is what staff wrote to the patient. Why somebody comes, their symptoms and notes are nowhere here: messages
are read on locked screens, and by whoever shares a phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.errors import TextBroken
from notifications.models import Message, MessagePolicy
from notifications.states import OF_MONEY, OF_THE_QUEUE, ChannelName, Kind
from notifications.texts.days import Ways
from notifications.texts.filling import isolated, one_line, several_lines
from notifications.texts.sms_length import Value, is_gsm
from notifications.texts.written import MoneyBack, Written
from payments.models import Payment, Refund
from payments.selectors.accounts import account_of
from payments.states import Method, RefundReason, RefundStatus
from scheduling.models import Appointment
from scheduling.templatetags.clinic_time import price

_VISIT: Final = ("clinic", "patient", "doctor", "day", "time", "place", "number", "phone", "link")
_QUEUE: Final = ("clinic", "patient", "doctor", "token", "room", "phone", "link")

_OF_KIND: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.TO_CONFIRM: (*_VISIT, "until"),
    Kind.TO_PAY: (*_VISIT, "until", "amount"),
    Kind.CONFIRMATION: _VISIT,
    Kind.REMINDER: _VISIT,
    Kind.RESCHEDULED: _VISIT,
    Kind.CANCELLED: (*_VISIT, "words"),
    Kind.EXPIRED: _VISIT,
    Kind.WAITLIST_OFFER: ("clinic", "patient", "doctor", "day", "time", "place", "until", "phone", "link"),
    Kind.TURN_NEAR: _QUEUE,
    Kind.YOUR_TURN: _QUEUE,
    Kind.FEEDBACK: ("clinic", "patient", "doctor", "day", "phone", "link"),
    Kind.PAID: (*_VISIT, "amount"),
    Kind.REFUNDED: (*_VISIT, "amount", "why", "money", "words"),
}

MEANINGS: Final[dict[str, Promise]] = {
    "clinic": _("the location's name"),
    "patient": _("the patient's name"),
    "doctor": _("the doctor's name"),
    "day": _("the day of the visit"),
    "time": _("the time of the visit"),
    "place": _("location, room and address, or that it is a video call"),
    "number": _("the reference of the appointment"),
    "phone": _("the location's phone number"),
    "link": _("the link; an e-mail has it as a button in any case"),
    "until": _("the last moment to answer"),
    "amount": _("the amount of money"),
    "why": _("why the money goes back, in a sentence"),
    "money": _("whether it is on its way or back, in a sentence"),
    "words": _("what staff wrote to the patient with it"),
    "token": _("the token's code"),
    "room": _("where to go"),
}

NEEDED: Final[dict[Kind, frozenset[str]]] = {
    Kind.TO_CONFIRM: frozenset({"day", "until"}),
    Kind.TO_PAY: frozenset({"amount", "until"}),
    Kind.CONFIRMATION: frozenset({"day", "time"}),
    Kind.REMINDER: frozenset({"day", "time"}),
    Kind.RESCHEDULED: frozenset({"day", "time"}),
    Kind.CANCELLED: frozenset({"day"}),
    Kind.EXPIRED: frozenset({"day"}),
    Kind.WAITLIST_OFFER: frozenset({"day", "time", "until"}),
    Kind.TURN_NEAR: frozenset({"token"}),
    Kind.YOUR_TURN: frozenset({"token"}),
    Kind.FEEDBACK: frozenset(),
    Kind.PAID: frozenset({"amount"}),
    Kind.REFUNDED: frozenset({"amount", "why"}),
}
"""Without these a message would leave its reader asking. A text message, which is short, needs its link besides."""

GIVE_WAY: Final = (
    *("amount", "clinic", "why", "day", "until", "time", "patient", "doctor", "place", "room"),
    *("day", "until", "time", "why"),
)
"""In which order values become briefer, each by one way, where a text message lacks room."""

LEAST_OF_A_NAME: Final = 12
NO_BREAK_SPACE: Final = "\u00a0"


def placeholders_of(kind: str, channel: str) -> tuple[str, ...]:
    """What a kind of message knows, as far as the channel is for it.

    Nobody taps on a link that is read out; a push message is a link as a whole. What staff write to a patient goes by
    e-mail alone, which nobody reads on a locked screen.
    """
    left_out = set()
    if channel in (ChannelName.PUSH, ChannelName.CALL):
        left_out.add("link")
    if channel != ChannelName.EMAIL:
        left_out.add("words")
    if channel in (ChannelName.SMS, ChannelName.PUSH):
        left_out.add("money")
    return tuple(name for name in _OF_KIND[Kind(kind)] if name not in left_out)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message is about, before any language has said it."""

    clinic: str
    patient: str
    doctor: str
    zone: tzinfo
    link: str
    starts_at: datetime | None = None
    until: datetime | None = None
    address: str = ""
    number: str = ""
    national_phone: str = ""
    phone: str = ""
    words: str = ""
    amount: Decimal | None = None
    currency: str = ""
    why: str = ""
    money: str = ""
    token: str = ""
    room: str = ""
    short_name: str = ""
    is_by_video: bool = False


def facts_of(message: Message, policy: MessagePolicy) -> Facts:
    """What a message is about. Raises TextBroken where the row speaks of something that is gone."""
    location = message.location
    facts = Facts(
        clinic=location.name,
        patient=message.patient.full_name,
        doctor="",
        zone=location.zone,
        link=link_of(message),
        starts_at=message.starts_at,
        address=location.address,
        phone=location.phone.as_international if location.phone else "",
        national_phone=location.phone.as_national if location.phone else "",
        words=message.words,
        short_name=policy.short_name,
    )
    return replace(facts, **_about(message))


def _about(message: Message) -> dict[str, Any]:
    """What the appointment, the offer or the token adds."""
    if message.kind in OF_THE_QUEUE:
        token = message.token
        if token is None:
            raise TextBroken
        room = token.room or token.queue.place
        return {"doctor": token.queue.doctor.name, "token": token.code, "room": room}
    if message.kind == Kind.WAITLIST_OFFER:
        entry = message.waitlist_entry
        if entry is None or entry.offered_slot is None:
            raise TextBroken
        slot = entry.offered_slot
        said = {"doctor": slot.doctor.name, "room": slot.doctor.room, "starts_at": slot.starts_at}
        return {**said, "until": entry.offer_expires_at}
    visit = message.appointment
    if visit is None:
        raise TextBroken
    return _about_visit(message, visit) | _about_money(message, visit)


def _about_visit(message: Message, visit: Appointment) -> dict[str, Any]:
    return {
        "doctor": visit.doctor.name,
        "room": visit.doctor.room,
        "number": visit.number,
        "starts_at": message.starts_at or visit.starts_at or visit.created_at,
        "until": visit.expires_at,
        "is_by_video": bool(visit.meeting_link),
    }


def _about_money(message: Message, visit: Appointment) -> dict[str, Any]:
    """How much is asked for, came, or goes back, and why."""
    if message.kind == Kind.TO_PAY:
        account = account_of(visit)
        return {"amount": account.due_now, "currency": account.currency}
    payment, refund = message.payment, message.refund
    if message.kind == Kind.PAID and payment is not None:
        return {"amount": payment.captured, "currency": payment.currency}
    if refund is not None and payment is not None:
        said = {"amount": refund.amount, "currency": payment.currency, "why": refund.reason}
        return {**said, "money": how_far(payment, refund)}
    if message.kind in OF_MONEY:
        raise TextBroken
    return {}


def how_far(payment: Payment, refund: Refund) -> MoneyBack:
    """Whether money that goes back is there."""
    if refund.status != RefundStatus.SUCCEEDED:
        return MoneyBack.DECIDED
    return MoneyBack.IN_CASH if payment.method == Method.CASH else MoneyBack.SENT


def link_of(message: Message) -> str:
    """The link of a message: short, so that it has room in a text message."""
    return f"{settings.BASE_URL}{reverse('notifications:link', args=[message.code])}"


def values_of(facts: Facts, *, channel: str, written: Written) -> dict[str, Value]:
    """What stands for each placeholder, in a language and as a channel says it."""
    say = _Saying(facts, channel, written)
    return {
        "clinic": say.name(facts.clinic, short=facts.short_name),
        "patient": say.name(facts.patient),
        "doctor": say.doctor(),
        "day": Value(say.day()),
        "time": Value(say.time()),
        "place": say.place(),
        "number": Value((say.left_to_right(one_line(facts.number)),)),
        "phone": Value((say.phone(),)),
        "link": Value((facts.link,)),
        "until": Value(say.until()),
        "words": Value((say.as_it_is(several_lines(facts.words)),)),
        "amount": Value(say.amount()),
        "why": Value(say.why()),
        "money": Value((say.money(),)),
        "token": Value((say.token(),)),
        "room": say.name(say.room()),
    }


@dataclass(frozen=True, slots=True)
class _Saying:
    """Facts as one channel says them in one language."""

    facts: Facts
    channel: str
    written: Written

    def name(self, text: str, *, short: str = "") -> Value:
        """A name; in text messages it may become shorter, or be the short one that the clinic gave itself."""
        text = one_line(text)
        if self.channel != ChannelName.SMS:
            return Value((self.as_it_is(text),))
        return Value((one_line(short) or text,), least=LEAST_OF_A_NAME)

    def doctor(self) -> Value:
        """The doctor's name; spoken, it stands in a sentence."""
        name = one_line(self.facts.doctor)
        return self.name(self.written.spoken_name(name) if self.channel == ChannelName.CALL else name)

    def as_it_is(self, text: str) -> str:
        """Words that somebody typed, in their own direction where those around them have the other."""
        return isolated(text) if self._turns else text

    def left_to_right(self, text: str) -> str:
        """Numbers and references, which read from left to right in every language."""
        return isolated(text, left_to_right=True) if self._turns and text else text

    @property
    def _turns(self) -> bool:
        """E-mails alone: each sign counts in a text message, and screens show little that could be turned."""
        return self.written.is_rtl and self.channel == ChannelName.EMAIL

    def day(self) -> Ways:
        """The day of the visit."""
        return self._day_of(self.facts.starts_at)

    def time(self) -> Ways:
        """The time of the visit."""
        return self._clock_of(self.facts.starts_at)

    def until(self) -> Ways:
        """A deadline: its hour alone while it is today's."""
        moment = self.facts.until
        if moment is None:
            return ("",)
        today = timezone.localdate(timezone=self.facts.zone)
        if moment.astimezone(self.facts.zone).date() == today:
            return tuple(self.written.days.until_today(time) for time in self._clock_of(moment))
        days, times = self._day_of(moment), self._clock_of(moment)
        most = max(len(days), len(times))
        pairs = ((days[min(step, len(days) - 1)], times[min(step, len(times) - 1)]) for step in range(most))
        return tuple(self.written.days.until_day(day, time) for day, time in pairs)

    def _day_of(self, moment: datetime | None) -> Ways:
        if moment is None:
            return ("",)
        day = moment.astimezone(self.facts.zone).date()
        if self.channel == ChannelName.EMAIL:
            return (self.written.days.day(day),)
        if self.channel == ChannelName.CALL:
            return (self.written.days.spoken_day(day),)
        return self.written.days.short_day(day)

    def _clock_of(self, moment: datetime | None) -> Ways:
        if moment is None:
            return ("",)
        clock = moment.astimezone(self.facts.zone).time()
        if self.channel in (ChannelName.EMAIL, ChannelName.CALL):
            return (self.written.days.clock(clock),)
        return self.written.days.short_clock(clock)

    def place(self) -> Value:
        """Where the visit is, on one line."""
        if self.facts.is_by_video:
            return Value((self.written.video_call,))
        parts = [self.facts.clinic, self.room(), *self.facts.address.splitlines()]
        said = [self.as_it_is(part) for part in map(one_line, parts) if part]
        if self.channel == ChannelName.SMS:
            return self.name(", ".join(said))
        return Value((("، " if self.written.is_rtl else ", ").join(said),))

    def room(self) -> str:
        """Where to go; a room that is only a number needs a word before it."""
        room = one_line(self.facts.room)
        return self.written.room.replace("{number}", room) if room.isdecimal() else room

    def phone(self) -> str:
        """The clinic's number, in one piece; read out, it is digit after digit, with a breath between its groups."""
        if self.channel == ChannelName.CALL:
            return ", ".join(" ".join(group) for group in self.facts.national_phone.split())
        if self.channel == ChannelName.EMAIL:
            return self.left_to_right(self.facts.phone.replace(" ", NO_BREAK_SPACE))
        return self.facts.phone

    def amount(self) -> Ways:
        """An amount of money; in text messages that a sign such as ₹ would take half of the room from, with the code of
        the currency instead."""
        if self.facts.amount is None:
            return ("",)
        said = price(self.facts.amount, self.facts.currency)
        if self.channel != ChannelName.SMS:
            return (self.left_to_right(said),)
        said = said.replace(NO_BREAK_SPACE, " ")
        if is_gsm(said) or not is_gsm(self.written.room):
            return (said,)
        return (said, f"{price(self.facts.amount)} {self.facts.currency}".replace(NO_BREAK_SPACE, " "))

    def why(self) -> Ways:
        """Why money goes back."""
        if not self.facts.why:
            return ("",)
        full, short, brief = self.written.whys[RefundReason(self.facts.why)]
        if self.channel in (ChannelName.EMAIL, ChannelName.CALL):
            return (full,)
        return (short, brief) if self.channel == ChannelName.SMS else (short,)

    def money(self) -> str:
        """How far it is."""
        return self.written.money[MoneyBack(self.facts.money)] if self.facts.money else ""

    def token(self) -> str:
        """A token's code; read out, it is sign after sign."""
        token = one_line(self.facts.token)
        return " ".join(token) if self.channel == ChannelName.CALL else self.left_to_right(token)


def full_values(values: Mapping[str, Value]) -> dict[str, str]:
    """Each value in its fullest way."""
    return {name: value.full for name, value in values.items()}
