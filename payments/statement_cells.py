"""Days and amounts as banks write them. Pure. Nothing is guessed: what can be read in two ways is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class DayOrder(models.TextChoices):
    """Which comes first in a day that is written like 03/04/2026."""

    DAY_FIRST = "day_first", _("Day, month, year (25/12/2026)")
    MONTH_FIRST = "month_first", _("Month, day, year (12/25/2026)")


class NoDay(ValueError):
    """This is no day."""


class NoAmount(ValueError):
    """This is no amount."""


_CLOCK = re.compile(r"(?:T|\s+|,\s*)\d{1,2}:\d{2}.*$")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_MONTH_NAMED = re.compile(r"(\d{1,2})[-/. ]([A-Za-z]{3,9})[-/., ]+(\d{4}|\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SYMBOLS = {"₹": "INR", "£": "GBP", "€": "EUR", "¥": "JPY"}
_GROUPED = r"\d{1,3}(?:%s\d{2,3})*%s\d{3}"
_SIDES = {"cr": 1, "credit": 1, "c": 1, "dr": -1, "debit": -1, "d": -1}


def orders_in(cells: Iterable[str]) -> set[DayOrder]:
    """What the days of a file say about their order: nothing where all read alike both ways, both where it is not to be
    told, or where one contradicts another."""
    possible, undecided = set(), False
    for cell in cells:
        found = _YEAR_LAST.fullmatch(_without_clock(cell))
        if not found or found[1] == found[2]:
            continue
        first, second = int(found[1]), int(found[2])
        if first > 12 >= second:
            possible.add(DayOrder.DAY_FIRST)
        elif second > 12 >= first:
            possible.add(DayOrder.MONTH_FIRST)
        else:
            undecided = undecided or first <= 12
    return possible or (set(DayOrder) if undecided else set())


def day_of(cell: str, order: DayOrder | None) -> date:
    """The day in a cell; a time behind it does not matter. Raises NoDay."""
    text = _without_clock(cell)
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _MONTH_NAMED.fullmatch(text):
            return date(_year(found[3]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[1]))
        if found := _YEAR_LAST.fullmatch(text):
            pair = (int(found[1]), int(found[2]))
            day, month = pair if order != DayOrder.MONTH_FIRST else pair[::-1]
            return date(_year(found[3]), month, day)
    except ValueError as error:
        raise NoDay from error
    raise NoDay


def _without_clock(cell: str) -> str:
    return _CLOCK.sub("", cell.strip())


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def side_of(cell: str) -> int:
    """1 for money that came, -1 for money that went, 0 where the cell says neither."""
    return _SIDES.get(cell.strip().strip(".").lower(), 0)


def decimal_signs_in(cells: Iterable[str]) -> set[str]:
    """The signs before the decimals that amounts of a file leave no doubt about."""
    return {found[-1] for cell in cells if (found := re.findall(r"[.,](?=\d{1,2}(?:\D*)$)", cell))}


def amount_of(cell: str, signs: set[str]) -> tuple[Decimal, str]:
    """The amount in a cell, below zero for money that went, and the currency if it stands there. Raises NoAmount.

    `signs` are those of the whole file: `1.234` is one thousand unless the point stands before decimals elsewhere.
    """
    text, currency = _without_currency(cell.strip())
    sign, text = _signed(text)
    text = re.sub(r"[\s'’](?=\d{3}(?:\D|$))", "", text)
    return sign * Decimal(_plain(text, signs)), currency


def _without_currency(text: str) -> tuple[str, str]:
    for symbol, code in _SYMBOLS.items():
        if symbol in text:
            return text.replace(symbol, "", 1).strip(), code
    if found := re.fullmatch(r"([-+(]*)([A-Z]{3})[\s.]*([\d.,'’\s()+-]+)|([\d.,'’\s()+-]+?)\s*([A-Z]{3})", text):
        return (f"{found[1]}{found[3]}" if found[2] else found[4]).strip(), found[2] or found[5]
    return text.replace("$", "", 1).strip(), ""


def _signed(text: str) -> tuple[int, str]:
    if found := re.fullmatch(r"\((.+)\)", text):
        return -1, found[1].strip()
    if found := re.fullmatch(r"(.+?)\s*\(?(cr|dr)\.?\)?", text, re.IGNORECASE):
        return side_of(found[2]), found[1].strip()
    if text[:1] in "+-−":
        return (1 if text[:1] == "+" else -1), text[1:].strip()
    if text.endswith("-"):
        return -1, text[:-1].strip()
    return 1, text


def _plain(text: str, signs: set[str]) -> str:
    """Digits with a point before the decimals, if any."""
    if not re.fullmatch(r"[0-9.,]+", text) or len(text) > 24:
        raise NoAmount
    if re.fullmatch(r"[0-9]+", text):
        return text
    for decimal, group in ((".", ","), (",", ".")):
        if re.fullmatch(rf"(?:[0-9]+|{_grouped(group)})?\{decimal}[0-9]{{1,2}}", text):
            return text.replace(group, "").replace(decimal, ".")
        if re.fullmatch(_grouped(group), text) and group not in signs:
            return text.replace(group, "")
    raise NoAmount


def _grouped(group: str) -> str:
    return _GROUPED % (f"\\{group}", f"\\{group}")
