"""Queues in the back office: which there were. What happens in them is done at the desk."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.back_office import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter, display
from queueing import rules
from queueing.admin.columns import DOCTOR_COLOURS
from queueing.admin.scope import QueueAdmin
from queueing.models import Queue


@admin.register(Queue)
class QueueRowAdmin(QueueAdmin):
    """A doctor's queue of a day."""

    visible_to = rules.queues_visible_to
    list_display = ["day", "doctor", "location", "letter", "last_number", "state", "place", "closed_at"]
    list_filter = [
        ("day", RangeDateFilter),
        ("location", AutocompleteSelectFilter),
        ("doctor", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
    ]
    list_select_related = ["doctor", "location"]
    ordering = ["-day", "letter", "pk"]

    @display(description=_("doctor's status"), label=DOCTOR_COLOURS, ordering="status")
    def state(self, queue: Queue) -> tuple[str, str]:
        """In words and colour."""
        return queue.status, queue.get_status_display()

    @display(description=_("room"))
    def place(self, queue: Queue) -> str:
        """Where its patients go."""
        return queue.place
