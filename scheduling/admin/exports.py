"""Taking lists out of the back office as CSV: permissioned, recorded, and safe to open in a spreadsheet."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from import_export import fields, resources
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV

from accounts.actors import from_request
from accounts.back_office import RECEPTION, ExportForm, roles_of
from accounts.services.audit_trail import record_export
from scheduling.admin.columns import on_the_clock
from scheduling.csv_cells import harmless
from scheduling.models import Appointment, Patient


class HarmlessResource(resources.ModelResource):
    """Columns whose values a spreadsheet only shows."""

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> Any:
        """One value, made harmless."""
        return harmless(super().export_field(field, instance, **kwargs))


class PatientResource(HarmlessResource):
    """Patients as `import_patients` reads them, with their number in front."""

    number = fields.Field(attribute="number", column_name="number", readonly=True)

    class Meta:
        model = Patient
        fields = (
            "number",
            "first_name",
            "last_name",
            "date_of_birth",
            "gender",
            "phone",
            "email",
            "address",
            "insurance_provider",
            "insurance_number",
            "language",
        )
        export_order = fields


class AppointmentResource(HarmlessResource):
    """Visits: who, with whom, when; no medical words, no secrets."""

    number = fields.Field(attribute="number", column_name="number", readonly=True)
    patient = fields.Field(attribute="patient__full_name", column_name="patient", readonly=True)
    patient_number = fields.Field(attribute="patient__number", column_name="patient_number", readonly=True)
    doctor = fields.Field(attribute="doctor__name", column_name="doctor", readonly=True)
    location = fields.Field(attribute="location__name", column_name="location", readonly=True)
    when = fields.Field(column_name="when", readonly=True)

    class Meta:
        model = Appointment
        fields = (
            "number",
            "status",
            "when",
            "patient",
            "patient_number",
            "doctor",
            "location",
            "type",
            "urgency",
            "source",
            "fee",
            "currency",
        )
        export_order = fields

    def dehydrate_when(self, appointment: Appointment) -> str:
        """In the clock of the location."""
        return on_the_clock(appointment.starts_at, appointment.location)


class CsvExport(ExportMixin):
    """An “Export” button for reception and managers; what the list shows (its filters, one's locations) goes out."""

    formats = [CSV]
    export_form_class = ExportForm
    import_export_change_list_template = "admin/scheduling/export_list.html"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Reception and managers."""
        return bool(RECEPTION & roles_of(request.user))

    def get_valid_export_item_pks(self, request: HttpRequest) -> Any:
        """Those of one's own list: what somebody may not see cannot be asked for, nor whether it exists."""
        return self.get_queryset(request).values_list("pk", flat=True)

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        """The file; that each record was taken, and by whom, is in the audit trail first."""
        record_export(actor=from_request(request), objects=queryset, what=_named(queryset, request))
        return super().get_export_data(file_format, request, queryset, **kwargs)


def _named(queryset: Any, request: HttpRequest) -> str:
    """The list, and by what it was narrowed; not to what: a name somebody searched for could never be erased."""
    narrowed_by = ", ".join(sorted(request.GET))
    return f"{queryset.model._meta.verbose_name_plural} ({narrowed_by or 'all'})"[:300]


class PatientExport(CsvExport):
    """Patients as CSV."""

    resource_classes = [PatientResource]


class AppointmentExport(CsvExport):
    """Visits as CSV."""

    resource_classes = [AppointmentResource]
