"""Receipts behind the secret link of a visit: to read, to print, to keep."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import secret_link
from payments.models import Receipt
from payments.receipt_file import file_name
from payments.receipt_file import receipt_file as file_of
from payments.receipt_words import language_of, sheet_of
from payments.selectors.receipts import receipts_about
from scheduling.models import Appointment
from scheduling.views.links import with_appointment


@secret_link
@require_safe
@with_appointment(moved_to="payments:receipt")
def receipt(request: HttpRequest, appointment: Appointment, receipt_id: int) -> HttpResponse:
    """A receipt of the visit in the patient's language, or with `?language=es` in another."""
    found = _of_visit(appointment, receipt_id)
    sheet = sheet_of(found, language=_wanted(request, found))
    context = {"appointment": appointment, "receipt": found, "sheet": sheet, "languages": settings.LANGUAGES}
    return render(request, "payments/receipt/page.html", context)


@secret_link
@require_safe
@with_appointment(moved_to="payments:receipt_file")
def receipt_file(request: HttpRequest, appointment: Appointment, receipt_id: int) -> HttpResponse:
    """The same as a file."""
    found = _of_visit(appointment, receipt_id)
    response = HttpResponse(file_of(found, language=_wanted(request, found)), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(found)}"'
    return response


def _of_visit(appointment: Appointment, receipt_id: int) -> Receipt:
    found = receipts_about(appointment).filter(pk=receipt_id).first()
    if found is None:
        raise Http404
    return found


def _wanted(request: HttpRequest, found: Receipt) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else language_of(found)
