"""The sandbox's books in the back office, where the sandbox is on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.back_office import MANAGERS, ReadOnlyAdmin, display
from payments.models import SandboxSession
from payments.money import from_minor
from payments.providers.registry import is_configured
from payments.states import ProviderName
from scheduling.templatetags.clinic_time import price


@admin.register(SandboxSession)
class SandboxSessionAdmin(ReadOnlyAdmin):
    """What the pretended provider knows. No money, and no card."""

    viewers = MANAGERS
    list_display = ["reference", "amount_shown", "status", "brand", "created_at", "paid_at"]
    list_display_links = ["reference"]
    fields = ["reference", "amount_shown", "status", "failure", "brand", "created_at", "paid_at", "tells_at", "refunds"]
    ordering = ["-created_at", "-pk"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where payments go to the sandbox."""
        return is_configured(ProviderName.SANDBOX) and super().has_view_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of it."""
        return list(self.fields or ())

    @display(description=_("amount"))
    def amount_shown(self, session: SandboxSession) -> str:
        """With its currency."""
        return price(from_minor(session.amount_minor, session.currency), session.currency)
