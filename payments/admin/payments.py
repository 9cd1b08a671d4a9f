"""Payments in the back office: which there were, what came of each, and what staff may do with one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import (
    EVERYBODY,
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    display,
    phone_digits,
)
from accounts.history import steps_of
from accounts.services.audit_trail import record_view
from payments.admin.columns import (
    NOTHING,
    PAYMENT_COLOURS,
    amount_text,
    moment_text,
    patient_link,
    visit_link,
)
from payments.admin.payment_actions import PaymentActions
from payments.admin.scope import MoneyAdmin
from payments.failure_words import words_for_failure
from payments.models import Payment
from payments.selectors.search import payments_like
from scheduling.admin.date_filter import DayFilter, QuickDates
from scheduling.admin.search import PatientSearch


@admin.register(Payment)
class PaymentAdmin(PaymentActions, QuickDates, PatientSearch, MoneyAdmin):
    """What was paid, or begun. Nobody edits a payment; buttons move money, each asks first."""

    viewers = EVERYBODY
    patient_path = "appointment__patient__"
    quick_dates = "created_at"
    change_form_template = "admin/payments/payment_form.html"
    list_display = ["reference_text", "patient_name", "begun", "method_text", "asked_for", "came", "went_back", "state"]
    list_display_links = ["reference_text"]
    list_filter = [
        ("created_at", DayFilter),
        ("status", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
        ("provider", ChoicesDropdownFilter),
        ("location", AutocompleteSelectFilter),
    ]
    search_fields = [
        "appointment__patient__last_name",
        "appointment__patient__first_name",
        "appointment__patient__email",
    ]
    search_help_text = _(
        "Number (PAY-2026-000123), reference of a transfer, number at the provider, or the patient's appointment, "
        "number, name or phone"
    )
    ordering = ["-created_at", "-pk"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("state_text", "failure_text"),
                    ("patient_link", "visit_link"),
                    ("method_text", "provider"),
                    ("asked_for", "came"),
                    ("went_back", "about_to_go_back"),
                ]
            },
        ),
        (
            _("How it came about"),
            {
                "fields": [
                    ("begun", "begun_by"),
                    ("paid_text", "received_by"),
                    ("location", "proof"),
                    ("reference", "expires_text"),
                    ("provider_reference", "provider_payment"),
                    ("asked_text", "ask_text"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """With what a row needs; beside the list, not joined to it: the newest come by the index on their time."""
        return super().get_queryset(request).prefetch_related("appointment__patient", "location")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payment], search_term: str
    ) -> tuple[QuerySet[Payment], bool]:
        """By any number that names a payment or its visit; digits alone may be those of a phone as well."""
        named = payments_like(search_term)
        if named is None:
            return super().get_search_results(request, queryset, search_term)
        if search_term.strip().isdecimal() and (digits := phone_digits(search_term)):
            named |= Q(appointment__patient__phone__contains=digits)
        return queryset.filter(named), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The payment with its buttons, its refunds, what was told of it, and its history."""
        payment = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if payment is not None:
            if request.method == "GET":
                record_view(actor=from_request(request), obj=payment)
            context |= {
                "title": payment.number,
                "buttons": self.buttons_for(request, payment),
                "refunds": payment.refunds.select_related("decided_by", "entry__receipt__location").order_by("pk"),
                "entries": payment.entries.select_related("receipt__location").order_by("pk"),
                "events": payment.events.order_by("received_at", "pk"),
                "sees_events": self.has_move_money_permission(request),
                "steps": steps_of(payment),
            }
        return super().change_view(request, object_id, form_url, context)

    @display(description=_("number"), ordering="pk")
    def reference_text(self, payment: Payment) -> SafeString:
        """What people read out, in one line."""
        return format_html('<span class="fd-one-line">{}</span>', payment.number)

    @display(description=_("patient"), ordering="appointment__patient__last_name")
    def patient_name(self, payment: Payment) -> str:
        """Whose visit it pays for."""
        return payment.appointment.patient.full_name

    @display(description=_("begun"), ordering="created_at")
    def begun(self, payment: Payment) -> SafeString:
        """By the clock of the place, in one line."""
        return format_html('<span class="fd-one-line">{}</span>', moment_text(payment.created_at, payment.location))

    @display(description=_("method"), ordering="method")
    def method_text(self, payment: Payment) -> str:
        """In words."""
        return payment.get_method_display()

    @display(description=_("amount"), ordering="amount")
    def asked_for(self, payment: Payment) -> SafeString:
        """What was asked for."""
        return amount_text(payment.amount, payment.currency)

    @display(description=_("came"), ordering="captured")
    def came(self, payment: Payment) -> SafeString:
        """What came."""
        return amount_text(payment.captured, payment.currency)

    @display(description=_("went back"), ordering="refunded")
    def went_back(self, payment: Payment) -> SafeString:
        """What went back."""
        return amount_text(payment.refunded, payment.currency)

    @display(description=_("about to go back"))
    def about_to_go_back(self, payment: Payment) -> SafeString:
        """What was decided to go back."""
        return amount_text(payment.refunding, payment.currency)

    @display(description=_("status"), label=PAYMENT_COLOURS, ordering="status")
    def state(self, payment: Payment) -> tuple[str, str]:
        """In words and colour."""
        return payment.status, payment.get_status_display()

    @display(description=_("status"))
    def state_text(self, payment: Payment) -> str:
        """In words."""
        return payment.get_status_display()

    @display(description=_("why it failed"))
    def failure_text(self, payment: Payment) -> str:
        """What the patient reads, and the code that the provider gave."""
        return f"{words_for_failure(payment.failure)} ({payment.failure})" if payment.failure else NOTHING

    @display(description=_("patient"))
    def patient_link(self, payment: Payment) -> SafeString:
        """The way to all that they paid."""
        return patient_link(payment)

    @display(description=_("appointment"))
    def visit_link(self, payment: Payment) -> SafeString:
        """The way to the visit."""
        return visit_link(payment)

    @display(description=_("paid"))
    def paid_text(self, payment: Payment) -> str:
        """By the clock of the place."""
        return moment_text(payment.paid_at, payment.location)

    @display(description=_("the provider takes it until"))
    def expires_text(self, payment: Payment) -> str:
        """The same clock."""
        return moment_text(payment.expires_at, payment.location)

    @display(description=_("the provider was asked"))
    def asked_text(self, payment: Payment) -> str:
        """The same clock."""
        return moment_text(payment.asked_at, payment.location)

    @display(description=_("the provider is asked next"))
    def ask_text(self, payment: Payment) -> str:
        """The same clock."""
        return moment_text(payment.ask_at, payment.location)
