"""What a visit costs, and what of it has to be paid before it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class VisitTerms:
    """The terms of a booking. `prepayment` is of `fee`; `minutes` is how long it may take to pay it."""

    fee: Decimal
    currency: str
    prepayment: Decimal = Decimal(0)
    minutes: int = 0
