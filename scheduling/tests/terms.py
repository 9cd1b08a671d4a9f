"""Terms of visits in tests of the ground floor, which knows nobody who takes money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from scheduling.signals import asked_for_terms
from scheduling.visit_terms import VisitTerms


@contextmanager
def asking_only(*answers: Callable[..., VisitTerms | None]) -> Iterator[None]:
    """Whoever asks what a visit costs asks these, and nobody else of the house."""
    others, asked_for_terms.receivers = asked_for_terms.receivers, []
    for answer in answers:
        asked_for_terms.connect(answer)
    try:
        yield
    finally:
        asked_for_terms.receivers = others


@contextmanager
def terms(prepayment: str = "60.00", *, fee: str = "60.00", minutes: int = 15) -> Iterator[list[dict[str, Any]]]:
    """Somebody takes money for every doctor's visits, on these terms; what they were asked."""
    asked: list[dict[str, Any]] = []

    def answer(sender: object, signal: object, **question: Any) -> VisitTerms:
        asked.append(question)
        return VisitTerms(Decimal(fee), "GBP", Decimal(prepayment), minutes)

    with asking_only(answer):
        yield asked
