"""Appointments and holds in the back office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import (
    EVERYBODY,
    RECEPTION,
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    display,
    phone_digits,
)
from accounts.history import steps_of
from accounts.services.audit_trail import record_view
from scheduling.admin.appointment_actions import AppointmentActions
from scheduling.admin.columns import STATUS_COLOURS, on_the_clock
from scheduling.admin.date_filter import DayFilter, QuickDates
from scheduling.admin.exports import AppointmentExport
from scheduling.admin.scope import ClinicAdmin
from scheduling.admin.search import PatientSearch
from scheduling.models import Appointment, Hold
from scheduling.selectors.search import REFERENCE_DIGITS, appointment_key
from scheduling.states import UPCOMING, AppointmentStatus


@admin.register(Appointment)
class AppointmentAdmin(AppointmentExport, AppointmentActions, QuickDates, PatientSearch, ClinicAdmin):
    """Visits. The status is shown and changed by actions only; what was booked is never deleted."""

    viewers, changers = EVERYBODY, EVERYBODY
    change_form_template = "admin/scheduling/appointment_form.html"
    patient_path = "patient__"
    quick_dates = "starts_at"
    list_display = ["number", "when", "patient_name", "doctor", "location", "state", "urgency", "type"]
    list_display_links = ["number"]
    list_filter = [
        ("starts_at", DayFilter),
        ("status", ChoicesDropdownFilter),
        ("doctor", AutocompleteSelectFilter),
        ("location", AutocompleteSelectFilter),
        ("type", ChoicesDropdownFilter),
        ("urgency", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
    ]
    search_fields = ["patient__last_name", "patient__first_name", "patient__email"]
    search_help_text = _("Reference (APT-2026-000123), patient's number, name, phone or e-mail address")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "status_text"),
                    ("patient_link", "contact"),
                    ("doctor", "location"),
                    ("when", "type"),
                ]
            },
        ),
        (
            _("The visit"),
            {"fields": ["reason", "symptoms", ("urgency", "meeting_link"), "special_requirements", "notes"]},
        ),
        (
            _("How it came about"),
            {
                "fields": [
                    ("source", "booked_by"),
                    ("created_at", "expires_at"),
                    ("fee_text", "prepayment_text"),
                    "attendance_confirmed_at",
                ]
            },
        ),
    ]
    editable = ("urgency", "meeting_link", "special_requirements", "notes")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reception and managers book; see `add_view`."""
        return self.has_role(request, RECEPTION)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All but a few remarks: the rest is changed by what the buttons do."""
        fieldsets: Any = self.fieldsets
        named = [name for _title, part in fieldsets for line in part["fields"] for name in _flat(line)]
        return [name for name in named if name not in self.editable]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        """With what a row needs; beside the list, not joined to it: the newest come by the index on their time."""
        return super().get_queryset(request).prefetch_related("patient", "doctor", "location")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """Chosen days from morning to evening; everything from the newest."""
        if "starts_at_from" in request.GET:
            return ["starts_at", "pk"]
        return super().get_ordering(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Appointment], search_term: str
    ) -> tuple[QuerySet[Appointment], bool]:
        """By reference too; its digits alone may be those of a phone as well."""
        key = appointment_key(search_term)
        if key is not None:
            return queryset.filter(pk=key), False
        digits = search_term.strip()
        if digits.isdecimal() and len(digits) <= REFERENCE_DIGITS:
            phones = Q(patient__phone__contains=phone_digits(digits)) if phone_digits(digits) else Q()
            return queryset.filter(Q(pk=int(digits)) | phones), False
        return super().get_search_results(request, queryset, search_term)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        """Booking takes a free slot and a patient: it has pages of its own."""
        return redirect("scheduling_admin:book")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The appointment with the buttons that its state allows, its moves and its history."""
        appointment = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if appointment is not None and request.method == "GET":
            record_view(actor=from_request(request), obj=appointment)  # it says why somebody comes
        if appointment is not None:
            context |= {
                "buttons": self.buttons_for(request, appointment),
                "may_move": self.has_role(request, RECEPTION) and appointment.status in UPCOMING,
                "may_follow_up": self.has_role(request, RECEPTION)
                and appointment.status in {AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED},
                "moves": moves_of(appointment),
                "steps": steps_of(appointment),
            }
        return super().change_view(request, object_id, form_url, context)

    @display(description=_("reference"), ordering="pk")
    def number(self, appointment: Appointment) -> SafeString:
        """What people read out, in one line."""
        return format_html('<span class="fd-one-line">{}</span>', appointment.number)

    @display(description=_("when"), ordering="starts_at")
    def when(self, appointment: Appointment) -> str:
        """In the clock of its location."""
        return on_the_clock(appointment.starts_at, appointment.location)

    @display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, appointment: Appointment) -> str:
        """Who comes."""
        return appointment.patient.full_name

    @display(description=_("patient"))
    def patient_link(self, appointment: Appointment) -> SafeString:
        """The way to the record."""
        link = reverse("admin:scheduling_patient_change", args=[appointment.patient_id])
        return format_html(
            '<a class="fd-link" href="{}">{} ({})</a>', link, appointment.patient.full_name, appointment.patient.number
        )

    @display(description=_("contact"))
    def contact(self, appointment: Appointment) -> str:
        """How the patient is reached."""
        phone = appointment.patient.phone
        parts = [phone.as_international if phone else "", appointment.patient.email]
        return ", ".join(part for part in parts if part)

    @display(description=_("status"), label=STATUS_COLOURS, ordering="status")
    def state(self, appointment: Appointment) -> tuple[str, str]:
        """In words and colour."""
        return appointment.status, appointment.get_status_display()

    @display(description=_("status"))
    def status_text(self, appointment: Appointment) -> str:
        """In words."""
        return appointment.get_status_display()

    @display(description=_("fee"))
    def fee_text(self, appointment: Appointment) -> str:
        """With its currency."""
        return f"{appointment.fee} {appointment.currency}"

    @display(description=_("of it to be paid first"))
    def prepayment_text(self, appointment: Appointment) -> str | Promise:
        """What confirms the booking by being paid."""
        if not appointment.prepayment:
            return _("Nothing: it is paid at the clinic")
        return f"{appointment.prepayment} {appointment.currency}"


def moves_of(appointment: Appointment) -> list[Appointment]:
    """The chain this appointment belongs to, first booking first; one row if it was never moved. One query: all
    share their calendar identity."""
    return list(
        Appointment.objects.filter(calendar_uid=appointment.calendar_uid)
        .select_related("location", "doctor")
        .order_by("calendar_sequence", "pk")
    )


def _flat(line: Any) -> list[str]:
    return [line] if isinstance(line, str) else list(line)


@admin.register(Hold)
class HoldAdmin(ClinicAdmin):
    """Seats that are being kept right now. Their tokens stay secret."""

    viewers = RECEPTION
    list_display = ["doctor", "starts", "expires_at", "extensions", "waits"]
    list_select_related = ["slot__doctor", "slot__location", "waitlist_entry"]
    list_filter = [("slot__doctor", AutocompleteSelectFilter)]
    fields = ["slot", "expires_at", "extensions", "waitlist_entry", "created_at"]

    @display(description=_("doctor"), ordering="slot__doctor__name")
    def doctor(self, hold: Hold) -> str:
        """Whose seat."""
        return str(hold.slot.doctor)

    @display(description=_("slot"), ordering="slot__starts_at")
    def starts(self, hold: Hold) -> str:
        """Which time."""
        return on_the_clock(hold.slot.starts_at, hold.slot.location)

    @display(description=_("for a waitlist offer"), boolean=True)
    def waits(self, hold: Hold) -> bool:
        """Whether it belongs to an offer."""
        return hold.waitlist_entry_id is not None
