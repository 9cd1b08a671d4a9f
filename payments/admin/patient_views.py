"""Everything a patient paid: the one page that answers what, when, how, what went back and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from accounts.actors import from_request
from accounts.back_office import RECEPTION, roles_of, staff_page
from accounts.services.audit_trail import record_view
from payments.admin.columns import moment_text
from payments.admin.patient_lines import lines_of
from payments.admin.payment_actions import MARKED_BY_HAND, left_of
from payments.models import Payment
from payments.selectors.patient_money import VisitMoney, money_of_patient
from payments.states import CAPTURED, HOSTED
from scheduling.admin.columns import on_the_clock
from scheduling.admin.scope import narrowed
from scheduling.admin.search import read_key
from scheduling.models import Patient


@staff_page()
def patient(request: HttpRequest, patient_id: int) -> HttpResponse:
    """All visits of a patient that this person sees, each with its money in words. That somebody looked is kept."""
    person = get_object_or_404(narrowed(Patient.objects.all(), request.user), pk=patient_id)
    record_view(actor=from_request(request), obj=person)
    page = max(1, min(read_key(request.GET.get("page")) or 1, 1000))
    money = money_of_patient(person, user=request.user, page=page)
    handles = bool(RECEPTION & roles_of(request.user))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Money of %(patient)s") % {"patient": person.full_name},
        "patient": person,
        "sums": money.sums,
        "visits": [_shown(one, money.readable, handles=handles) for one in money.visits],
        "page": page,
        "next_page": page + 1 if money.has_more else None,
        "previous_page": page - 1 if page > 1 else None,
    }
    return TemplateResponse(request, "admin/payments/patient.html", context)


def _shown(money: VisitMoney, readable: frozenset[int], *, handles: bool) -> dict[str, Any]:
    visit = money.visit
    return {
        "visit": visit,
        "when": on_the_clock(visit.starts_at, visit.location),
        "account": money.account,
        "lines": [
            {
                "line": line,
                "when": moment_text(line.at, visit.location),
                "opens": line.payment is not None and line.payment.pk in readable,
            }
            for line in lines_of(money)
        ],
        "may_take": handles and money.account.takeable > 0,
        "buttons": [
            button for payment in money.payments if handles and payment.pk in readable for button in _buttons(payment)
        ],
    }


def _buttons(payment: Payment) -> list[dict[str, Any]]:
    """What staff may do with a payment from here; each asks first."""
    names = {"payment": payment}
    if payment.status in CAPTURED:
        if left_of(payment) <= 0:
            return []
        return [{**names, "action": "refund", "title": _("Pay back %(number)s") % {"number": payment.number}}]
    if payment.provider in MARKED_BY_HAND:
        return [{**names, "action": "mark_paid", "title": _("Mark %(number)s as paid") % {"number": payment.number}}]
    if payment.provider in HOSTED:
        return [{**names, "action": "ask_provider", "title": _("Ask about %(number)s") % {"number": payment.number}}]
    return []
