"""A stand-in for a gateway: it answers as a test says, and remembers what it was handed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from notifications.channels import Parcel, Receipt
from notifications.channels.contract import Refusal

Reply = Receipt | Refusal | Exception | Callable[[Parcel], Receipt] | None


@dataclass
class Gateway:
    """Answers with the next of `replies` and `answers` (to `ask`); takes everything when there are none left."""

    is_there: bool = True
    replies: deque[Reply] = field(default_factory=deque)
    answers: deque[Reply] = field(default_factory=deque)
    sent: list[Parcel] = field(default_factory=list)
    asked: list[Parcel] = field(default_factory=list)

    def __call__(self, name: str) -> Gateway:
        """The gateway of every channel."""
        return self

    def is_configured(self) -> bool:
        return self.is_there

    def send(self, parcel: Parcel) -> Receipt:
        self.sent.append(parcel)
        reply = self.replies.popleft() if self.replies else None
        receipt = _reply(reply, parcel)
        return receipt or Receipt("stand-in", provider_id=f"id-{len(self.sent)}")

    def ask(self, parcel: Parcel) -> Receipt | None:
        self.asked.append(parcel)
        return _reply(self.answers.popleft() if self.answers else None, parcel)


def _reply(reply: Reply, parcel: Parcel) -> Receipt | None:
    if isinstance(reply, Exception):
        raise reply
    return reply(parcel) if callable(reply) else reply
