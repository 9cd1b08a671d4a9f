"""Recounting what must always be true of money: what came is kept or went back, and nothing is written down twice."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Max, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import AuditEntry
from payments.models import LedgerEntry, Payment, Receipt, ReceiptCounter, Refund, StatementLine, WebhookEvent
from payments.money import ZERO
from payments.states import (
    PAYMENT_TRANSITIONS,
    REFUND_TRANSITIONS,
    EntryKind,
    EventStatus,
    LineStatus,
    PaymentStatus,
    RefundStatus,
)
from scheduling.invariants import Drift
from scheduling.models import Appointment
from scheduling.services.prepaid import CONFIRMED_OR_LATER


def check() -> Iterator[Drift]:
    """Everything that drifted; nothing, if all is well. Reads only."""
    yield from _payments_at_odds_with_their_books()
    yield from _overdrawn_payments()
    yield from _entries_at_odds()
    yield from _misnumbered_receipts()
    yield from _events_at_odds()
    yield from _lines_at_odds()
    yield from _confirmed_and_not_paid()
    yield from _trails(Payment, PaymentStatus, PAYMENT_TRANSITIONS)
    yield from _trails(Refund, RefundStatus, REFUND_TRANSITIONS)


def _total(rows: QuerySet[Any]) -> Coalesce:
    """The sum of the amounts of the rows of each payment."""
    amounts = rows.filter(payment=OuterRef("pk")).order_by().values("payment").annotate(total=Sum("amount"))
    return Coalesce(Subquery(amounts.values("total")), Value(ZERO), output_field=Payment._meta.get_field("captured"))


def _payments_at_odds_with_their_books() -> Iterator[Drift]:
    """The amounts of a payment are the sums of its entries in the ledger, and of its refunds."""
    payments = Payment.objects.annotate(
        came=_total(LedgerEntry.objects.filter(kind=EntryKind.CAPTURE)),
        went=_total(LedgerEntry.objects.filter(kind=EntryKind.REFUND)),
        paid_back=_total(Refund.objects.filter(status=RefundStatus.SUCCEEDED)),
        going=_total(Refund.objects.filter(status__in=[RefundStatus.PENDING, RefundStatus.SENDING])),
    )
    for payment in payments.exclude(captured=F("came")).iterator():
        yield Drift("captured_at_odds", f"payment {payment.pk}", f"{payment.captured} came, the ledger: {payment.came}")
    for payment in payments.exclude(refunded=F("went"), paid_back=F("went")).iterator():
        yield Drift(
            "refunded_at_odds",
            f"payment {payment.pk}",
            f"{payment.refunded} went back, the ledger: {payment.went}, its refunds: {payment.paid_back}",
        )
    for payment in payments.exclude(refunding=F("going")).iterator():
        yield Drift(
            "refunding_at_odds",
            f"payment {payment.pk}",
            f"{payment.refunding} is about to go back, its refunds: {payment.going}",
        )


def _overdrawn_payments() -> Iterator[Drift]:
    """What came is what is kept, what went back and what is about to; never less than nothing of any."""
    left = F("refunded") + F("refunding")
    for payment in Payment.objects.filter(Q(captured__lt=left) | Q(refunded__lt=0) | Q(refunding__lt=0)).iterator():
        yield Drift(
            "payment_overdrawn",
            f"payment {payment.pk}",
            f"{payment.captured} came, {payment.refunded} went back, {payment.refunding} is about to",
        )


def _entries_at_odds() -> Iterator[Drift]:
    """Each entry has its receipt, and is of the currency of its payment; those of refunds are of that payment."""
    for entry in LedgerEntry.objects.filter(receipt=None).iterator():
        yield Drift("entry_without_receipt", f"ledger entry {entry.pk}", f"of {entry.amount} has no receipt")
    for entry in LedgerEntry.objects.exclude(currency=F("payment__currency")).iterator():
        yield Drift("entry_at_odds", f"ledger entry {entry.pk}", "is of another currency than its payment")
    of_refunds = LedgerEntry.objects.filter(refund__isnull=False)
    odd = of_refunds.exclude(amount=F("refund__amount"), payment=F("refund__payment"))
    for entry in odd.iterator():
        yield Drift("entry_at_odds", f"ledger entry {entry.pk}", "is of another payment or amount than its refund")


def _misnumbered_receipts() -> Iterator[Drift]:
    """Numbers of a place and year have neither gaps nor doubles, and the counter is where they end."""
    found = {
        (row["location"], row["year"]): (row["count"], row["highest"])
        for row in Receipt.objects.order_by()
        .values("location", "year")
        .annotate(count=Count("pk"), highest=Max("sequence"))
    }
    for location, year, last in ReceiptCounter.objects.values_list("location", "year", "last"):
        count, highest = found.pop((location, year), (0, 0))
        if not count == highest == last:
            yield Drift(
                "receipts_misnumbered",
                f"location {location} in {year}",
                f"{count} receipts, the highest number {highest}, {last} given out",
            )
    for (location, year), (count, _highest) in found.items():
        yield Drift("receipts_misnumbered", f"location {location} in {year}", f"{count} receipts, and nobody counts")


def _events_at_odds() -> Iterator[Drift]:
    """What was applied was applied to a payment, once: nothing is to be done with it any more."""
    done = WebhookEvent.objects.filter(status__in=[EventStatus.APPLIED, EventStatus.IGNORED])
    for event in done.filter(Q(status=EventStatus.APPLIED, payment=None) | Q(try_at__isnull=False)).iterator():
        yield Drift("event_at_odds", f"event {event.pk}", f"is {event.status}, of no payment or to be tried again")


def _lines_at_odds() -> Iterator[Drift]:
    """A line of a statement that was booked is what its payment got."""
    booked = StatementLine.objects.filter(status=LineStatus.MATCHED)
    for line in booked.exclude(payment__captured=F("amount")).order_by("pk"):
        yield Drift("line_at_odds", f"statement line {line.pk}", f"of {line.amount} is not what its payment got")


def _confirmed_and_not_paid() -> Iterator[Drift]:
    """A visit of which something was to be paid before is confirmed when that has come."""
    of_visit = Payment.objects.filter(appointment__calendar_uid=OuterRef("calendar_uid"), currency=OuterRef("currency"))
    sums = of_visit.order_by().values("currency").annotate(total=Sum("captured"))
    came = Coalesce(Subquery(sums.values("total")), Value(ZERO), output_field=Payment._meta.get_field("captured"))
    visits = Appointment.objects.filter(status__in=sorted(CONFIRMED_OR_LATER), prepayment__gt=0)
    for visit in visits.annotate(came=came).filter(came__lt=F("prepayment")).iterator():
        yield Drift(
            "confirmed_and_not_paid",
            visit.number,
            f"is {visit.status}, {visit.prepayment} was to be paid before, {visit.came} came",
        )


def _trails(model: type[Model], states: type[StrEnum], allowed: dict[Any, frozenset[Any]]) -> Iterator[Drift]:
    """The trail of each row leads from its making, step by allowed step, to its state: one entry for every step."""
    name = model._meta.model_name
    statuses = dict(model._default_manager.order_by().values_list("pk", "status").iterator())
    trail = AuditEntry.objects.filter(object_type=model._meta.db_table, changes__has_key="status")
    rows = trail.order_by("object_id", "id").values_list("object_id", "changes__status").iterator()
    for object_id, entries in groupby(rows, key=lambda row: row[0]):
        status = statuses.pop(int(object_id), None)
        fault = _fault_of_trail([changes for _object_id, changes in entries], status, states, allowed)
        if fault:
            yield Drift("trail_at_odds", f"{name} {object_id}", fault)
    for pk in statuses:
        yield Drift("trail_missing", f"{name} {pk}", "has no audit entry at all")


def _fault_of_trail(
    steps: list[list[str | None]], status: str | None, states: type[StrEnum], allowed: dict[Any, frozenset[Any]]
) -> str:
    """What is wrong with a trail of [before, after] that should end in `status` (None: the row is gone)."""
    now: str | None = None
    for before, after in steps:
        if before != now:
            return f"a step from {before} follows {now}"
        if before is not None and after is not None and states(after) not in allowed[states(before)]:
            return f"a step from {before} to {after} is not allowed"
        now = after
    return "" if now == status else f"ends in {now}, the row says {status}"
