"""The ledger and the receipts in the back office: written once, read by whoever keeps the books."""

from __future__ import annotations

import re

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.back_office import AutocompleteSelectFilter, ChoicesDropdownFilter, display
from payments.admin.columns import NOTHING, amount_text, moment_text, patient_link, payment_link, receipt_link
from payments.admin.scope import MoneyAdmin
from payments.models import LedgerEntry, Payment, Receipt
from payments.selectors.search import payment_key, payments_like
from payments.states import EntryKind
from scheduling.admin.date_filter import DayFilter, QuickDates
from scheduling.selectors.search import appointment_key

LONGEST_SEQUENCE = 10
_PAPER = re.compile(rf"^([\w-]+)-(\d{{4}})-(\d{{1,{LONGEST_SEQUENCE - 1}}})$")
"""The number of a receipt: the place, the year, and the number in it."""

KIND_COLOURS: dict[str, str] = {EntryKind.CAPTURE: "success", EntryKind.REFUND: "warning"}


@admin.register(LedgerEntry)
class LedgerEntryAdmin(QuickDates, MoneyAdmin):
    """Every movement of money, once."""

    location_path, doctor_path = "payment__location", "payment__appointment__doctor"
    quick_dates = "at"
    list_display = ["when", "what", "amount_shown", "patient_name", "payment_text", "place", "receipt_text"]
    list_display_links = ["when"]
    list_filter = [
        ("at", DayFilter),
        ("kind", ChoicesDropdownFilter),
        ("payment__location", AutocompleteSelectFilter),
        ("payment__method", ChoicesDropdownFilter),
    ]
    search_fields = ["payment__appointment__patient__last_name", "payment__appointment__patient__first_name"]
    search_help_text = _("Number of the payment or the appointment, or the patient's name")
    ordering = ["-at", "-pk"]
    fieldsets = [
        (
            None,
            {"fields": [("when", "what"), ("amount_shown", "place"), ("payment_text", "receipt_text"), "patient_text"]},
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        """With what a row needs."""
        needed = ("payment__appointment__patient", "payment__location", "receipt__location")
        return super().get_queryset(request).prefetch_related(*needed)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        """By the number of what was paid."""
        named = payments_like(search_term)
        if named is None:
            return super().get_search_results(request, queryset, search_term)
        payments = Payment.objects.filter(named)
        return queryset.filter(payment__in=payments.values("pk")), False

    @display(description=_("when"), ordering="at")
    def when(self, entry: LedgerEntry) -> SafeString:
        """By the clock of the place, in one line."""
        return format_html('<span class="fd-one-line">{}</span>', moment_text(entry.at, entry.payment.location))

    @display(description=_("what"), label=KIND_COLOURS, ordering="kind")
    def what(self, entry: LedgerEntry) -> tuple[str, str]:
        """Whether it came or went back."""
        return entry.kind, entry.get_kind_display()

    @display(description=_("amount"), ordering="amount")
    def amount_shown(self, entry: LedgerEntry) -> SafeString:
        """What went back has a minus."""
        signed = -entry.amount if entry.kind == EntryKind.REFUND else entry.amount
        return amount_text(signed, entry.currency)

    @display(description=_("patient"))
    def patient_name(self, entry: LedgerEntry) -> str:
        """Whose money it was."""
        return entry.payment.appointment.patient.full_name

    @display(description=_("patient"))
    def patient_text(self, entry: LedgerEntry) -> SafeString:
        """The way to all that they paid."""
        return patient_link(entry.payment)

    @display(description=_("payment"))
    def payment_text(self, entry: LedgerEntry) -> SafeString | str:
        """The way to the payment."""
        return payment_link(entry.payment)

    @display(description=_("location"))
    def place(self, entry: LedgerEntry) -> str:
        """Whose books."""
        return str(entry.payment.location)

    @display(description=_("receipt"))
    def receipt_text(self, entry: LedgerEntry) -> SafeString | str:
        """The way to its paper."""
        return receipt_link(getattr(entry, "receipt", None))


@admin.register(Receipt)
class ReceiptAdmin(QuickDates, MoneyAdmin):
    """What payers were given. Numbers have no gaps within a place and a year."""

    doctor_path = "entry__payment__appointment__doctor"
    quick_dates = "issued_at"
    list_display = ["reference", "issued", "what", "amount_shown", "payer", "doctor", "visit_number"]
    list_display_links = ["reference"]
    list_filter = [
        ("issued_at", DayFilter),
        ("location", AutocompleteSelectFilter),
        ("entry__kind", ChoicesDropdownFilter),
    ]
    search_fields = ["payer", "visit_number"]
    search_help_text = _("Number of the receipt, the payment or the appointment, or the name of the payer")
    ordering = ["-issued_at", "-pk"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("reference", "printed"),
                    ("issued", "what"),
                    ("amount_shown", "fee"),
                    ("payer", "doctor"),
                    ("visit_number", "visit_text"),
                    ("clinic", "clinic_address"),
                    "payment_text",
                ]
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        """With what a row needs."""
        return super().get_queryset(request).prefetch_related("location", "entry__payment__appointment__patient")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Receipt], search_term: str
    ) -> tuple[QuerySet[Receipt], bool]:
        """By its number, such as HARBOUR-2026-000123; by that of the payment or the visit."""
        term = search_term.strip()
        if (paper := _PAPER.match(term)) is not None and appointment_key(term) is None and payment_key(term) is None:
            numbered = Q(location__slug__iexact=paper[1], year=int(paper[2]), sequence=int(paper[3]))
            return queryset.filter(numbered), False
        if term.isdecimal() and len(term) < LONGEST_SEQUENCE:
            return queryset.filter(sequence=int(term)), False
        named = payments_like(term)
        if named is None:
            return super().get_search_results(request, queryset, search_term)
        payments = Payment.objects.filter(named)
        return queryset.filter(entry__payment__in=payments.values("pk")), False

    @display(description=_("number"), ordering="sequence")
    def reference(self, receipt: Receipt) -> SafeString:
        """As it stands on the paper."""
        return format_html('<span class="fd-one-line">{}</span>', receipt.number)

    @display(description=_("issued"), ordering="issued_at")
    def issued(self, receipt: Receipt) -> SafeString:
        """By the clock of the place."""
        return format_html('<span class="fd-one-line">{}</span>', moment_text(receipt.issued_at, receipt.location))

    @display(description=_("what"), label=KIND_COLOURS)
    def what(self, receipt: Receipt) -> tuple[str, str]:
        """A receipt, or the credit note of what went back."""
        kind = receipt.entry.kind
        return kind, str(_("Credit note") if kind == EntryKind.REFUND else _("Receipt"))

    @display(description=_("amount"), ordering="entry__amount")
    def amount_shown(self, receipt: Receipt) -> SafeString:
        """What went back has a minus."""
        entry = receipt.entry
        return amount_text(-entry.amount if entry.kind == EntryKind.REFUND else entry.amount, entry.currency)

    @display(description=_("visit"))
    def visit_text(self, receipt: Receipt) -> str:
        """By the clock of the place."""
        return moment_text(receipt.visit_at, receipt.location) if receipt.visit_at else NOTHING

    @display(description=_("to print"))
    def printed(self, receipt: Receipt) -> SafeString | str:
        """The paper itself."""
        return receipt_link(receipt)

    @display(description=_("payment"))
    def payment_text(self, receipt: Receipt) -> SafeString | str:
        """The way to the payment."""
        return payment_link(receipt.entry.payment)
