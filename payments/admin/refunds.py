"""Refunds in the back office: what went back and why, and what staff still have to pay back themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import from_request
from accounts.back_office import (
    EVERYBODY,
    RECEPTION,
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    action,
    display,
)
from accounts.history import steps_of
from payments.admin.action_forms import ProofForm
from payments.admin.columns import (
    REFUND_COLOURS,
    RefundsToDo,
    amount_text,
    moment_text,
    patient_link,
    payment_link,
    receipt_link,
    visit_link,
)
from payments.admin.scope import MoneyAdmin
from payments.models import LedgerEntry, Payment, Refund
from payments.selectors.search import payments_like
from payments.services.refunds import mark_refunded, retry_refund
from payments.states import BY_HAND, RefundStatus
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.admin.date_filter import DayFilter, QuickDates
from scheduling.admin.search import PatientSearch
from scheduling.templatetags.clinic_time import price


def in_words(refund: Refund) -> str:
    """To whom, how it was paid, how much, and where it stands."""
    payment = refund.payment
    return (
        f"{payment.appointment.patient.full_name}, {payment.get_method_display()}, "
        f"{price(refund.amount, payment.currency)} ({refund.get_status_display()})"
    )


@admin.register(Refund)
class RefundAdmin(QuickDates, PatientSearch, MoneyAdmin):
    """Decided on the page of a payment, or by the rules of the place. What is paid back by hand is marked here."""

    viewers = EVERYBODY
    location_path, doctor_path = "payment__location", "payment__appointment__doctor"
    patient_path = "payment__appointment__patient__"
    quick_dates = "created_at"
    change_form_template = "admin/payments/refund_form.html"
    list_display = ["decided", "payment_text", "patient_name", "amount_shown", "reason", "words", "state"]
    list_display_links = ["decided"]
    list_filter = [
        RefundsToDo,
        ("created_at", DayFilter),
        ("status", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("payment__location", AutocompleteSelectFilter),
    ]
    search_fields = [
        "payment__appointment__patient__last_name",
        "payment__appointment__patient__first_name",
        "payment__appointment__patient__email",
    ]
    search_help_text = gettext_lazy("Number of the payment or the appointment, or the patient's number, name or phone")
    ordering = ["-created_at", "-pk"]
    actions = ["mark_paid_back", "try_again"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("state_text", "amount_shown"),
                    ("reason", "words"),
                    ("patient_link", "visit_link"),
                    ("payment_link", "receipt"),
                ]
            },
        ),
        (
            gettext_lazy("How it went back"),
            {
                "fields": [
                    ("decided", "decided_by"),
                    ("settled", "paid_back_by"),
                    ("proof", "provider_refund"),
                    ("attempts", "next_attempt"),
                    "error",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        """With what a row needs."""
        return super().get_queryset(request).prefetch_related("payment__appointment__patient", "payment__location")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Refund], search_term: str
    ) -> tuple[QuerySet[Refund], bool]:
        """By the number of what was paid."""
        named = payments_like(search_term)
        if named is None:
            return super().get_search_results(request, queryset, search_term)
        payments = Payment.objects.filter(named)
        return queryset.filter(Q(payment__in=payments.values("pk")) | Q(provider_refund=search_term.strip())), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The refund with what can be done now."""
        refund = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if refund is not None:
            context |= {
                "title": in_words(refund),
                "buttons": self.buttons_for(request, refund),
                "steps": steps_of(refund),
            }
        return super().change_view(request, object_id, form_url, context)

    def buttons_for(self, request: HttpRequest, refund: Refund) -> list[dict[str, Any]]:
        """What the state of a refund allows this person."""
        if not self.has_move_money_permission(request):
            return []
        by_hand = refund.payment.provider in BY_HAND
        has_failed = refund.status == RefundStatus.FAILED
        waits = has_failed or refund.status == RefundStatus.PENDING
        offered = {
            "mark_paid_back": (gettext_lazy("Mark as paid back"), waits and (by_hand or has_failed)),
            "try_again": (gettext_lazy("Try again"), has_failed and not by_hand),
        }
        return [{"name": name, "title": title} for name, (title, fits) in offered.items() if fits]

    def has_move_money_permission(self, request: HttpRequest) -> bool:
        """Reception and managers."""
        return self.has_role(request, RECEPTION)

    @action(description=gettext_lazy("Mark as paid back"), permissions=["move_money"])
    def mark_paid_back(self, request: HttpRequest, queryset: Any) -> Any:
        """Somebody handed it out, or sent it: ask what shows it."""
        form = ProofForm(request.POST if "confirmed" in request.POST else None)
        return run_one_by_one(
            self,
            request,
            queryset,
            action="mark_paid_back",
            title=_("Mark as paid back"),
            explanation=_(
                "Do this when you have handed the money out, or sent it. The credit note is written and the patient is "
                "told. It cannot be undone."
            ),
            button=_("Mark as paid back"),
            do=lambda refund: mark_refunded(
                refund_id=refund.pk, proof=form.cleaned_data["proof"], actor=from_request(request)
            ),
            in_words=in_words,
            form=form,
        )

    @action(description=gettext_lazy("Try again"), permissions=["move_money"])
    def try_again(self, request: HttpRequest, queryset: Any) -> Any:
        """Ask the provider once more."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="try_again",
            title=_("Try again"),
            explanation=_(
                "The provider is asked once more within seconds. Set right first what it refused over, such as a "
                "balance that was too low. Nothing is paid back twice."
            ),
            button=_("Try again"),
            do=lambda refund: retry_refund(refund_id=refund.pk, actor=from_request(request)),
            in_words=in_words,
        )

    @display(description=gettext_lazy("decided"), ordering="created_at")
    def decided(self, refund: Refund) -> SafeString:
        """By the clock of the place, in one line."""
        return format_html(
            '<span class="fd-one-line">{}</span>', moment_text(refund.created_at, refund.payment.location)
        )

    @display(description=gettext_lazy("payment"), ordering="payment")
    def payment_text(self, refund: Refund) -> SafeString:
        """Its number."""
        return format_html('<span class="fd-one-line">{}</span>', refund.payment.number)

    @display(description=gettext_lazy("patient"), ordering="payment__appointment__patient__last_name")
    def patient_name(self, refund: Refund) -> str:
        """Who gets it."""
        return refund.payment.appointment.patient.full_name

    @display(description=gettext_lazy("amount"), ordering="amount")
    def amount_shown(self, refund: Refund) -> SafeString:
        """With its currency."""
        return amount_text(refund.amount, refund.payment.currency)

    @display(description=gettext_lazy("status"), label=REFUND_COLOURS, ordering="status")
    def state(self, refund: Refund) -> tuple[str, str]:
        """In words and colour."""
        return refund.status, refund.get_status_display()

    @display(description=gettext_lazy("status"))
    def state_text(self, refund: Refund) -> str:
        """In words."""
        return refund.get_status_display()

    @display(description=gettext_lazy("patient"))
    def patient_link(self, refund: Refund) -> SafeString:
        """The way to all that they paid."""
        return patient_link(refund.payment)

    @display(description=gettext_lazy("appointment"))
    def visit_link(self, refund: Refund) -> SafeString:
        """The way to the visit."""
        return visit_link(refund.payment)

    @display(description=gettext_lazy("payment"))
    def payment_link(self, refund: Refund) -> SafeString | str:
        """The way to the payment."""
        return payment_link(refund.payment)

    @display(description=gettext_lazy("credit note"))
    def receipt(self, refund: Refund) -> SafeString | str:
        """The way to it, once the money has gone back."""
        entry = LedgerEntry.objects.filter(refund=refund).select_related("receipt__location").first()
        return receipt_link(entry.receipt if entry is not None else None)

    @display(description=gettext_lazy("paid back"))
    def settled(self, refund: Refund) -> str:
        """The same clock."""
        return moment_text(refund.settled_at, refund.payment.location)

    @display(description=gettext_lazy("next attempt"))
    def next_attempt(self, refund: Refund) -> str:
        """The same clock."""
        return moment_text(refund.try_at, refund.payment.location)
