"""The ledger as accountants want it: every entry with its receipt, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.models import LedgerEntry
from payments.reports.asked import Asked
from payments.states import EntryKind
from scheduling.rules import Visitor

COLUMNS = (
    _("Receipt"),
    _("Date"),
    _("Time"),
    _("Location"),
    _("Doctor"),
    _("Appointment"),
    _("Payment"),
    _("What"),
    _("Reason"),
    _("Method"),
    _("Provider"),
    _("Reference"),
    _("Amount"),
    _("Currency"),
)
AT_ONCE = 2000


def ledger_rows(asked: Asked, user: Visitor) -> Iterator[tuple[Any, ...]]:
    """Every entry of these days that the visitor may see, the oldest first, in one query; what went back is below zero.
    It names no patient."""
    entries = asked.entries(user).order_by("at", "pk")
    entries = entries.select_related("receipt__location", "refund", "payment__location", "payment__appointment__doctor")
    for entry in entries.iterator(chunk_size=AT_ONCE):
        yield _row(entry)


def _row(entry: LedgerEntry) -> tuple[Any, ...]:
    payment, refund = entry.payment, entry.refund
    receipt = getattr(entry, "receipt", None)
    local = entry.at.astimezone(payment.location.zone)
    return (
        receipt.number if receipt else "",
        local.date().isoformat(),
        f"{local:%H:%M}",
        payment.location.name,
        payment.appointment.doctor.name,
        payment.appointment.number,
        payment.number,
        entry.get_kind_display(),
        refund.get_reason_display() if refund else "",
        payment.get_method_display(),
        payment.get_provider_display(),
        payment.reference or payment.provider_reference,
        entry.amount if entry.kind == EntryKind.CAPTURE else -entry.amount,
        entry.currency,
    )
