"""Payments by transfer, and the files in which banks tell of them."""

from __future__ import annotations

from typing import Any

from payments.models import Payment
from payments.references import in_groups
from payments.services.statements import StatementReport, import_statement
from payments.states import Method
from payments.tests.factories import begin, unpaid
from scheduling.models import Location
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, in_hours

HEADING = "Date,Amount,Currency,Description,Payer,Bank ID"
ACCOUNT = {"account_holder": "Clinic Ltd", "account_number": "GB33BUKB20201555555555"}


def by_transfer(location: Location | None = None, **slot: Any) -> Payment:
    """A payment that waits for a bank transfer."""
    location = location or LocationFactory()
    visit = unpaid(SlotFactory(location=location, starts_at=in_hours(100), **slot), **ACCOUNT)
    return begin(visit, method=Method.BANK_TRANSFER)


def line(payment: Payment | None = None, **said: Any) -> str:
    """A line of a file: that of a payment, unless told otherwise."""
    values = {
        "day": "2026-11-28",
        "amount": payment.amount if payment else "60.00",
        "currency": payment.currency if payment else "GBP",
        "words": in_groups(payment.reference or "") if payment else "",
        "payer": "",
        "bank_id": "",
        **said,
    }
    return ",".join(f'"{value}"' for value in values.values())


def text_of(*lines: str) -> str:
    """A file of these lines."""
    return "\n".join((HEADING, *lines, ""))


def bring_in(location: Location, *lines: str, **more: Any) -> StatementReport:
    """Import a file of these lines."""
    said = {"file_name": "november.csv", "currency": "GBP", "actor": CLINIC, **more}
    return import_statement(text=text_of(*lines), location=location, **said)
