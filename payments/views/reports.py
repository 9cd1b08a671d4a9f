"""Money of many days for staff: a page of tables in plain words, and the ledger as a file for accounting."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.actors import from_request
from accounts.models import User
from accounts.permissions import staff
from accounts.services.audit_trail import record_export
from payments import rules
from payments.forms.reports import report_form
from payments.reports import Asked, debts_of, revenue_report
from payments.reports.ledger_file import COLUMNS, ledger_rows
from scheduling.csv_cells import harmless


class StaffRequest(HttpRequest):
    """What `staff` lets through: a request of somebody who works here."""

    user: User


@staff
@never_cache
@require_safe
def revenue(request: StaffRequest) -> HttpResponse:
    """The money of the days that are asked for: the last thirty, unless told. What makes no sense is said."""
    form = _form(request)
    if not form.is_valid():
        return render(request, "payments/reports/page.html", {"form": form}, status=400)
    asked: Asked = form.asked
    form.data = form.data | {"from": asked.first.isoformat(), "until": asked.last.isoformat()}  # which days are shown
    context = {
        "form": form,
        "asked": asked,
        "report": revenue_report(asked, request.user),
        "debts": debts_of(asked, request.user),
        "takes_books_out": rules.handles_money(request.user),
        "query": _query(asked),
    }
    return render(request, "payments/reports/page.html", context)


@staff
@never_cache
@require_safe
def ledger_file(request: StaffRequest) -> HttpResponse:
    """The ledger of these days as CSV; that it was taken, and by whom, is in the audit trail first."""
    if not rules.handles_money(request.user):
        raise PermissionDenied
    form = _form(request)
    if not form.is_valid():
        return render(request, "payments/reports/page.html", {"form": form}, status=400)
    asked: Asked = form.asked
    places = rules.locations_with_money(request.user)
    if asked.location_id is not None:
        places = places.filter(pk=asked.location_id)
    record_export(actor=from_request(request), objects=places, what=f"ledger {asked.first} {asked.last}")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="ledger-{asked.first}-{asked.last}.csv"'
    response.write("\ufeff")  # spreadsheets take the file for Latin-1 otherwise
    writer = csv.writer(response)
    writer.writerow([str(column) for column in COLUMNS])
    writer.writerows([harmless(cell) for cell in row] for row in ledger_rows(asked, request.user))
    return response


def _form(request: StaffRequest) -> Any:
    if not rules.reads_revenue(request.user):
        raise PermissionDenied
    return report_form(request.GET, user=request.user)


def _query(asked: Asked) -> str:
    """The same question, for the address of the file."""
    said = {"from": asked.first, "until": asked.last, "location": asked.location_id, "doctor": asked.doctor_id}
    return urlencode({name: value for name, value in said.items() if value is not None})
