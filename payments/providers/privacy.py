"""What we keep of a provider's event: what it takes to apply it again, and nothing of the payer's. Pure.

Names that are kept are listed, not those that are left out: what a provider adds tomorrow is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

KEPT: Final = frozenset(
    {
        # what it is
        *("id", "object", "entity", "event", "type", "kind", "contains", "livemode", "api_version", "account_id"),
        *("created", "created_at", "expires_at", "mode", "method"),
        # where things are
        *("data", "payload", "payment", "order", "refund", "refunds", "items", "metadata", "notes"),
        # which payment it is about; in `metadata` and `notes` nothing else is ours
        *("client_reference_id", "receipt", "payment_intent", "charge", "latest_charge", "order_id", "payment_id"),
        # how much
        *("amount", "amount_total", "amount_received", "amount_captured", "amount_refunded", "amount_paid"),
        *("amount_due", "currency"),
        # how it stands, and why
        *("status", "payment_status", "refund_status", "paid", "captured", "refunded", "reason", "failure_reason"),
        *("failure_code", "last_payment_error", "code", "decline_code", "error_code", "error_reason", "error_source"),
        "error_step",
        # by what banks find it again
        *("acquirer_data", "arn", "rrn"),
    }
)
OURS: Final = ("metadata", "notes")
"""Where we leave our keys, and others what they like."""
LONGEST: Final = 300

_CARD_NUMBER: Final = re.compile(r"(?<!\w)\d(?:[ -]?\d){12,18}(?!\w)")
HIDDEN: Final = "…"


def without_personal(payload: Mapping[str, Any]) -> dict[str, Any]:
    """An event without whatever is personal, at any depth."""
    return {name: _kept(value) for name, value in payload.items() if name in KEPT and _is_of_use(name, value)}


def _is_of_use(name: str, value: Any) -> bool:
    return name not in OURS or isinstance(value, Mapping)


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_personal(value)
    if isinstance(value, list):
        return [_kept(found) for found in value]
    if isinstance(value, str):  # without what no database takes
        plain = value.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST]
        return HIDDEN if "@" in plain else _CARD_NUMBER.sub(HIDDEN, plain)
    return value
