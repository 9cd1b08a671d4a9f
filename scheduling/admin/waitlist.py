"""The waitlist in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import (
    EVERYBODY,
    NOBODY,
    RECEPTION,
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    action,
    display,
)
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.admin.columns import WAITLIST_COLOURS, on_the_clock
from scheduling.admin.scope import ClinicAdmin
from scheduling.admin.search import PatientSearch
from scheduling.models import WaitlistEntry
from scheduling.services.waitlist import leave_waitlist


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(PatientSearch, ClinicAdmin):
    """Who would come sooner. Offers are made by the sweep, in the order of the list."""

    viewers, adders, changers = EVERYBODY, NOBODY, NOBODY
    patient_path = "patient__"
    list_display = ["patient", "wish", "location", "earliest_date", "latest_date", "state", "offer", "created_at"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("doctor", AutocompleteSelectFilter),
        ("specialty", AutocompleteSelectFilter),
        ("earliest_date", RangeDateFilter),
    ]
    list_select_related = ["patient", "doctor", "specialty", "location", "offered_slot__location"]
    search_fields = ["patient__last_name", "patient__first_name", "patient__email"]
    search_help_text = _("Patient's name, number, phone or e-mail address")
    exclude = ["secret"]
    actions = ["take_off"]

    def has_take_off_permission(self, request: HttpRequest) -> bool:
        """Reception keeps the list."""
        return self.has_role(request, RECEPTION)

    @action(description=_("Take off the waitlist"), permissions=["take_off"])
    def take_off(self, request: HttpRequest, queryset: Any) -> Any:
        """Ask first, then take each off the list."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="take_off",
            title=_("Take off the waitlist"),
            explanation=_("Their offers, if any, go to the next in line. Nobody is told."),
            button=_("Take off the list"),
            do=lambda entry: leave_waitlist(entry_id=entry.pk, actor=from_request(request)),
        )

    @display(description=_("waits for"))
    def wish(self, entry: WaitlistEntry) -> str:
        """The doctor, or anybody of the specialty."""
        return str(entry.doctor or entry.specialty)

    @display(description=_("status"), label=WAITLIST_COLOURS, ordering="status")
    def state(self, entry: WaitlistEntry) -> tuple[str, str]:
        """In words and colour."""
        return entry.status, entry.get_status_display()

    @display(description=_("offer"))
    def offer(self, entry: WaitlistEntry) -> str:
        """The seat that is kept for them."""
        if entry.offered_slot is None:
            return ""
        return on_the_clock(entry.offered_slot.starts_at, entry.offered_slot.location)
