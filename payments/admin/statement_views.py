"""Statements in the back office: choose a file, look at what would become of it, import; decide about what is left."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.actors import from_request
from accounts.back_office import RECEPTION, SelectWidget, staff_page
from accounts.errors import DomainError
from payments.errors import PaymentUnknown, StatementUnreadable
from payments.models import StatementLine
from payments.rules import locations_with_money
from payments.selectors.statements import (
    Match,
    currencies_in_use,
    match_lines,
    open_by_location,
    open_lines,
    payment_said,
    usual_currency,
)
from payments.services.statements import StatementReport, import_statement, resolve_line
from payments.statement_cells import DayOrder
from payments.statement_file import decode
from payments.states import LineStatus, LineWhy
from scheduling.models import Location

PER_PAGE = 25
MOST_SHOWN = 200
"""So many rows of each kind are shown of a long file; all are counted."""


class StatementForm(forms.Form):
    """The file; its text goes along with the preview, so that exactly what was looked at is imported."""

    location = forms.ModelChoiceField(
        label=gettext_lazy("Location"), queryset=Location.objects.none(), widget=SelectWidget, empty_label=None
    )
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv", "class": "fd-input"}),
        help_text=gettext_lazy(
            "As the bank or the UPI provider gives it, with a line of names: date, amount or credit and debit; "
            "currency, description or narration, payer and the bank’s number if it has them."
        ),
    )
    order = forms.ChoiceField(
        label=gettext_lazy("Days like 03/04/2026"),
        required=False,
        choices=[("", gettext_lazy("As the file shows by itself")), *DayOrder.choices],
        widget=SelectWidget,
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency of rows that name none"),
        required=False,
        widget=SelectWidget,  # no field of text: the framework writes the name of a chosen file into the first it finds
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    file_name = forms.CharField(required=False, widget=forms.HiddenInput, max_length=500)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        location: Any = self.fields["location"]
        location.queryset = locations_with_money(user).order_by("name", "pk")
        currency: Any = self.fields["currency"]
        usual = _("That of the location’s doctors")
        currency.choices = [("", usual), *((code, code) for code in currencies_in_use())]

    def clean_file(self) -> str:
        """The text of the file."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        self.chosen = str(file.name)
        try:
            return decode(file.read())
        except StatementUnreadable as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean(self) -> dict[str, Any]:
        """A file that was chosen wins over the one that was looked at before."""
        said = super().clean() or {}
        if said.get("file"):
            said["text"], said["file_name"] = said["file"], self.chosen
        if not said.get("text") and "file" not in self.errors:
            self.add_error("file", _("Choose a file."))
        return said


@staff_page(roles=RECEPTION)
def import_page(request: HttpRequest) -> HttpResponseBase:
    """The form; with a file, what would become of it; with `import`, what became of it."""
    form = StatementForm(request.POST or None, request.FILES or None, user=request.user)
    report: StatementReport | None = None
    wanted = False
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        wanted = "import" in request.POST and not said["file"]
        # What was read goes along in the page; a file cannot be filled in again.
        form = StatementForm(
            {**request.POST.dict(), "text": said["text"], "file_name": said["file_name"]}, user=request.user
        )
        form.full_clean()
        try:
            report = import_statement(
                text=said["text"],
                location=said["location"],
                file_name=said["file_name"],
                currency=said["currency"] or usual_currency(said["location"]),
                order=DayOrder(said["order"]) if said["order"] else None,
                actor=from_request(request),
                dry_run=not wanted,
            )
        except StatementUnreadable as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else "file", str(refusal))
    context = {
        **admin.site.each_context(request),
        "title": _("Import a statement"),
        "form": StatementForm(user=request.user) if report and wanted else form,
        "report": report,
        "is_done": wanted,
        **(_told(report) if report else {}),
    }
    return TemplateResponse(request, "admin/payments/import_statement.html", context)


def _told(report: StatementReport) -> dict[str, Any]:
    """The counts, and the rows by what became of them."""
    kinds = [LineStatus.MATCHED, LineStatus.NEAR, LineStatus.UNMATCHED, LineStatus.KNOWN]
    new = sum(report.count(kind) for kind in kinds[:3])
    return {
        "counts": [(kind.label, report.count(kind)) for kind in kinds],
        "new": new,
        "kinds": [
            (kind.label, [line for line in report.lines if line.status == kind][:MOST_SHOWN], report.count(kind))
            for kind in kinds[:3]
        ],
        "errors": report.errors[:MOST_SHOWN],
    }


@staff_page(roles=RECEPTION)
def lines_page(request: HttpRequest) -> HttpResponseBase:
    """The lines of a place that are still open, each with the payments it may be for."""
    places = open_by_location(locations_with_money(request.user))
    location = _chosen(request, places)
    page, offered = None, []
    if location is not None:
        page = Paginator(open_lines(location), PER_PAGE).get_page(request.GET.get("page"))
        lines = list(page.object_list)
        offered = list(zip(lines, match_lines(lines, location), strict=True))
    context = {
        **admin.site.each_context(request),
        "title": _("Open lines of statements"),
        "places": places,
        "location": location,
        "page": page,
        "offered": [(line, _why(match), match.payments) for line, match in offered],
    }
    return TemplateResponse(request, "admin/payments/statement_lines.html", context)


@staff_page(roles=RECEPTION)
@require_POST
def resolve(request: HttpRequest, line_id: int) -> HttpResponse:
    """Book a line on a payment, or set it aside."""
    mine = StatementLine.objects.filter(location__in=locations_with_money(request.user).values("pk"))
    line = get_object_or_404(mine.select_related("location"), pk=line_id)
    try:
        resolved = resolve_line(line_id=line.pk, payment_id=_payment_id(request, line), actor=from_request(request))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        if resolved.payment is None:
            messages.success(request, _("The line is set aside."))
        else:
            messages.success(request, _("Booked on %(payment)s.") % {"payment": resolved.payment.number})
    return redirect(f"{reverse('payments_admin:statement_lines')}?location={line.location_id}")


def _payment_id(request: HttpRequest, line: StatementLine) -> int | None:
    """The payment that was pressed or named; None to set the line aside. Raises PaymentUnknown."""
    if "aside" in request.POST:
        return None
    pressed = request.POST.get("payment", "")
    if pressed.isascii() and pressed.isdecimal() and len(pressed) <= 18:
        return int(pressed)
    found = payment_said(request.POST.get("said", "")[:100], line.location)
    if found is None:
        raise PaymentUnknown
    return found.pk


def _chosen(request: HttpRequest, places: list[tuple[Location, int]]) -> Location | None:
    """The place that was asked for, else the first where something waits."""
    asked = [place for place, _many in places if str(place.pk) == request.GET.get("location")]
    waiting = [place for place, many in places if many]
    return next(iter([*asked, *waiting, *(place for place, _many in places)]), None)


def _why(match: Match) -> str:
    """As it is now: since the line came, payments may have been begun or paid."""
    return str(LineWhy(match.why).label) if match.why else _("It fits by now")
