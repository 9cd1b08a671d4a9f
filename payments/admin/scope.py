"""Which rows of the lists of money somebody of the staff sees: what `payments/rules.py` says."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.back_office import RECEPTION
from payments.rules import money_scope
from scheduling.admin.scope import ClinicAdmin


class MoneyAdmin(ClinicAdmin):
    """An admin class whose list keeps to the money that is this person's to see, and whose rows nobody edits.

    `location_path` and `doctor_path` lead from a row to where the money belongs.
    """

    viewers = RECEPTION
    list_disable_select_all = True
    location_path: ClassVar[str] = "location"
    doctor_path: ClassVar[str] = "appointment__doctor"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only rows of `money_scope`."""
        return super().get_queryset(request).filter(self.scope(request.user))

    def scope(self, user: Any) -> Q:
        """Which rows these are."""
        return money_scope(user, location=self.location_path, doctor=self.doctor_path)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of it: money is moved by services, each with its proof."""
        fieldsets: Any = self.fieldsets
        lines = [line for _title, part in fieldsets for line in part["fields"]]
        return [name for line in lines for name in ([line] if isinstance(line, str) else line)]
