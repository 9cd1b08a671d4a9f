"""Statements of the clinic's account: what would become of each line, what becomes of it, and what staff decide.

A line is a row whose fingerprint is unique at its location: the same file twice, or twice at once, books nothing twice.
A line that books a payment is one transaction with it; whatever becomes of one line stops no other.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from django.db import IntegrityError
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from payments.card_numbers import hide_card_numbers
from payments.errors import LineUnknown, PaymentUnknown, WrongAmount, WrongPaymentState
from payments.models import Payment, StatementImport, StatementLine
from payments.selectors.statements import BY_STATEMENT, OPEN, Match, match_lines
from payments.services.desk import mark_paid
from payments.statement_cells import DayOrder
from payments.statement_file import RowError, StatementRow, read_file
from payments.states import OPEN_LINES, LineStatus, LineWhy
from scheduling.clock import boundary, local_date
from scheduling.models import Location

AT_ONCE = 500
"""Lines that book nothing are written so many at a time, so that bookings need not wait."""

NOON = time(12)
"""Statements tell the day only; at noon it is that day on most clocks."""


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """A row of the file, and what became, or would become, of it."""

    row: StatementRow
    fingerprint: str
    match: Match

    @property
    def status(self) -> LineStatus:
        """What it is."""
        return self.match.status

    @property
    def why(self) -> str:
        """Why it was not booked, in words."""
        return str(LineWhy(self.match.why).label) if self.match.why else ""


@dataclass(slots=True)
class StatementReport:
    """What became of every row of a file; those that could not be read, and how many paid somebody else."""

    lines: list[ReportedLine] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    debits: int = 0

    def count(self, status: LineStatus) -> int:
        """How many lines came out like this."""
        return sum(1 for line in self.lines if line.status == status)


KNOWN = Match(LineStatus.KNOWN)


def read_statement(*, text: str, location: Location, currency: str, order: DayOrder | None = None) -> StatementReport:
    """What importing a file would do; nothing is written. Raises StatementUnreadable."""
    today = local_date(timezone.now(), location.zone)
    read = read_file(text, currency=currency, order=order, today=today)
    prints = _fingerprints(read.rows)
    known = _known(prints, location)
    new = [row for row, fingerprint in zip(read.rows, prints, strict=True) if fingerprint not in known]
    matches = iter(match_lines(new, location))
    return StatementReport(
        lines=[
            ReportedLine(row, fingerprint, KNOWN if fingerprint in known else next(matches))
            for row, fingerprint in zip(read.rows, prints, strict=True)
        ],
        errors=read.errors,
        debits=read.debits,
    )


def import_statement(
    *,
    text: str,
    location: Location,
    file_name: str,
    currency: str,
    actor: Actor,
    order: DayOrder | None = None,
    dry_run: bool = False,
) -> StatementReport:
    """Book what fits exactly, keep the rest for staff to decide, and tell of every row.

    A dry run only tells. Raises StatementUnreadable for what is no statement: then nothing is written at all.
    """
    report = read_statement(text=text, location=location, currency=currency, order=order)
    if dry_run:
        return report
    with recorded(actor, "statement.import"):
        statement = StatementImport.objects.create(
            location=location, file_name=_file_name(file_name), imported_by=actor.user
        )
    report.lines = [
        _book(line, statement, actor) if line.status == LineStatus.MATCHED else line for line in report.lines
    ]
    report.lines = _keep(report.lines, statement, actor)
    return report


def resolve_line(*, line_id: int, payment_id: int | None, actor: Actor) -> StatementLine:
    """Staff decide about an open line: it is for this payment, whatever its amount, or for none.

    Raises LineUnknown where somebody was faster; PaymentUnknown, WrongAmount for another currency, WrongPaymentState
    for a payment that is paid: then the line stays open.
    """
    with recorded(actor, "statement.resolve"):
        line = StatementLine.objects.select_related("location", "statement").filter(pk=line_id).first()
        if line is None:
            raise LineUnknown
        status = LineStatus.SET_ASIDE if payment_id is None else LineStatus.MATCHED
        payment = None if payment_id is None else _bookable(payment_id, line)
        open_still = StatementLine.objects.filter(pk=line_id, status__in=OPEN_LINES)
        try:
            changed = open_still.update(status=status, payment=payment)
        except IntegrityError as error:  # another line was booked on it a moment ago
            raise WrongPaymentState from error
        if changed != 1:
            raise LineUnknown
        line.status, line.payment = status, payment
        if payment is not None:
            _capture(line, payment, actor)
    return line


def _bookable(payment_id: int, line: StatementLine) -> Payment:
    payment = Payment.objects.filter(pk=payment_id, location=line.location_id, provider__in=BY_STATEMENT).first()
    if payment is None:
        raise PaymentUnknown
    if payment.currency != line.currency:
        raise WrongAmount
    if payment.status not in OPEN:
        raise WrongPaymentState
    return payment


def _book(line: ReportedLine, statement: StatementImport, actor: Actor) -> ReportedLine:
    """Book one line on its payment, both or neither; where that is refused, the line is one to decide about."""
    (payment,) = line.match.payments
    row = _row(line, statement)
    row.status, row.payment = LineStatus.MATCHED, payment
    try:
        with recorded(actor, "statement.import"):
            row.save(force_insert=True)
            _capture(row, payment, actor)
    except WrongPaymentState:
        return replace(line, match=Match(LineStatus.NEAR, LineWhy.ALREADY_PAID, (payment,)))
    except DomainError:
        return replace(line, match=Match(LineStatus.NEAR, LineWhy.REFUSED, (payment,)))
    except IntegrityError:
        if line.fingerprint in _known([line.fingerprint], statement.location):
            return replace(line, match=KNOWN)
        if payment.lines.filter(status=LineStatus.MATCHED).exists():
            return replace(line, match=Match(LineStatus.NEAR, LineWhy.ALREADY_PAID, (payment,)))
        raise
    return line


def _capture(line: StatementLine, payment: Payment, actor: Actor) -> None:
    """The money of a line is that of a payment. Raises WrongPaymentState where other money came first."""
    proof = f"{line.bank_reference} (statement line {line.pk})".strip()
    came_at = boundary(datetime.combine(line.booked_on, NOON), line.location.zone)
    after = mark_paid(
        payment_id=payment.pk,
        proof=proof,
        amount=None if line.amount == payment.amount else line.amount,
        at=min(max(came_at, payment.created_at), timezone.now()),
        actor=actor,
    )
    if after.proof != proof:
        raise WrongPaymentState


def _keep(lines: Sequence[ReportedLine], statement: StatementImport, actor: Actor) -> list[ReportedLine]:
    """Write the lines that staff have to decide about; of those that somebody imported meanwhile, say so."""
    to_write = [line for line in lines if line.status in OPEN_LINES]
    for start in range(0, len(to_write), AT_ONCE):
        with recorded(actor, "statement.import"):
            StatementLine.objects.bulk_create(
                [_row(line, statement) for line in to_write[start : start + AT_ONCE]], ignore_conflicts=True
            )
    written = set(statement.lines.values_list("fingerprint", flat=True))
    return [
        replace(line, match=KNOWN) if line.status in OPEN_LINES and line.fingerprint not in written else line
        for line in lines
    ]


def _row(line: ReportedLine, statement: StatementImport) -> StatementLine:
    row = line.row
    return StatementLine(
        statement=statement,
        location=statement.location,
        row=row.row,
        fingerprint=line.fingerprint,
        booked_on=row.booked_on,
        amount=row.amount,
        currency=row.currency,
        payer=hide_card_numbers(row.payer),
        words=hide_card_numbers(row.words),
        bank_reference=hide_card_numbers(row.bank_reference),
        status=line.status,
        why=line.match.why,
    )


def _fingerprints(rows: Sequence[StatementRow]) -> list[str]:
    """What each row is, once. Two that read alike in one file are two payments: the second is the second of its kind,
    and so it is when the file comes again."""
    seen: Counter[tuple[str, ...]] = Counter()
    prints = []
    for row in rows:
        texts = (row.payer, row.words, row.bank_reference)
        what = (
            row.booked_on.isoformat(),
            f"{row.amount:.2f}",
            row.currency,
            *("".join(text.casefold().split()) for text in texts),
        )
        seen[what] += 1
        prints.append(hashlib.sha256("\x1f".join((*what, str(seen[what]))).encode()).hexdigest())
    return prints


def _known(prints: Sequence[str], location: Location) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(prints), AT_ONCE):
        rows = StatementLine.objects.filter(location=location, fingerprint__in=prints[start : start + AT_ONCE])
        found |= set(rows.values_list("fingerprint", flat=True))
    return found


def _file_name(name: str) -> str:
    """Without folders and signs that nobody sees."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:200] or "statement.csv"
