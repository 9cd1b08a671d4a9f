"""How messages read in the back office. Every state is named: of one that is not, one sees the key."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from notifications.models import Message
from notifications.selectors.back_office import FAILED
from notifications.states import DeliveryStatus, MessageStatus

MESSAGE_COLOURS: dict[str, str] = {
    MessageStatus.PENDING: "info",
    MessageStatus.SENDING: "primary",
    MessageStatus.SENT: "success",
    MessageStatus.FAILED: "danger",
    MessageStatus.CANCELLED: "default",
    MessageStatus.SUPPRESSED: "warning",
}


class CameOfIt(admin.SimpleListFilter):
    """What people look for first: what did not arrive."""

    title = _("what came of it")
    parameter_name = "came"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """In words."""
        return [
            ("failed", _("Failed or not delivered")),
            ("arrived", _("Arrived")),
            ("kept", _("Kept in the outbox")),
            ("dropped", _("Not sent, for a reason")),
            ("ahead", _("Still to be sent")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """As chosen."""
        chosen = {
            "failed": FAILED,
            "arrived": Q(delivery_status=DeliveryStatus.DELIVERED),
            "kept": Q(delivery_status=DeliveryStatus.KEPT),
            "dropped": Q(status__in=[MessageStatus.CANCELLED, MessageStatus.SUPPRESSED]),
            "ahead": Q(status__in=[MessageStatus.PENDING, MessageStatus.SENDING]),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))
