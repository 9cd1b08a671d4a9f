"""Hours, time off and closures in the back office. Where people are booked, staff choose for each of them."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actors import from_request
from accounts.back_office import (
    EVERYBODY,
    RECEPTION,
    AutocompleteSelectFilter,
    BackOfficeForm,
    BackOfficeInline,
    CheckboxesWidget,
    DateWidget,
    TimeWidget,
    display,
)
from scheduling import rules
from scheduling.admin.affected import MESSAGE, read_decisions, rows_of
from scheduling.admin.columns import on_the_clock
from scheduling.admin.scope import ClinicAdmin
from scheduling.errors import AppointmentsAffected
from scheduling.models import Availability, AvailabilityBreak, Location, TimeOff
from scheduling.services.affected import CalendarOutcome
from scheduling.services.availability import (
    preview_availability,
    preview_retirement,
    retire_availability,
    save_availability,
)
from scheduling.services.time_off import add_time_off, change_time_off, preview_time_off, remove_time_off


class ShowsAffected:
    """A form whose saving may strand people: it comes back with them, everything typed, and a choice for each."""

    change_form_template = "admin/scheduling/calendar_form.html"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        """With the people affected, if saving found any."""
        context["affected"] = rows_of(request, getattr(request, "affected", []))
        context["affected_message"] = request.POST.get(MESSAGE, "")
        return super().render_change_form(request, context, **kwargs)  # type: ignore[misc]

    def tell(self, request: HttpRequest, outcome: CalendarOutcome) -> None:
        """What the change did, in one sentence."""
        parts = [
            ngettext("%(n)s slot added", "%(n)s slots added", outcome.added) % {"n": outcome.added},
            ngettext("%(n)s slot removed", "%(n)s slots removed", outcome.removed) % {"n": outcome.removed},
            ngettext("%(n)s slot closed", "%(n)s slots closed", outcome.closed) % {"n": outcome.closed},
            ngettext("%(n)s visit moved", "%(n)s visits moved", outcome.moved) % {"n": outcome.moved},
            ngettext("%(n)s visit cancelled", "%(n)s visits cancelled", outcome.cancelled) % {"n": outcome.cancelled},
        ]
        numbers = [outcome.added, outcome.removed, outcome.closed, outcome.moved, outcome.cancelled]
        said = [part for part, number in zip(parts, numbers, strict=True) if number]
        messages.info(request, ", ".join(said) or _("No slot changed."))


class AvailabilityForm(BackOfficeForm):
    """A doctor's hours, with weekdays to tick."""

    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Weekdays"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=CheckboxesWidget,
        required=False,
        help_text=gettext_lazy("Leave all empty to use the recurrence rule below."),
    )

    class Meta:
        model = Availability
        fields = [
            "doctor",
            "location",
            "weekdays",
            "rrule",
            "valid_from",
            "valid_until",
            "start_time",
            "end_time",
            "slot_minutes",
            "capacity",
            "is_active",
        ]


class BreakInline(BackOfficeInline):
    """Pauses inside the session."""

    model = AvailabilityBreak
    viewers, adders, changers, deleters = EVERYBODY, RECEPTION, RECEPTION, RECEPTION


@admin.register(Availability)
class AvailabilityAdmin(ShowsAffected, ClinicAdmin):
    """Recurring hours. Saving brings the slots to come in line with them; deleting retires them."""

    form = AvailabilityForm
    inlines = [BreakInline]
    viewers, adders, changers, deleters = EVERYBODY, RECEPTION, RECEPTION, RECEPTION
    list_display = [
        "doctor",
        "location",
        "days",
        "hours",
        "slot_minutes",
        "capacity",
        "valid_from",
        "valid_until",
        "is_active",
    ]
    list_filter = ["is_active", ("doctor", AutocompleteSelectFilter), ("location", AutocompleteSelectFilter)]
    list_select_related = ["doctor", "location"]
    search_fields = ["doctor__name"]
    autocomplete_fields = ["doctor", "location"]
    fieldsets = [
        (None, {"fields": [("doctor", "location"), "is_active"]}),
        (gettext_lazy("Days"), {"fields": ["weekdays", "rrule", ("valid_from", "valid_until")]}),
        (
            gettext_lazy("Hours, by the clock of the location"),
            {"fields": [("start_time", "end_time"), ("slot_minutes", "capacity")]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose hours they are stays; `retire` and make new ones instead."""
        return ["doctor", "location"] if obj else []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No deleting in bulk: each may strand somebody."""
        return {}

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        """Nothing yet: hours and breaks are saved together, below."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save hours and breaks through the service; whoever is stranded is shown first."""
        breaks = [
            (row.cleaned_data["start_time"], row.cleaned_data["end_time"])
            for formset in formsets
            for row in formset.forms
            if row.cleaned_data and not row.cleaned_data.get("DELETE")
        ]
        try:
            outcome = save_availability(
                availability=form.instance,
                breaks=breaks,
                decisions=read_decisions(request),
                actor=from_request(request),
            )
        except AppointmentsAffected:
            request.affected = preview_availability(availability=form.instance, breaks=breaks).affected  # type: ignore[attr-defined]
            raise
        self.tell(request, outcome)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """None: the audit trail says what changed."""
        return []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Retire the hours: the slots to come go, except where people are kept."""
        hours = self.get_object(request, object_id)
        if hours is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_delete_permission(request, hours):
            return HttpResponseRedirect(reverse("admin:scheduling_availability_change", args=[hours.pk]))
        if request.method == "POST":
            try:
                outcome = retire_availability(
                    availability_id=hours.pk, decisions=read_decisions(request), actor=from_request(request)
                )
            except AppointmentsAffected as refusal:
                messages.error(request, str(refusal))
            else:
                self.tell(request, outcome)
                return HttpResponseRedirect(reverse("admin:scheduling_availability_changelist"))
        preview = preview_retirement(availability_id=hours.pk)
        context = {
            **admin.site.each_context(request),
            "title": _("Retire these hours"),
            "hours": hours,
            "preview": preview,
            "affected": rows_of(request, preview.affected),
            "affected_message": request.POST.get(MESSAGE, ""),
        }
        return TemplateResponse(request, "admin/scheduling/retire.html", context)

    @display(description=gettext_lazy("days"))
    def days(self, hours: Availability) -> str:
        """Weekdays, or the rule."""
        if hours.weekdays:
            return ", ".join(str(WEEKDAYS_ABBR[day]) for day in sorted(hours.weekdays) if day in WEEKDAYS_ABBR)
        return hours.rrule

    @display(description=gettext_lazy("hours"))
    def hours(self, hours: Availability) -> str:
        """From and to; past midnight is said."""
        over = hours.end_time <= hours.start_time
        text = f"{hours.start_time:%H:%M}-{hours.end_time:%H:%M}"
        return _("%(hours)s (next day)") % {"hours": text} if over else text


class TimeOffForm(BackOfficeForm):
    """Leave or a closure, in the wall clock of the location."""

    start_date = forms.DateField(label=gettext_lazy("From"), widget=DateWidget)
    start_time = forms.TimeField(label=gettext_lazy("Starting time"), widget=TimeWidget, initial=time(0, 0))
    end_date = forms.DateField(label=gettext_lazy("Until"), widget=DateWidget)
    end_time = forms.TimeField(label=gettext_lazy("Ending time"), widget=TimeWidget, initial=time(23, 59))

    class Meta:
        model = TimeOff
        fields = ["doctor", "location", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            zone = zone_of(self.instance)
            first, last = self.instance.starts_at.astimezone(zone), self.instance.ends_at.astimezone(zone)
            self.initial.update(start_date=first.date(), start_time=first.time())
            self.initial.update(end_date=last.date(), end_time=last.time())

    def moments(self) -> dict[str, datetime]:
        """Both ends, by the clock on the wall."""
        said = self.cleaned_data
        return {
            "starts": datetime.combine(said["start_date"], said["start_time"]),
            "ends": datetime.combine(said["end_date"], said["end_time"]),
        }


def zone_of(entry: TimeOff) -> zoneinfo.ZoneInfo:
    """The clock by which a time off reads."""
    location: Location | None = entry.location
    if location is None and entry.doctor is not None:
        location = next(iter(sorted(entry.doctor.locations.all(), key=lambda place: place.pk)), None)
    return location.zone if location else zoneinfo.ZoneInfo(settings.DEFAULT_TIME_ZONE)


def _keeps(request: HttpRequest, entry: TimeOff | None) -> bool:
    """Whether a time off is theirs to change; for lists, which ask about none, whether any could be."""
    return entry is None or TimeOff.objects.filter(rules.time_off_kept_by(request.user), pk=entry.pk).exists()


@admin.register(TimeOff)
class TimeOffAdmin(ShowsAffected, ClinicAdmin):
    """Leave and closures. Entering one takes the slots in it away; deleting one brings back what the hours want."""

    form = TimeOffForm
    viewers, adders, changers, deleters = EVERYBODY, RECEPTION, RECEPTION, RECEPTION
    list_display = ["who", "starts", "ends", "reason"]
    list_filter = [("doctor", AutocompleteSelectFilter), ("location", AutocompleteSelectFilter)]
    list_select_related = ["doctor", "location"]
    search_fields = ["doctor__name", "location__name", "reason"]
    autocomplete_fields = ["doctor", "location"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("doctor", "location"),
                    ("start_date", "start_time"),
                    ("end_date", "end_time"),
                    "reason",
                ],
                "description": gettext_lazy(
                    "Choose a doctor for leave, a location for a closure, both for leave at that location only. Times "
                    "are by the clock of the location; for leave everywhere, by that of the doctor's first one."
                ),
            },
        )
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what is at places of theirs, or everywhere."""
        return super().has_change_permission(request, obj) and _keeps(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The same."""
        return super().has_delete_permission(request, obj) and _keeps(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeOff]:
        """With the places whose clocks the lists need."""
        return super().get_queryset(request).select_related("doctor", "location").prefetch_related("doctor__locations")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose time off it is stays."""
        return ["doctor", "location"] if obj else []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None in bulk."""
        return {}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Dates and times are fields of the form, not of the table."""
        kwargs["fields"] = ["reason"] if obj else ["doctor", "location", "reason"]
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the services; whoever is stranded is shown first."""
        actor, decisions, reason = from_request(request), read_decisions(request), form.cleaned_data["reason"]
        whose = {"doctor_id": obj.doctor_id, "location_id": obj.location_id}
        try:
            if change:
                outcome = change_time_off(
                    time_off_id=obj.pk, reason=reason, decisions=decisions, actor=actor, **form.moments()
                )
            else:
                entry, outcome = add_time_off(
                    reason=reason, decisions=decisions, actor=actor, **whose, **form.moments()
                )
                obj.pk = entry.pk
                obj.starts_at, obj.ends_at = entry.starts_at, entry.ends_at
        except AppointmentsAffected:
            preview = preview_time_off(time_off_id=obj.pk, **form.moments(), **({} if change else whose))
            request.affected = preview.affected  # type: ignore[attr-defined]
            raise
        self.tell(request, outcome)

    def delete_model(self, request: HttpRequest, obj: TimeOff) -> None:
        """The slots that the hours want come back."""
        self.tell(request, remove_time_off(time_off_id=obj.pk, actor=from_request(request)))

    @display(description=gettext_lazy("who"))
    def who(self, entry: TimeOff) -> str:
        """The doctor, the location, or the doctor there."""
        return ", ".join(str(part) for part in (entry.doctor, entry.location) if part)

    @display(description=gettext_lazy("from"), ordering="starts_at")
    def starts(self, entry: TimeOff) -> str:
        """By the wall clock."""
        return on_the_clock(entry.starts_at, Location(time_zone=str(zone_of(entry))))

    @display(description=gettext_lazy("until"), ordering="ends_at")
    def ends(self, entry: TimeOff) -> str:
        """By the wall clock."""
        return on_the_clock(entry.ends_at, Location(time_zone=str(zone_of(entry))))
