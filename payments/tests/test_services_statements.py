"""Statements: what fits is booked once, what nearly fits is offered, and nothing is half done."""

from __future__ import annotations

import threading
from decimal import Decimal
from time import process_time

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry
from payments.errors import LineUnknown, PaymentUnknown, StatementUnreadable, WrongAmount, WrongPaymentState
from payments.invariants import check
from payments.models import LedgerEntry, Payment, StatementImport, StatementLine
from payments.selectors.statements import payment_said
from payments.services.settling import settle
from payments.services.statements import import_statement, resolve_line
from payments.signals import payment_changed
from payments.states import LineStatus, LineWhy, Method, PaymentStatus, ProviderName
from payments.tests.factories import came
from payments.tests.statements import bring_in, by_transfer, line
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, LocationFactory

pytestmark = pytest.mark.django_db


def only(report):
    """What became of the one line of a file."""
    (one,) = report.lines
    return one.status, one.match.why


def by_card(payment):
    """The same payment, had it been begun by card."""
    Payment.objects.filter(pk=payment.pk).update(method=Method.CARD, provider=ProviderName.STRIPE)
    return payment


def test_what_fits_exactly_is_booked():
    payment = by_transfer()
    report = bring_in(payment.location, line(payment, payer="ADA OKAFOR", bank_id="FT-77"))

    payment.refresh_from_db()
    assert only(report) == (LineStatus.MATCHED, "")
    assert (payment.status, payment.captured) == (PaymentStatus.PAID, payment.amount)
    assert payment.appointment.status == AppointmentStatus.CONFIRMED
    kept = StatementLine.objects.get()
    assert (kept.status, kept.payment, kept.row) == (LineStatus.MATCHED, payment, 2)
    assert payment.proof == f"FT-77 (statement line {kept.pk})"
    assert LedgerEntry.objects.get().amount == payment.amount
    assert payment.created_at <= payment.paid_at <= timezone.now()


def test_a_dry_run_tells_the_same_and_writes_nothing():
    payment = by_transfer()
    lines = (line(payment), line(payment), line(words="salary"), "broken")
    tried = bring_in(payment.location, *lines, dry_run=True)

    assert not StatementImport.objects.exists()
    assert not StatementLine.objects.exists()
    assert not LedgerEntry.objects.exists()
    done = bring_in(payment.location, *lines)
    assert [one.status for one in tried.lines] == [one.status for one in done.lines]
    assert [error.row for error in tried.errors] == [error.row for error in done.errors] == [5]


def test_the_same_file_twice_imports_nothing_twice():
    payment = by_transfer()
    lines = (line(payment), line(words="rent"), line(words="rent"))
    first, again = bring_in(payment.location, *lines), bring_in(payment.location, *lines, line(words="new"))

    assert first.count(LineStatus.UNMATCHED) == 2  # two that read alike are two
    assert [one.status for one in again.lines] == [LineStatus.KNOWN] * 3 + [LineStatus.UNMATCHED]
    assert StatementLine.objects.count() == 4
    assert LedgerEntry.objects.count() == 1


def test_the_same_line_at_another_place_is_another_line():
    elsewhere = LocationFactory()
    bring_in(LocationFactory(), line(words="rent"))

    assert only(bring_in(elsewhere, line(words="rent"))) == (LineStatus.UNMATCHED, LineWhy.NOTHING)


@pytest.mark.parametrize("status", [PaymentStatus.FAILED, PaymentStatus.CANCELLED])
def test_money_of_a_payment_that_was_given_up_is_still_its_money(status):
    payment = by_transfer()
    Payment.objects.filter(pk=payment.pk).update(status=status)

    assert only(bring_in(payment.location, line(payment))) == (LineStatus.MATCHED, "")


def test_near_misses_are_kept_for_staff_and_change_nothing():
    payment = by_transfer()
    reference = payment.reference
    wrong = reference[:-1] + str((int(reference[-1]) + 1) % 10)
    lines = {
        line(payment, words=wrong): LineWhy.WRONG_SIGN,
        line(payment, words=reference[2:]): LineWhy.WRONG_SIGN,
        line(payment, amount="59.00"): LineWhy.WRONG_AMOUNT,
        line(payment, currency="EUR"): LineWhy.WRONG_CURRENCY,
        line(payment, words=f"{reference} {by_transfer(payment.location).reference}"): LineWhy.SEVERAL,
    }
    report = bring_in(payment.location, *lines)

    assert [one.match.why for one in report.lines] == list(lines.values())
    assert {one.status for one in report.lines} == {LineStatus.NEAR}
    assert all(payment in one.match.payments for one in report.lines)
    assert not LedgerEntry.objects.exists()
    assert {row.status for row in StatementLine.objects.all()} == {LineStatus.NEAR}


@pytest.mark.parametrize(
    ("payer", "is_near"),
    [
        ("ADA OKAFOR", True),
        ("Okafor, Ada", True),
        ("MRS A OKAFOR", True),
        ("Àda Okáfor", True),
        ("ADA OKAFFOR", True),
        ("OKAFOR", False),
        ("ADA MILLER", False),
        ("", False),
    ],
)
def test_the_right_amount_from_somebody_of_that_name_is_offered(payer, is_near):
    payment = by_transfer()
    patient = payment.appointment.patient
    patient.first_name, patient.last_name = "Ada", "Okafor"
    patient.save()

    expected = (LineStatus.NEAR, LineWhy.NAME_AND_AMOUNT) if is_near else (LineStatus.UNMATCHED, LineWhy.NOTHING)
    assert only(bring_in(payment.location, line(words="visit", payer=payer), dry_run=True)) == expected
    assert only(bring_in(payment.location, line(amount="61", payer=payer))) == (LineStatus.UNMATCHED, LineWhy.NOTHING)


def test_a_payment_that_is_paid_is_not_paid_again():
    payment = by_transfer()
    settle(payment_id=payment.pk, facts=[came(payment)], actor=CLINIC)

    assert only(bring_in(payment.location, line(payment))) == (LineStatus.NEAR, LineWhy.ALREADY_PAID)


def test_two_lines_with_one_reference_pay_once():
    payment = by_transfer()
    report = bring_in(payment.location, line(payment, bank_id="1"), line(payment, bank_id="2"))

    assert [one.match.why for one in report.lines] == ["", LineWhy.ALREADY_PAID]
    assert LedgerEntry.objects.count() == 1


def test_only_transfers_and_upi_of_this_place_are_looked_at():
    payment = by_transfer()
    card = by_card(by_transfer())

    assert only(bring_in(LocationFactory(), line(payment))) == (LineStatus.UNMATCHED, LineWhy.NOTHING)
    assert only(bring_in(card.location, line(card))) == (LineStatus.UNMATCHED, LineWhy.NOTHING)


def test_a_line_whose_payment_was_paid_meanwhile_stops_no_other():
    first = by_transfer()
    second, third = by_transfer(first.location), by_transfer(first.location)

    def pay_the_second(payment, **said):
        if payment.pk == first.pk:
            settle(payment_id=second.pk, facts=[came(second)], actor=CLINIC)

    payment_changed.connect(pay_the_second)
    try:
        report = bring_in(first.location, line(first), line(second), line(third))
    finally:
        payment_changed.disconnect(pay_the_second)

    assert [one.match.why for one in report.lines] == ["", LineWhy.ALREADY_PAID, ""]
    kept = StatementLine.objects.get(status=LineStatus.NEAR)
    assert (kept.row, kept.payment) == (3, None)
    assert LedgerEntry.objects.count() == 3


def test_a_file_that_is_none_writes_nothing():
    with pytest.raises(StatementUnreadable):
        import_statement(text="hello", location=LocationFactory(), file_name="x", currency="GBP", actor=CLINIC)
    assert not StatementImport.objects.exists()


def test_formulas_are_words_like_others():
    bring_in(LocationFactory(), line(words="=HYPERLINK(1)", payer="@SUM(A1)"), file_name="C:\\me\\=cmd.csv")

    kept = StatementLine.objects.get()
    assert (kept.words, kept.payer, kept.statement.file_name) == ("=HYPERLINK(1)", "@SUM(A1)", "=cmd.csv")


def test_the_database_itself_forbids_a_second_line_for_a_payment():
    payment = by_transfer()
    bring_in(payment.location, line(payment), line(payment, bank_id="again"))
    second = StatementLine.objects.get(status=LineStatus.NEAR)

    with pytest.raises(IntegrityError), transaction.atomic():
        StatementLine.objects.filter(pk=second.pk).update(status=LineStatus.MATCHED, payment=payment)
    assert list(check()) == []
    StatementLine.objects.filter(status=LineStatus.MATCHED).update(amount=1)
    assert [drift.code for drift in check()] == ["line_at_odds"]


class TestWhatStaffDecide:
    def test_they_book_a_line_on_a_payment_whatever_its_amount(self):
        payment = by_transfer()
        bring_in(payment.location, line(payment, amount="70.00"))
        resolved = resolve_line(line_id=StatementLine.objects.get().pk, payment_id=payment.pk, actor=CLINIC)

        payment.refresh_from_db()
        assert (resolved.status, resolved.payment_id) == (LineStatus.MATCHED, payment.pk)
        assert (payment.captured, payment.refunding) == (Decimal(70), Decimal(10))
        entry = AuditEntry.objects.filter(object_type="payments_statementline", action="update").get()
        assert (entry.verb, entry.actor) == ("statement.resolve", CLINIC.label)

    def test_they_set_one_aside(self):
        payment = by_transfer()
        bring_in(payment.location, line(payment, amount="70.00"))
        resolved = resolve_line(line_id=StatementLine.objects.get().pk, payment_id=None, actor=CLINIC)

        assert (resolved.status, resolved.payment) == (LineStatus.SET_ASIDE, None)
        assert not LedgerEntry.objects.exists()

    def test_one_of_two_is_first(self):
        payment = by_transfer()
        bring_in(payment.location, line(payment, amount="70.00"))
        kept = StatementLine.objects.get()
        resolve_line(line_id=kept.pk, payment_id=None, actor=CLINIC)

        for payment_id in (payment.pk, None):
            with pytest.raises(LineUnknown):
                resolve_line(line_id=kept.pk, payment_id=payment_id, actor=CLINIC)

    def test_what_cannot_be_leaves_the_line_open(self):
        payment, elsewhere = by_transfer(), by_transfer()
        card = by_card(by_transfer(payment.location))
        bring_in(payment.location, line(amount="70.00"), line(amount="60.00", currency="EUR"))
        in_pounds, in_euros = StatementLine.objects.order_by("pk")

        for kept, other, error in (
            (in_pounds, elsewhere, PaymentUnknown),
            (in_pounds, card, PaymentUnknown),
            (in_euros, payment, WrongAmount),
        ):
            with pytest.raises(error):
                resolve_line(line_id=kept.pk, payment_id=other.pk, actor=CLINIC)
        settle(payment_id=payment.pk, facts=[came(payment)], actor=CLINIC)
        with pytest.raises(WrongPaymentState):
            resolve_line(line_id=in_pounds.pk, payment_id=payment.pk, actor=CLINIC)
        assert {row.status for row in StatementLine.objects.all()} == {LineStatus.UNMATCHED}

    def test_they_name_a_payment_by_reference_or_number(self):
        payment = by_transfer()

        for said in (payment.reference, payment.reference.lower(), payment.number, f" {payment.number.lower()} "):
            assert payment_said(said, payment.location) == payment
        for said in ("", "PAY-2026-999999", payment.number.replace(f"-{payment.created_at:%Y}-", "-1999-"), "12"):
            assert payment_said(said, payment.location) is None
        assert payment_said(payment.number, LocationFactory()) is None


def test_a_file_of_any_length_takes_the_same_queries_to_look_at():
    location = LocationFactory()
    counts = []
    for many in (1, 4):
        lines = [line(by_transfer(location), payer="A B") for _one in range(many)] + [line(words="rent")] * many
        with CaptureQueriesContext(
            connection,
        ) as queries:
            bring_in(location, *lines, dry_run=True)
        counts.append(len(queries))

    assert counts == [3, 3]  # fingerprints, references, names


@pytest.mark.once("the time goes into reading, not into the database")
def test_ten_thousand_lines_take_little_time():
    payments = [by_transfer()]
    location = payments[0].location
    payments += [by_transfer(location) for _one in range(4)]
    others = [
        line(
            words=f"{'RF' if number % 10 == 0 else 'No'} 99 {number:08d}",
            payer=f"Somebody {number}",
            bank_id=f"FT{number}",
            amount="60.00",
        )
        for number in range(9_995)
    ]
    began = process_time()
    report = bring_in(location, *others, *(line(payment) for payment in payments))

    assert report.count(LineStatus.MATCHED) == 5
    assert StatementLine.objects.count() == 10_000
    assert process_time() - began < 30  # about five seconds of a processor


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_books_once(transactional_db):
    payment = by_transfer()
    lines = (line(payment), line(words="rent"), line(amount="1.00", words="tea"))
    barrier, reports, trouble = threading.Barrier(2), [], []

    def run():
        try:
            barrier.wait(timeout=20)
            reports.append(bring_in(payment.location, *lines))
        except Exception as error:
            trouble.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert trouble == []
    assert StatementLine.objects.count() == 3
    assert LedgerEntry.objects.count() == 1
    assert sum(report.count(LineStatus.MATCHED) for report in reports) == 1
    assert sum(report.count(LineStatus.KNOWN) for report in reports) == 3
