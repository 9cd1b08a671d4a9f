"""The end of a day at the desk: what went over the counter, who took it, and what must be in the drawer."""

from __future__ import annotations

import csv
from datetime import date, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.actors import from_request
from accounts.permissions import staff
from accounts.services.audit_trail import record_export
from payments.rules import locations_with_money
from payments.selectors.desk_cash import Movement, desk_day
from payments.views.desk import StaffRequest
from scheduling.clock import local_date, within_reach
from scheduling.csv_cells import harmless
from scheduling.models import Location
from scheduling.query_values import read_day

COLUMNS = [
    *("time", "what", "method", "amount", "currency", "staff"),
    *("patient", "appointment", "payment", "slip", "receipt"),
]


@staff
@never_cache
@require_safe
def desk_cash(request: StaffRequest, slug: str) -> HttpResponse:
    """The list of a day, today's unless told otherwise; to print and to sign."""
    location = _place(request, slug)
    day = _day(request, location)
    today = local_date(timezone.now(), location.zone)
    context = {
        "location": location,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "desk_day": desk_day(location, day),
    }
    return render(request, "payments/desk/cash.html", context)


@staff
@never_cache
@require_safe
def desk_cash_file(request: StaffRequest, slug: str) -> HttpResponse:
    """The same as CSV; that it was taken, and by whom, is in the audit trail first."""
    location = _place(request, slug)
    day = _day(request, location)
    record_export(actor=from_request(request), objects=[location], what=f"desk cash {day}")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="desk-{location.slug}-{day}.csv"'
    response.write("\ufeff")  # spreadsheets take the file for Latin-1 otherwise
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for one in desk_day(location, day).movements:
        writer.writerow([harmless(cell) for cell in _row(one, location)])
    return response


def _row(one: Movement, location: Location) -> list[object]:
    payment = one.payment
    return [
        f"{one.at.astimezone(location.zone):%Y-%m-%d %H:%M}",
        one.kind.value,
        one.method.value,
        one.signed,
        one.currency,
        str(one.person or ""),
        payment.appointment.patient.full_name,
        payment.appointment.number,
        payment.number,
        payment.proof,
        one.receipt.number if one.receipt else "",
    ]


def _place(request: StaffRequest, slug: str) -> Location:
    location = locations_with_money(request.user).filter(slug=slug).first()
    if location is None:
        raise Http404
    return location


def _day(request: StaffRequest, location: Location) -> date:
    today = local_date(timezone.now(), location.zone)
    day = read_day(request.GET.get("day"))
    return day if day is not None and within_reach(day) == day else today
