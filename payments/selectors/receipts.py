"""The receipts of a visit, and what had come and gone of its money when each was written."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from django.db.models import Case, F, QuerySet, Sum, When

from payments.models import LedgerEntry, Payment, Receipt, Refund
from payments.money import ZERO
from payments.states import EntryKind
from scheduling.models import Appointment


class Balance(NamedTuple):
    """What the clinic had kept of a visit's money before an entry of the ledger, and after it."""

    before: Decimal
    after: Decimal


def with_everything() -> QuerySet[Receipt]:
    """Receipts with all that stands on them, in one query."""
    return Receipt.objects.select_related("location", "entry__payment__appointment__patient", "entry__refund")


def receipts_about(appointment: Appointment) -> QuerySet[Receipt]:
    """The receipts and credit notes of a visit, the first one first; a visit that moved keeps them."""
    visit = appointment.calendar_uid
    return with_everything().filter(entry__payment__appointment__calendar_uid=visit).order_by("issued_at", "pk")


def receipt_of(payment: Payment) -> Receipt | None:
    """The receipt of a payment that has come."""
    return with_everything().filter(entry__payment=payment, entry__kind=EntryKind.CAPTURE).first()


def credit_note_of(refund: Refund) -> Receipt | None:
    """The credit note of a refund that has gone out."""
    return with_everything().filter(entry__refund=refund).first()


def balance_at(entry: LedgerEntry) -> Balance:
    """Reckoned from the ledger up to that entry, so that a receipt says the same whenever it is read."""
    visit = entry.payment.appointment.calendar_uid
    earlier = LedgerEntry.objects.filter(payment__appointment__calendar_uid=visit, pk__lt=entry.pk)
    signed = Case(When(kind=EntryKind.CAPTURE, then=F("amount")), default=-F("amount"))
    before = earlier.order_by().aggregate(kept=Sum(signed))["kept"] or ZERO
    change = entry.amount if entry.kind == EntryKind.CAPTURE else -entry.amount
    return Balance(before, before + change)
