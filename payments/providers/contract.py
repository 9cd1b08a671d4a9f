"""What the house knows of a provider, and what a provider is given and answers.

A provider does network work and nothing else: it reads and writes no row of ours (the sandbox keeps its own books), and
is never called inside a transaction. It always gives up after `SECONDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

SECONDS = 10.0
"""So long a provider's client waits for an answer."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody is to pay, as it is handed to a provider.

    `key` names it there: the same key again begins nothing new. `return_url` and `cancel_url` are ours, absolute.
    """

    key: str
    number: str
    method: str
    amount: Decimal
    currency: str
    description: str
    return_url: str
    cancel_url: str
    expires_at: datetime
    language: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The provider has it: where the payer goes, and by what it is known there.

    `form` is what the payer's browser posts to `page`; without it, the browser is sent there (GET).
    """

    reference: str
    page: str
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """A payment of ours, as the provider knows it."""

    key: str
    reference: str
    payment: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What is to go back of a payment. The same key again pays nothing more."""

    key: str
    known: Known
    amount: Decimal


# --- What a provider says of a payment: each is true whenever it is heard, and however often -------------------------


@dataclass(frozen=True, slots=True)
class Captured:
    """The money has come. `payment` is what a refund names."""

    payment: str
    amount: Decimal
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Declined:
    """The bank or the payer said no. Another try at the same page may still succeed unless it is `final`."""

    why: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The page has closed; nothing will come."""


@dataclass(frozen=True, slots=True)
class Refunded:
    """What became of a refund. `key` is ours; empty when somebody refunded at the provider itself."""

    refund: str
    amount: Decimal
    currency: str
    at: datetime
    key: str = ""
    succeeded: bool = True
    is_settled: bool = True
    """False while the provider is still at it."""
    why: str = ""


Fact = Captured | Declined | Lapsed | Refunded


@dataclass(frozen=True, slots=True)
class Event:
    """A provider's event, its signature checked.

    It is about the payment that has this `key`, or this `reference`, or this `payment` at the provider, whichever are
    given. `facts` is empty for what does not concern us.
    """

    event_id: str
    kind: str
    happened_at: datetime | None
    payload: Mapping[str, Any]
    key: str = ""
    reference: str = ""
    payment: str = ""
    facts: tuple[Fact, ...] = ()


class Refusal(Exception):
    """The provider did not do it. `detail` is for staff and holds nothing personal."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)


class PermanentRefusal(Refusal):
    """It never will: trying again is no use."""


class TryLater(Refusal):
    """It certainly did not do it now: 429, 503, not reached at all."""


class Unclear(Refusal):
    """It may have done it: the line broke, or the answer did not come. The same key again is safe."""


class Provider(Protocol):
    """Somebody who takes money on a page of their own."""

    def is_configured(self) -> bool:
        """Whether the clinic has its keys."""

    def hosts(self) -> tuple[str, ...]:
        """Where payers are sent, if that is not our own host: such as `https://checkout.stripe.com`."""

    def start(self, order: Order) -> Started:
        """Begin a payment. Raises Refusal."""

    def fetch(self, known: Known) -> tuple[Fact, ...]:
        """Everything the provider knows of a payment; empty while it is under way. Raises Refusal."""

    def give_up(self, known: Known) -> None:
        """Close the page, so that nobody pays any more. Raises Refusal; nothing where it cannot be closed."""

    def refund(self, order: RefundOrder) -> Refunded:
        """Pay back. Raises Refusal."""

    def read_event(self, *, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event in a request, its signature and its age checked. Raises `errors.BadSignature`.

        `headers` has lower-case names.
        """

    def read_stored(self, payload: Mapping[str, Any]) -> Event:
        """The event in a payload that was stored, whose signature was checked then."""
