"""What the outbox knows of a channel, and what a channel is given and answers.

A channel does network work and nothing else: it reads and writes no row of the outbox, and is never called inside a
transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from notifications.states import DeliveryStatus, NotSent


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with an e-mail."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as it is handed to a gateway.

    `message_id` names it at the gateway: in the address that is told of its delivery, and in the Message-ID of an
    e-mail. `address` is an e-mail address, a phone number in E.164, or for push the id of a `PushSubscription`.
    `first_tried_at` is when it was handed over first: what the gateway has from before is another message. So is what
    `others` names, by its numbers at the gateway.
    """

    message_id: int
    address: str
    subject: str
    text: str
    language: str
    html: str = ""
    link: str = ""
    tag: str = ""
    attachments: tuple[Attachment, ...] = ()
    first_tried_at: datetime | None = None
    expires_at: datetime | None = None
    others: frozenset[str] = frozenset()
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The gateway has it."""

    provider: str
    provider_id: str = ""
    delivery_status: DeliveryStatus = DeliveryStatus.UNKNOWN


class Refusal(Exception):
    """The gateway did not take it. `detail` is for staff and holds nothing personal."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)


class PermanentRefusal(Refusal):
    """It never will: trying again is no use. `why` says it in our words; `stop` when the address is no good at all."""

    def __init__(self, detail: str = "", *, why: NotSent = NotSent.REFUSED, stop: bool = False) -> None:
        self.why = why
        self.stop = stop
        super().__init__(detail)


class TryLater(Refusal):
    """It certainly did not take it now (429, 503, not reached at all); `after` is how many seconds it asks for."""

    def __init__(self, detail: str = "", *, after: float | None = None) -> None:
        self.after = after
        super().__init__(detail)


class Unclear(Refusal):
    """It may have taken it: the line broke, or the answer did not come. Ask before sending again."""


class Channel(Protocol):
    """A way to reach people."""

    def is_configured(self) -> bool:
        """Whether the clinic has a gateway for it; else messages are kept in the outbox to be looked at."""

    def send(self, parcel: Parcel) -> Receipt:
        """Hand it over. Raises PermanentRefusal, TryLater, Unclear."""

    def ask(self, parcel: Parcel) -> Receipt | None:
        """Whether the gateway has a parcel whose outcome is not known; None when it has not, or cannot tell.

        Raises TryLater when it cannot be asked now.
        """
