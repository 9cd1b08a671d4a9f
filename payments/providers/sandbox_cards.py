"""The cards that the sandbox knows. Nobody's: their numbers are made up and mean what is to happen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Outcome(StrEnum):
    """What comes of a try to pay."""

    PAID = "paid"
    DECLINED = "declined"
    ASKED = "asked"
    LATE = "late"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card of the sandbox. Only its `name` is ever sent; the browser alone reads the number."""

    __test__ = False  # no class of tests, whatever its name begins with

    name: str
    brand: str
    number: str
    outcome: Outcome
    words: Promise

    @property
    def spaced(self) -> str:
        """The number as it stands on a card."""
        parts = (4, 10, 15) if len(self.number) == 15 else range(4, len(self.number) + 1, 4)
        return " ".join(self.number[start:end] for start, end in zip((0, *parts), parts, strict=False))


CARDS: dict[str, TestCard] = {
    card.name: card
    for card in (
        TestCard("visa", "Visa", "4242424242424242", Outcome.PAID, _("It is paid")),
        TestCard("mastercard", "Mastercard", "5555555555554444", Outcome.PAID, _("It is paid")),
        TestCard("amex", "American Express", "378282246310005", Outcome.PAID, _("It is paid")),
        TestCard("rupay", "RuPay", "6074820000000009", Outcome.PAID, _("It is paid")),
        TestCard("poor", "Visa", "4000000000009995", Outcome.DECLINED, _("The bank says no: not enough money")),
        TestCard("asked", "Visa", "4000002760003184", Outcome.ASKED, _("The bank asks whether it is you")),
        TestCard("late", "Visa", "4000000000000077", Outcome.LATE, _("It is paid, but the clinic hears of it late")),
        TestCard("lapsed", "Visa", "4000000000000069", Outcome.LAPSED, _("This page closes before it is paid")),
    )
}
