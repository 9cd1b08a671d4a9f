"""How money reads in the back office. Every state is named: of one that is not, one sees the key."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.models import Payment, Receipt
from payments.states import BY_HAND, EventStatus, PaymentStatus, RefundStatus
from scheduling.admin.columns import on_the_clock
from scheduling.models import Location
from scheduling.templatetags.clinic_time import price

PAYMENT_COLOURS: dict[str, str] = {
    PaymentStatus.PENDING: "info",
    PaymentStatus.PAID: "success",
    PaymentStatus.FAILED: "danger",
    PaymentStatus.CANCELLED: "default",
    PaymentStatus.REFUNDED: "warning",
    PaymentStatus.PARTIALLY_REFUNDED: "warning",
}
REFUND_COLOURS: dict[str, str] = {
    RefundStatus.PENDING: "warning",
    RefundStatus.SENDING: "primary",
    RefundStatus.SUCCEEDED: "success",
    RefundStatus.FAILED: "danger",
}
EVENT_COLOURS: dict[str, str] = {
    EventStatus.RECEIVED: "info",
    EventStatus.APPLIED: "success",
    EventStatus.IGNORED: "default",
    EventStatus.WAITING: "warning",
    EventStatus.FAILED: "danger",
}

NOTHING = "–"
MINUS = "−"


def amount_text(amount: Decimal, currency: str) -> SafeString:
    """With its currency, in one line; nothing is a dash, so that what moved stands out. A minus comes first."""
    words = f"{MINUS if amount < 0 else ''}{price(abs(amount), currency)}" if amount else NOTHING
    return format_html('<span class="fd-one-line">{}</span>', words)


def moment_text(moment: datetime | None, location: Location | None) -> str:
    """By the clock of the place; a dash for what has not happened."""
    return on_the_clock(moment, location) if moment is not None and location is not None else NOTHING


def payment_link(payment: Payment | None) -> SafeString | str:
    """The way to a payment."""
    if payment is None:
        return NOTHING
    link = reverse("admin:payments_payment_change", args=[payment.pk])
    return format_html('<a class="fd-link fd-one-line" href="{}">{}</a>', link, payment.number)


def visit_link(payment: Payment) -> SafeString:
    """The way to the visit that a payment was begun for."""
    link = reverse("admin:scheduling_appointment_change", args=[payment.appointment_id])
    return format_html('<a class="fd-link fd-one-line" href="{}">{}</a>', link, payment.appointment.number)


def patient_link(payment: Payment) -> SafeString:
    """The way to all that the patient paid."""
    patient = payment.appointment.patient
    link = reverse("payments_admin:patient", args=[patient.pk])
    return format_html('<a class="fd-link" href="{}">{} ({})</a>', link, patient.full_name, patient.number)


def receipt_link(receipt: Receipt | None) -> SafeString | str:
    """The way to the printed receipt."""
    if receipt is None:
        return NOTHING
    link = reverse("payments:desk_receipt", args=[receipt.pk])
    return format_html('<a class="fd-link fd-one-line" href="{}">{}</a>', link, receipt.number)


class RefundsToDo(admin.SimpleListFilter):
    """What staff must do themselves: pay back by hand, or look why a provider refused."""

    title = _("what is to be done")
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """In words."""
        return [("by_hand", _("Pay back by hand")), ("refused", _("Refused by the provider, or sent back"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """As chosen."""
        if self.value() == "by_hand":
            return queryset.filter(status=RefundStatus.PENDING, payment__provider__in=BY_HAND)
        if self.value() == "refused":
            return queryset.exclude(error="").exclude(status__in=[RefundStatus.PENDING, RefundStatus.SENDING])
        return queryset
