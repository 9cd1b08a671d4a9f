"""A bank's or a UPI provider's statement as CSV: every row read, or refused with its number and a reason. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.errors import StatementUnreadable
from payments.money import is_amount
from payments.statement_cells import DayOrder, NoAmount, NoDay, amount_of, day_of, decimal_signs_in, orders_in, side_of
from payments.statement_columns import Columns, columns_of

LARGEST_FILE = 1536 * 1024
MOST_ROWS = 20_000
LINES_OF_A_ROW = 10
"""A row whose quotation marks are not closed after so many lines is broken; the next line begins a new one."""
HEADING_WITHIN = 40
LARGEST_AMOUNT = Decimal(10) ** 10
EARLIEST = date(2000, 1, 1)

Cells = list[str]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """Money that came, as the bank tells it. `row` is the line of the file it begins on."""

    row: int
    booked_on: date
    amount: Decimal
    currency: str
    payer: str = ""
    words: str = ""
    bank_reference: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that could not be read, and why."""

    row: int
    why: str | Promise


@dataclass(slots=True)
class StatementFile:
    """All rows of a file; `debits` counts those in which money went, which are nobody's payment."""

    rows: list[StatementRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    debits: int = 0


class _Broken(Exception):
    def __init__(self, why: str | Promise) -> None:
        self.why = why
        super().__init__()


class _Debit(Exception):
    """Money that went."""


def decode(content: bytes) -> str:
    """The text of a file. Raises StatementUnreadable."""
    if len(content) > LARGEST_FILE:
        raise StatementUnreadable(_("The file is too large: at most 1.5 MB."), field="file")
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise StatementUnreadable(_("Save the file as CSV in UTF-8 and try again."), field="file")


def read_file(text: str, *, currency: str, order: DayOrder | None = None, today: date) -> StatementFile:
    """Read a statement. `currency` is that of rows which name none; `order` is needed where days leave it open.

    Raises StatementUnreadable for what is no statement, or whose days can be read in two ways.
    """
    heading, columns, records = _table(text.removeprefix("\ufeff"))
    columns = columns if columns.named_currency else replace(columns, named_currency=currency)
    whole = [cells for _row, cells in records if cells is not None]
    order = order or _order([_cell(cells, columns.day) for cells in whole])
    places = [place for place in (columns.amount, columns.credit, columns.debit) if place is not None]
    signs = decimal_signs_in(_cell(cells, place) for cells in whole for place in places)
    read = StatementFile()
    for row, cells in records:
        if row <= heading or (cells is not None and not any(cell.strip() for cell in cells)):
            continue
        try:
            read.rows.append(_read_row(row, cells, columns, order, signs, today))
        except _Debit:
            read.debits += 1
        except _Broken as broken:
            read.errors.append(RowError(row, broken.why))
    return read


def _table(text: str) -> tuple[int, Columns, list[tuple[int, Cells | None]]]:
    """The line of names, what it names, and all rows below it: split by the sign that makes most sense of it."""
    lines = io.StringIO(text, newline="").readlines()
    if len(lines) > MOST_ROWS:
        raise StatementUnreadable(_("The file is too long: at most 20,000 lines."), field="file")
    best: tuple[int, int, str, Columns] | None = None
    for delimiter in ",;\t|":
        for row, cells in _records(lines[:HEADING_WITHIN], delimiter):
            columns = columns_of(cells) if cells else None
            if columns is not None and (best is None or len(columns) > best[0]):
                best = (len(columns), row, delimiter, columns)
    if best is None:
        raise StatementUnreadable(
            _("No line names the columns. There must be a date, and an amount or a credit."), field="file"
        )
    _most, heading, delimiter, columns = best
    return heading, columns, [record for record in _records(lines, delimiter) if record[0] > heading]


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, Cells | None]]:
    """Rows with the number of their first line; None for one that is broken, after which the next line counts anew."""
    at = 0
    while at < len(lines):
        reader = csv.reader(lines[at : at + LINES_OF_A_ROW], delimiter=delimiter, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            yield at + 1, None
            at += 1
        else:
            yield at + 1, cells
            at += reader.line_num


def _order(days: list[str]) -> DayOrder | None:
    possible = orders_in(days)
    if len(possible) > 1:
        raise StatementUnreadable(
            _("Days like 03/04/2026 can be read in two ways here. Please say which number is the day."), field="order"
        )
    return possible.pop() if possible else None


def _read_row(
    row: int, cells: Cells | None, columns: Columns, order: DayOrder | None, signs: set[str], today: date
) -> StatementRow:
    if cells is None:
        raise _Broken(_("The quotation marks of this row do not fit."))
    amount, currency = _amount(cells, columns, signs)
    return StatementRow(
        row=row,
        booked_on=_day(_cell(cells, columns.day), order, today),
        amount=amount,
        currency=currency,
        payer=_words(cells, columns.payer)[:200],
        words=" ".join(filter(None, (_words(cells, place) for place in columns.words)))[:300],
        bank_reference=_words(cells, columns.bank_id)[:100],
    )


def _amount(cells: Cells, columns: Columns, signs: set[str]) -> tuple[Decimal, str]:
    """What came, and in which currency. Raises _Debit, _Broken."""
    said, named = _signed_amount(cells, columns, signs)
    currency = _words(cells, columns.currency).upper() or named or columns.named_currency
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise _Broken(_("This is no currency; we need a code of three letters, such as GBP."))
    if named and named != currency:
        raise _Broken(_("The amount is of one currency, and the row of another."))
    if said < 0:
        raise _Debit
    if said == 0:
        raise _Broken(_("The amount is zero."))
    if said >= LARGEST_AMOUNT or not is_amount(said, currency):
        raise _Broken(_("This is no amount of its currency."))
    return said, currency


def _signed_amount(cells: Cells, columns: Columns, signs: set[str]) -> tuple[Decimal, str]:
    try:
        if columns.amount is not None and (text := _cell(cells, columns.amount)):
            amount, named = amount_of(text, signs)
            side = side_of(_cell(cells, columns.side)) if columns.side is not None else 0
            return (side * abs(amount) if side else amount), named
        came = _cell(cells, columns.credit) if columns.credit is not None else ""
        went = _cell(cells, columns.debit) if columns.debit is not None else ""
        amount, named = amount_of(came, signs) if came else (Decimal(0), "")
        if amount == 0 and went:
            amount, named = amount_of(went, signs)
            return -abs(amount), named
    except NoAmount as error:
        raise _Broken(_("The amount cannot be read.")) from error
    if not came:
        raise _Broken(_("There is no amount."))
    return amount, named


def _day(cell: str, order: DayOrder | None, today: date) -> date:
    try:
        day = day_of(cell, order)
    except NoDay as error:
        raise _Broken(_("The day cannot be read.")) from error
    if day < EARLIEST or (day - today).days > 31:
        raise _Broken(_("The day lies too far away."))
    return day


def _cell(cells: Cells, place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _words(cells: Cells, place: int | None) -> str:
    """Text in one line, without signs that nobody sees, and without the apostrophe that keeps spreadsheets calm."""
    text = "" if place is None else _cell(cells, place)
    said = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return said[1:] if said[:1] == "'" and said[1:2] in "=+-@" else said
