"""Receipts for staff, to print at the desk: without the patient's secret in the address."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.permissions import staff
from payments.models import Receipt
from payments.receipt_file import file_name, receipt_file
from payments.receipt_words import language_of, sheet_of
from payments.rules import money_scope
from payments.selectors.receipts import with_everything
from payments.views.desk import StaffRequest


@staff
@never_cache
@require_safe
def desk_receipt(request: StaffRequest, receipt_id: int) -> HttpResponse:
    """A receipt in the patient's language, or with `?language=es` in another."""
    found = _visible(request, receipt_id)
    sheet = sheet_of(found, language=_wanted(request, found))
    context = {
        "visit": found.entry.payment.appointment,
        "receipt": found,
        "sheet": sheet,
        "languages": settings.LANGUAGES,
    }
    return render(request, "payments/desk/receipt.html", context)


@staff
@never_cache
@require_safe
def desk_receipt_file(request: StaffRequest, receipt_id: int) -> HttpResponse:
    """The same as a file."""
    found = _visible(request, receipt_id)
    response = HttpResponse(receipt_file(found, language=_wanted(request, found)), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(found)}"'
    return response


def _visible(request: StaffRequest, receipt_id: int) -> Receipt:
    scope = money_scope(request.user, doctor="entry__payment__appointment__doctor")
    found = with_everything().filter(scope, pk=receipt_id).first()
    if found is None:
        raise Http404
    return found


def _wanted(request: StaffRequest, found: Receipt) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else language_of(found)
