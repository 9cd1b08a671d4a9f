"""What comes from a provider, read with care. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from payments.providers.contract import Refunded

UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, OSError, RecursionError)
"""What reading raises where an object is not what it should be."""


def read_object(body: bytes) -> dict[str, Any]:
    """The object in a body. Raises one of UNREADABLE."""
    found = json.loads(body.decode(), parse_constant=_refuse)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def moment(seconds: Any) -> datetime:
    """The moment that providers write as seconds."""
    return datetime.fromtimestamp(int(seconds), UTC)


def part(whole: Any, *names: str) -> Mapping[str, Any]:
    """An object inside of another; an empty one where there is none (or a list: PHP writes empty objects so)."""
    for name in names:
        whole = whole.get(name) if isinstance(whole, Mapping) else None
    return whole if isinstance(whole, Mapping) else {}


def word(whole: Mapping[str, Any], *names: str, longest: int = 200) -> str:
    """The first text there is under some names, or nothing."""
    for name in names:
        if isinstance(whole.get(name), str) and whole[name]:
            return str(whole[name])[:longest]
    return ""


def number_of(found: Any) -> str:
    """The number of an object, which stands in its place or inside of it."""
    return found[:200] if isinstance(found, str) else word(part(found), "id")


def told_refunds(refunds: Iterable[Refunded]) -> list[Refunded]:
    """Those of a provider's refunds that concern us: what somebody tried there in vain moved no money."""
    return [refund for refund in refunds if refund.key or refund.succeeded]


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"no number: {word}")
