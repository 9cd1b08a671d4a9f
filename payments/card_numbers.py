"""Numbers of payment cards in what somebody typed: the clinic must not keep them, in no field."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from accounts.errors import DomainError

_DIGITS = re.compile(r"(?<!\w)\d(?:[ \-.]?\d){12,}(?!\w)")
_BETWEEN = re.compile(r"[ \-.]")
_BRANDS = re.compile(
    r"4\d{12}|4\d{15}|4\d{18}"  # Visa
    r"|5[1-5]\d{14}|2[2-7]\d{14}"  # Mastercard
    r"|3[47]\d{13}|3[0689]\d{12}|35\d{14}"  # American Express, Diners Club, JCB
    r"|(?:50|5[6-8]|6\d|81|82)\d{11,17}"  # Maestro, RuPay, Discover, UnionPay
)
"""The beginnings and lengths that there are: other long numbers are those of banks and machines, and may be kept."""


class CardNumberEntered(DomainError):
    """Somebody typed the number of a card where it would be kept."""

    code = "card_number"
    sentence = _("This looks like the number of a card. Please leave it out: its last four digits are enough.")
    status = 400


def refuse_card_number(text: str, *, field: str) -> str:
    """The text, without what no text is kept with. Raises CardNumberEntered for one that has a card's number in it."""
    kept = text.replace("\x00", "").strip()
    if holds_card_number(kept):
        raise CardNumberEntered(field=field)
    return kept


def holds_card_number(text: str) -> bool:
    """Whether a number of a card stands there, however its digits are grouped and in whichever script."""
    return any(_card_in(run[0]) for run in _DIGITS.finditer(text))


def hide_card_numbers(text: str) -> str:
    """What somebody else wrote, with the last four digits in place of each number of a card."""
    return _DIGITS.sub(lambda run: f"…{number[-4:]}" if (number := _card_in(run[0])) else run[0], text)


def _card_in(run: str) -> str:
    return next((number for number in _numbers_in(run) if _is_card_number(number)), "")


def _numbers_in(run: str) -> list[str]:
    """What may be one number: any groups of a run that stand side by side; a date may stand before the card's."""
    groups = ["".join(str(int(digit)) for digit in group) for group in _BETWEEN.split(run)]
    return ["".join(groups[first:last]) for first in range(len(groups)) for last in range(first + 1, len(groups) + 1)]


def _is_card_number(number: str) -> bool:
    return bool(_BRANDS.fullmatch(number)) and _checks_out(number)


def _checks_out(number: str) -> bool:
    """The check digit of ISO/IEC 7812, by Luhn."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
