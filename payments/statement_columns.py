"""Which column of a statement is which, by the names that banks give them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

_TABLE = """
day: date booked bookedon bookingdate transactiondate txndate trandate postingdate posteddate posted
day: postdate completeddate datecompleted valuedate valuta datum buchungstag buchungsdatum
amount: amount transactionamount txnamount amt betrag umsatz sum value
credit: credit credits creditamount creditamt deposit deposits depositamount depositamt paidin moneyin
credit: received cr haben in
debit: debit debits debitamount debitamt withdrawal withdrawals withdrawalamount withdrawalamt paidout
debit: moneyout spent dr soll out
side: drcr crdr debitcredit creditdebit type transactiontype txntype
currency: currency ccy currencycode cur wahrung waehrung
words: description transactiondescription reference paymentreference ref narration narrative particulars
words: details transactiondetails paymentdetails remarks remark memo note notes message purpose
words: verwendungszweck
payer: payer payername name counterparty counterpartyname sender sendername from remitter remittername
payer: debtor debtorname partyname customername auftraggeber zahlungspflichtiger
bank_id: bankid bankreference transactionid txnid transactionreference transactionref utr utrno utrnumber rrn
bank_id: upitransactionid upireferencenumber upirefno refno refnochequeno chqrefno chqrefnumber
bank_id: referencenumber endtoendid fitid id uuid
"""
"""Names in small letters without gaps; within a kind the likeliest first."""

_NAMES: dict[str, list[str]] = defaultdict(list)
for _kind, _names in (line.split(": ") for line in _TABLE.strip().splitlines()):
    _NAMES[_kind] += _names.split()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in a row. Of `words` there may be several: what banks spread over them belongs together."""

    day: int
    amount: int | None
    credit: int | None
    debit: int | None
    side: int | None
    currency: int | None
    payer: int | None
    bank_id: int | None
    words: tuple[int, ...]
    named_currency: str
    """The currency that stands behind a column's name, such as `Amount (INR)`."""

    def __len__(self) -> int:
        found = (self.day, self.amount, self.credit, self.debit, self.currency, self.payer, self.bank_id)
        return sum(place is not None for place in found) + len(self.words)


def columns_of(cells: Sequence[str]) -> Columns | None:
    """The columns that a line of names gives; None where it is no such line: it must name a day and an amount."""
    names = [_name(cell) for cell in cells]
    first = {kind: _first_of(kind, names) for kind in _NAMES}
    day = first["day"]
    if day is None or (first["amount"] is None and first["credit"] is None):
        return None
    return Columns(
        day=day,
        amount=first["amount"],
        credit=first["credit"],
        debit=first["debit"],
        side=first["side"],
        currency=first["currency"],
        payer=first["payer"],
        bank_id=first["bank_id"],
        words=tuple(place for place, name in enumerate(names) if name in _NAMES["words"]),
        named_currency=_currency_behind(cells, (first["amount"], first["credit"])),
    )


def _first_of(kind: str, names: Sequence[str]) -> int | None:
    """The column with the likeliest name."""
    return next((names.index(name) for name in _NAMES[kind] if name in names), None)


def _name(cell: str) -> str:
    return re.sub(r"[^a-z]", "", re.sub(r"\(.*?\)", "", cell.casefold().replace("ä", "a")))


def _currency_behind(cells: Sequence[str], places: Sequence[int | None]) -> str:
    found = (re.search(r"\(\s*([A-Za-z]{3})\s*\)", cells[place]) for place in places if place is not None)
    return next((match[1].upper() for match in found if match), "")
