"""The clinic in the back office: locations, specialties, doctors, and who works where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.back_office import (
    EVERYBODY,
    MANAGERS,
    AutocompleteSelectFilter,
    BackOfficeAdmin,
    BackOfficeForm,
    SelectWidget,
    display,
    phone_digits,
)
from scheduling.admin.scope import ClinicAdmin
from scheduling.errors import SlotsAhead
from scheduling.models import Doctor, Location, Specialty, StaffAssignment
from scheduling.services.clinic import require_clock_free, require_places_kept, time_zones


@contextmanager
def _said_beside_the_field() -> Iterator[None]:
    """What a rule of the clinic refuses belongs to the field that is being cleaned."""
    try:
        yield
    except SlotsAhead as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


class LocationForm(BackOfficeForm):
    """A place, with its clock chosen from the world's."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone) for zone in time_zones()],
        widget=SelectWidget,
        help_text=_("All hours of this location are read by this clock."),
    )

    class Meta:
        model = Location
        fields = "__all__"  # the fieldsets below choose

    def clean_time_zone(self) -> str:
        """Not under slots that were made by the old clock."""
        zone: str = self.cleaned_data["time_zone"]
        if self.instance.pk:
            with _said_beside_the_field():
                require_clock_free(self.instance, zone)
        return zone


@admin.register(Location)
class LocationAdmin(ClinicAdmin):
    """Places of the clinic. They are closed by clearing “active”, never deleted."""

    form = LocationForm
    viewers, adders, changers = EVERYBODY, MANAGERS, MANAGERS
    list_display = ["name", "phone", "time_zone", "needs_confirmation", "days_ahead", "is_active", "pages"]
    list_filter = ["is_active"]
    search_fields = ["name", "address"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "address", "phone", "time_zone", "is_active"]}),
        (
            _("Booking rules"),
            {
                "fields": [
                    ("days_ahead", "lead_minutes"),
                    ("hold_minutes", "cancel_notice_minutes"),
                    ("needs_confirmation", "pending_minutes"),
                    "waitlist_offer_minutes",
                ]
            },
        ),
    ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Only for a new location: links to an old one must go on working."""
        return {} if obj else dict(self.prepopulated_fields)

    @display(description=_("pages"))
    def pages(self, location: Location) -> SafeString | str:
        """The way to what runs there on the day."""
        if not location.is_active:
            return "–"
        pages = {"desk_location": _("Desk"), "board": _("Waiting-room screen"), "kiosk": _("Kiosk")}
        links = ((reverse(f"queueing:{name}", args=[location.slug]), words) for name, words in pages.items())
        return format_html_join(", ", '<a class="fd-link" href="{}">{}</a>', links)


@admin.register(Specialty)
class SpecialtyAdmin(BackOfficeAdmin):
    """What doctors are doctors of."""

    viewers, adders, changers, deleters = EVERYBODY, MANAGERS, MANAGERS, MANAGERS
    list_display = ["name", "description", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name"]


class DoctorForm(BackOfficeForm):
    """A doctor, who does not leave a place where people can still book them."""

    class Meta:
        model = Doctor
        fields = "__all__"  # the fieldsets below choose

    def clean_locations(self) -> QuerySet[Location]:
        """Hours first, then the place."""
        chosen: QuerySet[Location] = self.cleaned_data["locations"]
        if self.instance.pk:
            with _said_beside_the_field():
                require_places_kept(self.instance, [location.pk for location in chosen])
        return chosen


@admin.register(Doctor)
class DoctorAdmin(ClinicAdmin):
    """Doctors. They are taken off the pages by clearing “active”, never deleted."""

    form = DoctorForm
    viewers, adders, changers = EVERYBODY, MANAGERS, MANAGERS
    list_display = ["name", "specialty", "places", "room", "phone", "is_active", "calendar"]
    list_filter = ["is_active", ("specialty", AutocompleteSelectFilter), ("locations", AutocompleteSelectFilter)]
    list_select_related = ["specialty"]
    search_fields = ["name", "email", "license_number"]
    search_help_text = _("Name, e-mail address, phone or licence number")
    autocomplete_fields = ["specialty", "locations", "user"]
    fieldsets = [
        (None, {"fields": ["name", ("specialty", "license_number"), ("email", "phone"), "is_active"]}),
        (_("Where"), {"fields": [("locations", "room")]}),
        (_("On the pages"), {"fields": ["biography", "experience_years", "photo"]}),
        (_("Fee"), {"fields": [("consultation_fee", "currency")]}),
        (_("Sign-in"), {"fields": ["user"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Doctor]:
        """With their locations in one more query."""
        return super().get_queryset(request).prefetch_related("locations")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Doctor], search_term: str
    ) -> tuple[QuerySet[Doctor], bool]:
        """Find by phone in any spelling too."""
        digits = phone_digits(search_term)
        if digits:
            return queryset.filter(phone__contains=digits), False
        return super().get_search_results(request, queryset, search_term)

    @display(description=_("locations"))
    def places(self, doctor: Doctor) -> str:
        """Where they work."""
        return ", ".join(location.name for location in doctor.locations.all())

    @display(description=_("calendar"))
    def calendar(self, doctor: Doctor) -> SafeString:
        """The way to their week."""
        link = reverse("scheduling_admin:calendar") + f"?doctor={doctor.pk}&view=week"
        return format_html('<a class="fd-link" href="{}">{}</a>', link, _("Week"))


@admin.register(StaffAssignment)
class StaffAssignmentAdmin(BackOfficeAdmin):
    """At which locations somebody works."""

    viewers = adders = changers = deleters = MANAGERS
    list_display = ["user", "places"]
    list_select_related = ["user"]
    list_filter = [("locations", AutocompleteSelectFilter)]
    search_fields = ["user__full_name", "user__email"]
    autocomplete_fields = ["user", "locations"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffAssignment]:
        """With the locations in one more query."""
        return super().get_queryset(request).prefetch_related("locations")

    @display(description=_("locations"))
    def places(self, assignment: StaffAssignment) -> str:
        """Where they work."""
        return ", ".join(location.name for location in assignment.locations.all())
