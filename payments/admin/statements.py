"""Lines of statements in the back office: to be read and searched. A page beside the list decides about them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.back_office import RECEPTION, ChoicesDropdownFilter, display
from payments.models import StatementLine
from payments.rules import locations_with_money
from payments.states import LineStatus, LineWhy
from scheduling.admin.scope import ClinicAdmin
from scheduling.templatetags.clinic_time import price

LINE_COLOURS: dict[str, str] = {
    LineStatus.MATCHED: "success",
    LineStatus.NEAR: "warning",
    LineStatus.UNMATCHED: "info",
    LineStatus.KNOWN: "default",
    LineStatus.SET_ASIDE: "default",
}
"""Every state is named: of one that is not, the framework shows the key."""


@admin.register(StatementLine)
class StatementLineAdmin(ClinicAdmin):
    """Money that came to the clinic's account, line by line."""

    viewers = RECEPTION
    list_display = ["booked_on", "how_much", "payer", "words", "state", "location", "payment"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["location", "payment"]
    search_fields = ["payer", "words", "bank_reference"]
    search_help_text = _("Payer, what they wrote, number at the bank")
    ordering = ["-booked_on", "-pk"]
    change_list_template = "admin/payments/statement_list.html"
    readonly_fields = ["how_much", "reason"]
    fields = [
        "location",
        "booked_on",
        "how_much",
        "payer",
        "words",
        "bank_reference",
        "status",
        "reason",
        "payment",
        "statement",
        "row",
        "created_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of the places whose money one handles."""
        return super().get_queryset(request).filter(location__in=locations_with_money(request.user).values("pk"))

    @display(description=_("amount"), ordering="amount")
    def how_much(self, line: StatementLine) -> str:
        """With its currency."""
        return price(line.amount, line.currency)

    @display(description=_("status"), ordering="status", label=LINE_COLOURS)
    def state(self, line: StatementLine) -> tuple[str, str]:
        """In words."""
        return line.status, line.get_status_display()

    @display(description=_("why"))
    def reason(self, line: StatementLine) -> str:
        """Why it was not booked by itself."""
        return str(LineWhy(line.why).label) if line.why else "–"
