"""Importing patients: choose a file, look at what would become of every row, import."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actors import from_request
from accounts.back_office import RECEPTION, staff_page
from scheduling.services.patient_import import ImportReport, RowOutcome, UnreadableFile, import_patients

LARGEST_FILE = 1024 * 1024


class ImportFileForm(forms.Form):
    """The file; its text goes along with the preview, so that exactly what was looked at is imported."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv", "class": "fd-input"}),
        help_text=gettext_lazy(
            "First line: first_name, last_name, date_of_birth, phone, email; gender, language, address, "
            "insurance_provider, insurance_number if you have them. Dates like 1980-05-17."
        ),
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def clean_file(self) -> str:
        """The text of the file."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is too large: at most 1 MB."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("Save the file as CSV in UTF-8 and try again.")) from error


@staff_page(roles=RECEPTION)
def import_page(request: HttpRequest) -> HttpResponseBase:
    """The form; with a file, what would happen; with `import`, what happened."""
    form = ImportFileForm(request.POST or None, request.FILES or None)
    report: ImportReport | None = None
    text = ""
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["file"] or form.cleaned_data["text"]
        wanted = "import" in request.POST and not form.cleaned_data["file"]
        try:
            report = import_patients(text=text, actor=from_request(request), dry_run=not wanted)
        except UnreadableFile as refusal:
            form.add_error("file", str(refusal))
        else:
            if wanted:
                made = report.count(RowOutcome.NEW)
                messages.success(request, ngettext("%(n)s patient added.", "%(n)s patients added.", made) % {"n": made})
                return redirect("admin:scheduling_patient_changelist")
    context = {
        **admin.site.each_context(request),
        "title": _("Import patients"),
        "form": ImportFileForm(initial={"text": text}) if report else form,
        "report": report,
        "counts": [(outcome.label, report.count(outcome)) for outcome in RowOutcome] if report else [],
        "new": report.count(RowOutcome.NEW) if report else 0,
    }
    return TemplateResponse(request, "admin/scheduling/import_patients.html", context)
