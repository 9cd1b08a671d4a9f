"""Patients in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import (
    EVERYBODY,
    RECEPTION,
    BackOfficeForm,
    BackOfficeInline,
    ChoicesDropdownFilter,
    RangeDateFilter,
    display,
)
from accounts.history import steps_of
from accounts.services.audit_trail import record_view
from scheduling.admin.columns import on_the_clock
from scheduling.admin.date_filter import DayFilter
from scheduling.admin.exports import PatientExport
from scheduling.admin.scope import ClinicAdmin, narrowed
from scheduling.admin.search import PatientSearch
from scheduling.models import Appointment, Patient
from scheduling.services.patients import CHANGEABLE, PatientDetails, register_patient, update_patient

NEWEST_VISITS = 20


class VisitInline(BackOfficeInline):
    """The patient's newest visits, to look at."""

    model = Appointment
    fk_name = "patient"
    verbose_name_plural = _("newest visits")
    fields = readonly_fields = ["reference", "when", "doctor", "location", "state"]
    can_delete = False
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        """Those that the person may see, newest first."""
        visits = narrowed(super().get_queryset(request), request.user).select_related("doctor", "location")
        key = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        newest = narrowed(Appointment.objects.filter(patient=key), request.user).order_by("-starts_at", "-pk")
        return visits.filter(pk__in=list(newest.values_list("pk", flat=True)[:NEWEST_VISITS]))

    @display(description=_("reference"))
    def reference(self, visit: Appointment) -> SafeString:
        """The way to the visit."""
        link = reverse("admin:scheduling_appointment_change", args=[visit.pk])
        return format_html('<a class="fd-link" href="{}">{}</a>', link, visit.number)

    @display(description=_("when"))
    def when(self, visit: Appointment) -> str:
        """In the clock of its location."""
        return on_the_clock(visit.starts_at, visit.location)

    @display(description=_("status"))
    def state(self, visit: Appointment) -> str:
        """In words."""
        return visit.get_status_display()


class PatientForm(BackOfficeForm):
    """A record. That somebody is registered already is for the service to find out: it opens the record."""

    def _post_clean(self) -> None:
        """As every form, without asking the database's constraints first."""
        self.instance.validate_constraints = lambda exclude=None: None  # noqa: ARG005
        super()._post_clean()  # type: ignore[misc]


@admin.register(Patient)
class PatientAdmin(PatientExport, PatientSearch, ClinicAdmin):
    """Records of patients. Who looks at one is written down; none is deleted here (`manage.py erase_patient`)."""

    form = PatientForm
    viewers, adders, changers = EVERYBODY, RECEPTION, EVERYBODY
    list_display = ["full_name", "number", "date_of_birth", "phone", "email", "created_at"]
    list_display_links = ["full_name"]
    list_filter = [
        ("gender", ChoicesDropdownFilter),
        ("created_at", DayFilter),
        ("date_of_birth", RangeDateFilter),
    ]
    search_fields = ["last_name", "first_name", "email"]
    search_help_text = _("Number (PAT-000042), name, e-mail address, or phone, however it is spelled")
    change_form_template = "admin/scheduling/patient_form.html"
    import_export_change_list_template = "admin/scheduling/patient_list.html"
    readonly_fields = ["number", "looked_after_by", "created_at"]
    fieldsets = [
        (None, {"fields": [("first_name", "last_name"), ("date_of_birth", "gender"), ("number", "created_at")]}),
        (_("Contact"), {"fields": [("phone", "email"), "address", ("language", "looked_after_by")]}),
        (_("Emergency contact"), {"fields": [("emergency_contact_name", "emergency_contact_phone")]}),
        (_("Insurance"), {"fields": [("insurance_provider", "insurance_number")]}),
        (_("Medical history"), {"fields": ["medical_history"]}),
        (_("Messages"), {"fields": [("wants_email", "wants_sms"), ("wants_push", "wants_call")]}),
    ]
    inlines = [VisitInline]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Visits, once there is a record."""
        return [VisitInline] if obj else []

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The record, with its history; that somebody looked is written down."""
        patient = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if patient is not None and request.method == "GET":
            record_view(actor=from_request(request), obj=patient)
        if patient is not None:
            context |= {
                "steps": steps_of(patient),
                "book_link": f"{reverse('scheduling_admin:book')}?patient={patient.pk}",
            }
            context["may_book"] = self.has_role(request, RECEPTION)
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        """Through the services: a new patient is never a second record of a known one."""
        actor = from_request(request)
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data if name in CHANGEABLE}
            if changes:
                update_patient(patient_id=obj.pk, changes=changes, actor=actor)
            return
        typed = {name: value for name, value in form.cleaned_data.items() if name in CHANGEABLE}
        details = {name: typed.pop(name) for name in PatientDetails.__dataclass_fields__ if name in typed}
        details["phone"] = str(details.get("phone") or "")
        began = timezone.now()
        patient = register_patient(details=PatientDetails(**details), user=None, actor=actor)
        if patient.created_at >= began:
            update_patient(patient_id=patient.pk, changes=typed, actor=actor)
        else:
            request.known_patient = True  # type: ignore[attr-defined]
            messages.warning(
                request,
                _("%(name)s was registered before as %(number)s. Nothing was changed on that record.")
                % {"name": patient.full_name, "number": patient.number},
            )
        obj.pk = patient.pk
        obj.created_at = patient.created_at

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Django's own “was added” is not true of a record that was there before."""
        if not getattr(request, "known_patient", False):
            super().message_user(request, message, *args, **kwargs)

    @display(description=_("name"), ordering="last_name")
    def full_name(self, patient: Patient) -> str:
        """First and last."""
        return patient.full_name

    @display(description=_("number"), ordering="pk")
    def number(self, patient: Patient) -> str:
        """What people read out."""
        return patient.number if patient.pk else "-"

    @display(description=_("looked after by"))
    def looked_after_by(self, patient: Patient) -> str:
        """Whose account the patient belongs to."""
        return str(patient.user or "-")
