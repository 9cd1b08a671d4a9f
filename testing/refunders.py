"""Workers that do nothing but send refunds, in processes of their own, so that a test may kill them.

python -m testing.refunders [--with-other-keys]    reads "more" or "end" from each line (see `testing.senders`)
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from testing.senders import LEASE_SECONDS, nursery


def _hurry() -> None:
    """All that takes minutes in life takes seconds here; and what takes seconds to load is loaded once."""
    from datetime import timedelta

    from payments.providers import contract
    from payments.services import refund_sending

    contract.SECONDS = 1.0
    refund_sending.LEASE = timedelta(seconds=LEASE_SECONDS)
    refund_sending.FIRST_PAUSE = timedelta(seconds=0.1)


def _send() -> None:
    from accounts.actors import system
    from payments.providers.registry import provider_of
    from payments.services.refund_sending import send_refunds

    keeps = "--with-other-keys" not in sys.argv
    find: Callable[[str], Any] = provider_of if keeps else lambda name: Forgetful(provider_of(name))
    send_refunds(actor=system("send_refunds"), provider_of=find)


class Forgetful:
    """A provider that is asked by another key each time: the mechanism switched off."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    def refund(self, order: Any) -> Any:
        """Ask, as if for the first time."""
        return self.provider.refund(replace(order, key=secrets.token_hex(16)))


if __name__ == "__main__":
    nursery(_hurry, _send)
