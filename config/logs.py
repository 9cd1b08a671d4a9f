"""How lines of the log are written: without the secrets of links, which stand in the addresses of requests.

Whoever reads a log is not whoever was given a link; and Django logs the address of every request that it refuses.
"""

from __future__ import annotations

import logging
import re
from typing import Final

SECRET_ADDRESSES: Final = ("/a/", "/m/", "/pay/razorpay/<int:payment_id>/", "/t/", "/waitlist/", "/ws/token/")
"""What stands before the secret in the address of a link; every other address says nothing that is secret."""

HIDDEN: Final = "…"

_BEFORE: Final = "|".join(re.sub(r"<int:\w+>", r"\\d+", address) for address in SECRET_ADDRESSES)
_SECRET: Final = re.compile(rf"({_BEFORE})[^/?#\s\"']+")


class SecretsHidden(logging.Formatter):
    """Writes lines of the log, tracebacks too, with the secrets of links left out."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole line."""
        return _SECRET.sub(rf"\1{HIDDEN}", super().format(record))
