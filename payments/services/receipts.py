"""Numbering receipts without gaps.

The counter of a location and year moves in the transaction that writes the receipt, and is locked from there to its
commit: late, so that nobody waits long, and nobody ever sees a number that is not used.
"""

from __future__ import annotations

from django.db.models import F

from payments.models import LedgerEntry, Payment, Receipt, ReceiptCounter
from scheduling.clock import local_date
from scheduling.models import Appointment


def issue_receipt(*, entry: LedgerEntry, payment: Payment, visit: Appointment) -> Receipt:
    """Write the receipt of a ledger entry, with the words that hold now. Call inside a transaction, as its last step
    but for what needs no lock."""
    location = payment.location
    year = local_date(entry.at, location.zone).year
    return Receipt.objects.create(
        entry=entry,
        location=location,
        year=year,
        sequence=_next_number(location.pk, year),
        issued_at=entry.at,
        clinic=location.name,
        clinic_address=location.address,
        payer=visit.patient.full_name,
        doctor=visit.doctor.name,
        visit_number=visit.number,
        visit_at=visit.starts_at or visit.created_at,
        fee=visit.fee,
    )


def _next_number(location_id: int, year: int) -> int:
    ReceiptCounter.objects.bulk_create([ReceiptCounter(location_id=location_id, year=year)], ignore_conflicts=True)
    counter = ReceiptCounter.objects.filter(location_id=location_id, year=year)
    counter.update(last=F("last") + 1)
    return counter.values_list("last", flat=True).get()
