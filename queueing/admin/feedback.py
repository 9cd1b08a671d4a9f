"""What patients said, in the back office."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.back_office import display
from queueing import rules
from queueing.admin.scope import QueueAdmin
from queueing.models import Feedback
from scheduling.admin.date_filter import DayFilter


@admin.register(Feedback)
class FeedbackAdmin(QueueAdmin):
    """To be read. Nobody edits what somebody else said."""

    visible_to = rules.feedback_visible_to
    list_display = ["given_at", "score", "doctor", "location", "comment"]
    list_filter = [("given_at", DayFilter)]
    list_select_related = ["appointment__doctor", "appointment__location"]
    search_fields = ["comment"]
    search_help_text = _("Words of the patient")
    ordering = ["-given_at", "-pk"]

    @display(description=_("doctor"), ordering="appointment__doctor__name")
    def doctor(self, said: Feedback) -> str:
        """Whom they saw."""
        return str(said.appointment.doctor)

    @display(description=_("location"), ordering="appointment__location__name")
    def location(self, said: Feedback) -> str:
        """Where."""
        return str(said.appointment.location)
