"""A visit's money: a part of the appointment's page, or a page of its own without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import secret_link
from payments.method_words import name_of
from payments.models import Payment, Receipt
from payments.selectors.accounts import account_from, payments_of_visit
from payments.selectors.methods import offers_for
from payments.selectors.policies import policy_of
from payments.stages import Stage, stage_of
from payments.states import EntryKind
from scheduling.models import Appointment
from scheduling.selectors.self_service import Standing, standing_of
from scheduling.views.links import with_appointment

NOT_PAID_FOR = frozenset({Standing.CANCELLED, Standing.EXPIRED, Standing.NO_SHOW, Standing.MOVED})


@dataclass(frozen=True, slots=True)
class Line:
    """A payment, and what the patient can open of it."""

    payment: Payment
    method: str
    stage: Stage
    receipts: list[Receipt]
    credit_notes: list[Receipt]


@secret_link
@require_safe
@with_appointment(moved_to="payments:visit_money")
def visit_money(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """The panel for the appointment's page, or the same as a page."""
    template = "payments/visit/_panel.html" if request.headers.get("HX-Request") else "payments/visit/page.html"
    return render(request, template, panel_of(appointment))


def panel_of(appointment: Appointment) -> dict[str, Any]:
    """What the panel says: the sums, each payment, and whether something can be paid now."""
    payments = list(payments_of_visit(appointment).prefetch_related("refunds", "entries__receipt"))
    account = account_from(appointment, payments)
    standing = standing_of(appointment)
    is_owed = account.due_now > 0 and standing not in NOT_PAID_FOR
    offers = offers_for(appointment, policy=policy_of(appointment.location_id)) if is_owed else []
    return {
        "appointment": appointment,
        "account": account,
        "standing": standing,
        "lines": [_line(payment) for payment in payments],
        "is_owed": is_owed,
        "can_pay": bool(offers),
    }


def _line(payment: Payment) -> Line:
    receipts: dict[str, list[Receipt]] = {EntryKind.CAPTURE: [], EntryKind.REFUND: []}
    for entry in sorted(payment.entries.all(), key=lambda entry: entry.pk):
        if hasattr(entry, "receipt"):
            receipts[entry.kind].append(entry.receipt)
    refunds = sorted(payment.refunds.all(), key=lambda refund: refund.pk)
    return Line(
        payment=payment,
        method=name_of(payment.method),
        stage=stage_of(payment, refunds),
        receipts=receipts[EntryKind.CAPTURE],
        credit_notes=receipts[EntryKind.REFUND],
    )
