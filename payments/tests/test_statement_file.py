"""Statements as banks write them, and as people break them."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.errors import StatementUnreadable
from payments.statement_cells import DayOrder, NoAmount, amount_of, decimal_signs_in
from payments.statement_file import LARGEST_FILE, decode, read_file

TODAY = date(2026, 11, 29)
HEADING = "Date,Amount,Currency,Description,Name,Transaction ID\n"


def read(text, order=None, currency="GBP"):
    return read_file(text, currency=currency, order=order, today=TODAY)


def only(text, **more):
    (row,) = read(text, **more).rows
    return row


def errors(text, **more):
    return [(error.row, str(error.why)) for error in read(text, **more).errors]


def test_a_plain_file():
    row = only(HEADING + "2026-11-28,60.00,GBP,RF78 0000 0123,ADA OKAFOR,FT-77\n")

    assert row.booked_on == date(2026, 11, 28)
    assert (row.row, row.amount, row.currency) == (2, Decimal("60.00"), "GBP")
    assert (row.words, row.payer, row.bank_reference) == ("RF78 0000 0123", "ADA OKAFOR", "FT-77")


def test_an_indian_one_with_words_above_its_columns_and_below():
    read_in = read(
        "Account Statement,,,,\nCustomer,CLINIC LTD,,,\n\n"
        "Txn Date,Narration,Chq./Ref.No.,Withdrawal Amt.,Deposit Amt.\n"
        '28/11/26,"UPI-ADA OKAFOR-RF78 0000 0123",000433012345,,"1,23,456.50"\n'
        "27/11/26,RENT,000433012346,5000.00,\n"
        "Closing balance,,,,\n",
        currency="INR",
    )

    (row,) = read_in.rows
    assert (row.row, row.amount, row.currency, row.booked_on) == (5, Decimal("123456.50"), "INR", date(2026, 11, 28))
    assert read_in.debits == 1
    assert [error.row for error in read_in.errors] == [7]


def test_a_european_one():
    row = only("Buchungstag;Betrag (EUR);Verwendungszweck;Auftraggeber\n28.11.2026;1.234,56;Termin;Ada Okafor\n")

    assert (row.amount, row.currency, row.booked_on) == (Decimal("1234.56"), "EUR", date(2026, 11, 28))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_however_it_was_saved(encoding, delimiter, end):
    text = f"Date,Amount,Payer{end}2026-11-28,60.00,Zoë Müller{end}".replace(",", delimiter)

    assert only(decode(text.encode(encoding))).payer == "Zoë Müller"


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("1,234.56", "1234.56", ""),
        ("1.234,56", "1234.56", ""),
        ("1 234,56", "1234.56", ""),
        ("1'234.56", "1234.56", ""),
        ("1,234", "1234", ""),
        ("1.234.567", "1234567", ""),
        ("12,34,567.5", "1234567.5", ""),
        ("60", "60", ""),
        (".50", ".50", ""),
        ("+60.00", "60", ""),
        ("-60.00", "-60", ""),
        ("60.00-", "-60", ""),
        ("(60.00)", "-60", ""),
        ("60.00 Cr", "60", ""),
        ("60.00DR", "-60", ""),
        ("£60.00", "60", "GBP"),
        ("₹ 1,000.00", "1000", "INR"),
        ("$60.00", "60", ""),
        ("EUR 60,00", "60", "EUR"),
        ("60.00 GBP", "60", "GBP"),
        ("-EUR 60.00", "-60", "EUR"),
    ],
)
def test_amounts(cell, amount, currency):
    assert amount_of(cell, decimal_signs_in([cell])) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "cell",
    ["", "sixty", "=1+1", "6o.00", "1,2345", "1.23.45", "12.3456", "NaN", "1e9", "--5", "٦٠", "1,23.4,5", "5" * 30],
)
def test_no_amounts(cell):
    with pytest.raises(NoAmount):
        amount_of(cell, decimal_signs_in([cell]))


def test_the_sign_before_decimals_is_that_of_the_whole_file():
    assert errors("date,amount\n2026-11-28,12.50\n2026-11-28,1.234\n") == [(3, "The amount cannot be read.")]
    assert [row.amount for row in read('date,amount\n2026-11-28,12.50\n2026-11-28,"1,234"\n').rows][1] == 1234


@given(st.text(max_size=40))
def test_whatever_stands_in_a_cell_is_an_amount_or_refused(cell):
    try:
        amount, _currency = amount_of(cell, {"."})
    except NoAmount:
        return
    assert amount.is_finite()


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-11-28", date(2026, 11, 28)),
        ("2026/11/28", date(2026, 11, 28)),
        ("2026-11-28T10:30:00Z", date(2026, 11, 28)),
        ("28/11/2026", date(2026, 11, 28)),
        ("28-11-26 10:30", date(2026, 11, 28)),
        ("28.11.2026", date(2026, 11, 28)),
        ("11/28/2026", date(2026, 11, 28)),
        ("28 Nov 2026", date(2026, 11, 28)),
        ("28-NOV-26", date(2026, 11, 28)),
        ("11/11/2026", date(2026, 11, 11)),
    ],
)
def test_days(cell, day):
    assert only(f"date,amount\n{cell},5\n").booked_on == day


@pytest.mark.parametrize(
    "days", [["03/04/2026"], ["03/04/2026", "28 Nov 2026"], ["13/04/2026", "04/13/2026", "03/04/2026"]]
)
def test_days_that_can_be_read_in_two_ways_are_refused_unless_told(days):
    text = "date,amount\n" + "".join(f"{day},5\n" for day in days)
    with pytest.raises(StatementUnreadable, match="two ways") as refusal:
        read(text)
    assert refusal.value.field == "order"

    assert read(text, DayOrder.DAY_FIRST).rows[0].booked_on.month == 4
    assert read("date,amount\n03/04/2026,5\n", DayOrder.MONTH_FIRST).rows[0].booked_on == date(2026, 3, 4)


def test_one_day_settles_it_for_the_whole_file_and_the_others_must_fit():
    read_in = read("date,amount\n03/04/2026,5\n25/04/2026,6\n99/04/2026,7\n")

    assert [row.booked_on for row in read_in.rows] == [date(2026, 4, 3), date(2026, 4, 25)]
    assert [(error.row, str(error.why)) for error in read_in.errors] == [(4, "The day cannot be read.")]


def test_broken_rows_are_told_and_stop_no_other():
    text = HEADING + (
        '2026-11-28,60.00,GBP,"never closed,A,1\n'
        "2026-11-28,60.00,GBP,good,B,2\n"
        "\n"
        "2026-11-28\n"
        "yesterday,60.00,GBP,,C,3\n"
        "2026-11-28,sixty,GBP,,D,4\n"
        "2026-11-28,60.00,POUNDS,,E,5\n"
        "2026-11-28,0.00,GBP,,F,6\n"
        "2026-11-28,60.5,JPY,,G,7\n"
        "2026-11-28,€60.00,GBP,,H,8\n"
        "1970-01-01,60.00,GBP,,I,9\n"
        "2027-11-28,60.00,GBP,,J,10\n"
        "2026-11-28,99999999999.00,GBP,,K,11\n"
        '2026-11-28,60.00,GBP,"two\nlines",L,12\n'
    )
    read_in = read(text)

    assert [row.payer for row in read_in.rows] == ["B", "L"]
    assert read_in.rows[1].words == "two lines"
    assert [error.row for error in read_in.errors] == [2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]


def test_debits_are_skipped_and_counted():
    text = "date,type,amount\n2026-11-28,DR,5\n2026-11-28,CR,6\n2026-11-28,,-7\n2026-11-28,Card payment,8\n"

    assert read(text).debits == 2
    assert [row.amount for row in read(text).rows] == [6, 8]


def test_words_are_spread_over_columns_and_kept_within_bounds():
    row = only("date,amount,reference,description,payer\n2026-11-28,5,RF78,\x07visit\u202e,'=1+1\n")
    assert (row.words, row.payer) == ("RF78 visit", "=1+1")

    row = only(f"date,amount,description,payer,id\n2026-11-28,5,{'x' * 900},{'y' * 900},{'z' * 900}\n")
    assert (len(row.words), len(row.payer), len(row.bank_reference)) == (300, 200, 100)


@pytest.mark.parametrize("text", ["", "\n\n", "hello", "date\n2026-11-28\n", "amount\n5\n", "1,2,3\n4,5,6\n"])
def test_what_is_no_statement_is_refused(text):
    with pytest.raises(StatementUnreadable):
        read(text)


def test_a_file_too_large_too_long_or_of_other_signs_is_refused():
    with pytest.raises(StatementUnreadable, match="at most 1"):
        decode(b"x" * (LARGEST_FILE + 1))
    with pytest.raises(StatementUnreadable, match="20,000"):
        read("date,amount\n" + "\n" * 20_000)
    for content in (b"date,amount\0", b"\x81\x8d", b"\xff\xfe\x00"):
        with pytest.raises(StatementUnreadable, match="UTF-8"):
            decode(content)


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(content):
    with contextlib.suppress(StatementUnreadable):
        read(decode(b"date,amount\n" + content), DayOrder.DAY_FIRST)
