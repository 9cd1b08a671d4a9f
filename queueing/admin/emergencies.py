"""Calls for help in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import EVERYBODY, AutocompleteSelectFilter, ChoicesDropdownFilter, action, display
from queueing import rules
from queueing.admin.scope import QueueAdmin
from queueing.models import EmergencyRequest
from queueing.services.emergencies import acknowledge_emergency
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.admin.columns import on_the_clock
from scheduling.admin.date_filter import DayFilter


@admin.register(EmergencyRequest)
class EmergencyRequestAdmin(QueueAdmin):
    """Who needed help, where, and who saw to it."""

    visible_to = rules.emergencies_visible_to
    list_display = ["raised", "location", "state", "source", "token", "message", "acknowledged_by"]
    list_display_links = ["raised"]
    list_filter = [
        ("raised_at", DayFilter),
        ("location", AutocompleteSelectFilter),
        ("source", ChoicesDropdownFilter),
    ]
    list_select_related = ["location", "token", "acknowledged_by"]
    ordering = ["-raised_at", "-pk"]
    fields = ["location", "token", "source", "message", "raised_at", "raised_by", "acknowledged_at", "acknowledged_by"]
    actions = ["acknowledge"]

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        """Whoever works there."""
        return self.has_role(request, EVERYBODY)

    @action(description=_("Acknowledge"), permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: Any) -> Any:
        """Ask first, then say of each that somebody sees to it."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="acknowledge",
            title=_("Acknowledge"),
            explanation=_("You, or somebody you sent, see to it. The alarm stops on every screen of the place."),
            button=_("Acknowledge"),
            do=lambda emergency: acknowledge_emergency(emergency_id=emergency.pk, actor=from_request(request)),
            in_words=lambda emergency: f"{emergency.location}, {self.raised(emergency)}",
            who_is_told=lambda _emergency: _("Every desk of the place"),
        )

    @display(description=_("raised"), ordering="raised_at")
    def raised(self, emergency: EmergencyRequest) -> str:
        """By the clock of the place."""
        return on_the_clock(emergency.raised_at, emergency.location)

    @display(description=_("state"), label={"open": "danger", "acknowledged": "success"}, ordering="acknowledged_at")
    def state(self, emergency: EmergencyRequest) -> tuple[str, Any]:
        """Whether somebody has seen to it."""
        if emergency.acknowledged_at is None:
            return "open", _("Open")
        return "acknowledged", _("Acknowledged")
