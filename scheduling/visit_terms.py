"""What a visit costs, and what of it has to be paid before it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class VisitTerms:
    """The terms of a booking. `prepayment` is of `fee`; `minutes` is how long it may take to pay it."""

    fee: Decimal
    currency: str
    prepayment: Decimal = Decimal(0)
    minutes: int = 0

    @property
    def rest(self) -> Decimal:
        """What is paid at the clinic."""
        return self.fee - self.prepayment

    def at_the_clinic(self) -> VisitTerms:
        """The same fee, of which nothing is asked for before the visit."""
        return replace(self, prepayment=Decimal(0))
