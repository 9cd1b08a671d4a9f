"""The messages of one channel in a run of the sweep, and speaking to its gateway."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from notifications.channels import Channel, Parcel, PermanentRefusal, TryLater, Unclear
from notifications.faults import told_plainly
from notifications.models import Message
from notifications.services.claiming import claim_due, in_hand
from notifications.services.outcomes import Answer
from notifications.states import ChannelName, MessageStatus

logger = logging.getLogger("frontdesk.messages")

AT_ONCE: Final = {ChannelName.EMAIL: 1, ChannelName.SMS: 6, ChannelName.PUSH: 6, ChannelName.CALL: 2}
"""How many messages of a channel are under way at a time. One e-mail: no mail server can be asked whether it has one,
so what a worker that is killed had under way is sent again, and that is to be no more than one."""

MANY_GATEWAYS: Final = frozenset({ChannelName.PUSH})
"""Every browser names a push service of its own: what one answers says nothing about the others."""

IN_HAND = 40
"""How many messages of a channel are claimed at a time."""

FRESH_SECONDS = 2.0
"""What was read longer ago is read again before it is sent."""

MOST_REFUSALS = 5
"""So often in a row a gateway may be out of order before the rest of its messages are left to the next run."""


@dataclass(slots=True)
class Lane:
    """What waits for one gateway, and how that is doing."""

    name: str
    channel: Channel
    waiting: deque[Message] = field(default_factory=deque)
    under_way: int = 0
    refusals: int = 0
    is_closed: bool = False
    may_have_more: bool = True
    read_at: float = 0.0

    def claim(self) -> None:
        """Take more in hand, if there is none left."""
        if self.waiting or self.is_closed:
            return
        self.waiting.extend(claim_due(channel=self.name, limit=IN_HAND))
        self.may_have_more = len(self.waiting) == IN_HAND
        self.read_at = time.monotonic()

    def pick(self) -> Message | None:
        """The next message that may be handed over now, as it is now; it counts as under way until `finish`."""
        if self.is_closed or self.under_way >= AT_ONCE[ChannelName(self.name)]:
            return None
        if self.waiting and time.monotonic() - self.read_at > FRESH_SECONDS:
            self._read_again()
        if not self.waiting:
            return None
        self.under_way += 1
        return self.waiting.popleft()

    def finish(self) -> None:
        """One that was picked is under way no more."""
        self.under_way -= 1

    def _read_again(self) -> None:
        claims = {message.claim for message in self.waiting}
        known = [message.pk for message in self.waiting]
        self.waiting = deque(message for claim in claims for message in in_hand(known, claim=claim))
        self.read_at = time.monotonic()

    def put_back(self, message: Message) -> None:
        """One that was asked about is sent again: nobody had it. Meanwhile the world may have changed."""
        message.status = MessageStatus.PENDING
        self.waiting.appendleft(message)
        self.read_at = float("-inf")

    @property
    def has_more(self) -> bool:
        """Whether the gateway would have taken more, had there been more time."""
        return not self.is_closed and (self.may_have_more or bool(self.waiting))

    def hear(self, answer: Answer) -> None:
        """What an answer says about the gateway: one that is out of order is left alone until the next run."""
        self.finish()
        if self.name in MANY_GATEWAYS:
            return
        if isinstance(answer, TryLater | Unclear):
            self.refusals += 1
            wants_rest = isinstance(answer, TryLater) and answer.after is not None
            self.is_closed = self.is_closed or wants_rest or self.refusals >= MOST_REFUSALS
        else:
            self.refusals = 0


@dataclass(frozen=True, slots=True)
class Errand:
    """Something a gateway is asked: to take a message, or whether it has one."""

    lane: Lane
    message: Message
    parcel: Parcel
    asks: bool = False

    def run(self) -> Answer:
        """Speak to the gateway. Whatever happens, there is an answer."""
        channel = self.lane.channel
        try:
            if self.asks:
                return channel.ask(self.parcel) if channel.is_configured() else None
            return channel.send(self.parcel)
        except (PermanentRefusal, TryLater, Unclear) as refusal:
            return refusal
        except Exception as error:
            logger.error("message %s: a fault of ours: %s", self.message.pk, told_plainly(error))
            return Unclear(told_plainly(error))
