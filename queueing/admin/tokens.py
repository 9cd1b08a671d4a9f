"""Tokens in the back office: who was where, and what happened."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.back_office import (
    EVERYBODY,
    AutocompleteSelectFilter,
    BackOfficeInline,
    ChoicesDropdownFilter,
    RangeDateFilter,
    display,
)
from queueing import rules
from queueing.admin.columns import TOKEN_COLOURS
from queueing.admin.scope import QueueAdmin
from queueing.admin.token_actions import TokenActions
from queueing.models import Token, TokenStep
from scheduling.admin.columns import on_the_clock
from scheduling.admin.search import PatientSearch


class StepInline(BackOfficeInline):
    """What happened to somebody, the latest first. Nobody edits history."""

    model = TokenStep
    viewers = EVERYBODY
    fields = ["what", "at", "by", "room", "undone_at"]
    readonly_fields = ["what", "at", "by", "room", "undone_at"]
    can_delete = False
    verbose_name_plural = _("What happened")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TokenStep]:
        """With who did it."""
        return super().get_queryset(request).select_related("by")


@admin.register(Token)
class TokenAdmin(TokenActions, PatientSearch, QueueAdmin):
    """Places in queues. The status is changed by actions only, at the desk or here."""

    visible_to = rules.tokens_visible_to
    patient_path = "patient__"
    list_display = ["code", "since", "patient_name", "doctor", "location", "state", "arrival"]
    list_display_links = ["code"]
    list_filter = [
        ("day", RangeDateFilter),
        ("location", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("arrival", ChoicesDropdownFilter),
        ("urgency", ChoicesDropdownFilter),
    ]
    list_select_related = ["queue__doctor", "location", "patient", "appointment__patient"]
    search_fields = ["code", "patient__last_name", "patient__first_name", "patient__email"]
    search_help_text = _("Code, or the patient's number, name, phone or e-mail address")
    ordering = ["-day", "-pk"]
    inlines = [StepInline]
    fieldsets = [
        (None, {"fields": [("code", "status"), ("patient", "appointment"), ("queue", "location")]}),
        (
            _("Priority"),
            {
                "fields": [
                    ("arrival", "booked_for"),
                    ("urgency", "has_special_requirements"),
                    ("extra_points",),
                    "extra_reason",
                ]
            },
        ),
        (
            _("Times"),
            {"fields": [("checked_in_at", "called_at"), ("started_at", "ended_at"), ("room", "calls"), "told"]},
        ),
    ]
    readonly_fields = ["told"]

    @display(description=_("status"), label=TOKEN_COLOURS, ordering="status")
    def state(self, token: Token) -> tuple[str, str]:
        """In words and colour."""
        return token.status, token.get_status_display()

    @display(description=_("doctor"), ordering="queue__doctor__name")
    def doctor(self, token: Token) -> str:
        """Whose queue it is."""
        return str(token.queue.doctor)

    @display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, token: Token) -> str:
        """Who it is."""
        return token.patient.full_name

    @display(description=_("checked in"), ordering="checked_in_at")
    def since(self, token: Token) -> str:
        """By the clock of the place."""
        return on_the_clock(token.checked_in_at, token.location)

    @display(description=_("wait told at check-in"))
    def told(self, token: Token) -> Any:
        """In minutes, from and to; how good these were, the reports say."""
        if token.told_low is None or token.told_high is None:
            return "–"
        low, high = round(token.told_low / 60), round(token.told_high / 60)
        return _("%(low)s to %(high)s minutes") % {"low": low, "high": high}
