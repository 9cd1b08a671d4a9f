"""Reports for staff: a page of tables in plain words, and the same figures as CSV."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.actors import from_request
from accounts.permissions import staff
from accounts.services.audit_trail import record_export
from queueing import rules
from queueing.forms.reports import report_form
from queueing.reports import FEWEST, Asked, queue_report, visit_report
from queueing.reports.tables import TABLES
from queueing.views.desk_place import StaffRequest
from scheduling.csv_cells import harmless


@staff
@never_cache
@require_safe
def reports(request: StaffRequest) -> HttpResponse:
    """The figures of the days that are asked for: the last thirty, unless told. What makes no sense is said."""
    form = _form(request)
    if not form.is_valid():
        return render(request, "queueing/reports/page.html", {"form": form}, status=400)
    asked: Asked = form.asked
    form.data = form.data | {"from": asked.first.isoformat(), "until": asked.last.isoformat()}  # which days are shown
    report = queue_report(asked, request.user)
    context = {
        "form": form,
        "asked": asked,
        "report": report,
        "busiest": max((row.flow.arrived for row in report.by_hour), default=0),
        "longest": max((row.waits.median or 0 for row in report.by_doctor), default=0),
        "fewest": FEWEST,
        "visits": visit_report(asked, request.user),
        "files": TABLES.values(),
        "query": _query(asked),
    }
    return render(request, "queueing/reports/page.html", context)


@staff
@never_cache
@require_safe
def report_file(request: StaffRequest, name: str) -> HttpResponse:
    """One table as CSV; that it was taken, and by whom, is in the audit trail first."""
    table, form = TABLES.get(name), _form(request)
    if table is None:
        raise Http404
    if not form.is_valid():
        return render(request, "queueing/reports/page.html", {"form": form}, status=400)
    asked: Asked = form.asked
    places = rules.locations_with_desk(request.user)
    if asked.location_id is not None:
        places = places.filter(pk=asked.location_id)
    record_export(actor=from_request(request), objects=places, what=f"report {name} {asked.first} {asked.last}")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{asked.first}-{asked.last}.csv"'
    response.write("\ufeff")  # spreadsheets take the file for Latin-1 otherwise
    writer = csv.writer(response)
    writer.writerow([str(column) for column in table.columns])
    writer.writerows([harmless(cell) for cell in row] for row in table.rows(asked, request.user))
    return response


def _form(request: StaffRequest) -> Any:
    if not rules.works_the_queue(request.user):
        raise PermissionDenied
    return report_form(request.GET, user=request.user)


def _query(asked: Asked) -> str:
    """The same question, for the addresses of the files."""
    said = {"from": asked.first, "until": asked.last, "location": asked.location_id, "doctor": asked.doctor_id}
    return urlencode({name: value for name, value in said.items() if value is not None})
