"""Slots and batches of slots in the back office."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import from_request
from accounts.back_office import (
    EVERYBODY,
    RECEPTION,
    AutocompleteSelectFilter,
    BackOfficeForm,
    DateWidget,
    IntegerWidget,
    TimeWidget,
    action,
    display,
)
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.admin.columns import on_the_clock
from scheduling.admin.date_filter import DayFilter, QuickDates
from scheduling.admin.scope import ClinicAdmin
from scheduling.models import Slot, SlotBatch
from scheduling.services.bulk_slots import undo_batch
from scheduling.services.calendar import change_capacity, close_slot, create_slot, delete_slot, open_slot


class SlotForm(BackOfficeForm):
    """One more slot, by the clock of its location; of one that exists only the capacity changes here."""

    date = forms.DateField(label=gettext_lazy("Date"), widget=DateWidget)
    time = forms.TimeField(
        label=gettext_lazy("Time"), widget=TimeWidget, help_text=gettext_lazy("By the clock of the location.")
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=5, max_value=480, initial=20, widget=IntegerWidget
    )

    class Meta:
        model = Slot
        fields = ["doctor", "location", "capacity"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("date", "time", "minutes"):
                del self.fields[name]


class IsFree(admin.SimpleListFilter):
    """Slots with and without a free seat."""

    title = gettext_lazy("free seats")
    parameter_name = "free"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Two ways."""
        return [("yes", _("Some free")), ("no", _("Full")), ("booked", _("Somebody booked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Slot]) -> QuerySet[Slot]:
        """As chosen."""
        chosen = {"yes": Q(taken__lt=F("capacity")), "no": Q(taken__gte=F("capacity")), "booked": Q(taken__gt=0)}
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(Slot)
class SlotAdmin(QuickDates, ClinicAdmin):
    """Times that can be booked. How many seats are taken is shown, never typed."""

    form = SlotForm
    quick_dates = "starts_at"
    viewers, adders, changers, deleters = EVERYBODY, RECEPTION, RECEPTION, RECEPTION
    list_display = ["when", "doctor", "location", "seats", "is_open", "made_by"]
    list_filter = [
        ("starts_at", DayFilter),
        ("doctor", AutocompleteSelectFilter),
        ("location", AutocompleteSelectFilter),
        "is_open",
        IsFree,
    ]
    list_select_related = ["doctor", "location"]
    search_fields = ["doctor__name"]
    search_help_text = gettext_lazy("Name of the doctor")
    autocomplete_fields = ["doctor", "location"]
    actions = ["open_them", "close_them", "remove_them"]
    change_list_template = "admin/scheduling/slot_list.html"
    add_fieldsets = [
        (None, {"fields": [("doctor", "location"), ("date", "time"), ("minutes", "capacity")]}),
    ]
    fieldsets = [
        (None, {"fields": [("when", "until"), ("doctor", "location"), ("capacity", "taken"), ("is_open", "made_by")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slot]:
        """With what a row needs."""
        return super().get_queryset(request).select_related("doctor", "location")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All but the capacity."""
        return ["when", "until", "doctor", "location", "taken", "is_open", "made_by"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Date and time are fields of the form, not of the table."""
        kwargs["fields"] = ["capacity"] if obj else ["doctor", "location", "capacity"]
        return super().get_form(request, obj, change=change, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Open, close, remove; each through its service."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions if self.has_change_permission(request) else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the services."""
        said, actor = form.cleaned_data, from_request(request)
        if change:
            change_capacity(slot_id=obj.pk, capacity=said["capacity"], actor=actor)
            return
        slot = create_slot(
            doctor_id=obj.doctor_id,
            location_id=obj.location_id,
            starts=datetime.combine(said["date"], said["time"]),
            minutes=said["minutes"],
            capacity=said["capacity"],
            actor=actor,
        )
        obj.pk, obj.starts_at, obj.ends_at = slot.pk, slot.starts_at, slot.ends_at

    def delete_model(self, request: HttpRequest, obj: Slot) -> None:
        """Only one that nobody has."""
        delete_slot(slot_id=obj.pk, actor=from_request(request))

    @action(description=gettext_lazy("Open"))
    def open_them(self, request: HttpRequest, queryset: Any) -> Any:
        """Offer them again."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="open_them",
            title=_("Open slots"),
            explanation=_("They are offered to patients again. Nobody is told."),
            button=_("Open"),
            do=lambda slot: open_slot(slot_id=slot.pk, actor=from_request(request)),
            in_words=self.in_words,
        )

    @action(description=gettext_lazy("Close"))
    def close_them(self, request: HttpRequest, queryset: Any) -> Any:
        """Offer them no longer."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="close_them",
            title=_("Close slots"),
            explanation=_("They are offered no longer. Whoever is booked in them stays. Nobody is told."),
            button=_("Close"),
            do=lambda slot: close_slot(slot_id=slot.pk, actor=from_request(request)),
            in_words=self.in_words,
        )

    @action(description=gettext_lazy("Remove"))
    def remove_them(self, request: HttpRequest, queryset: Any) -> Any:
        """Take away those that nobody has."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="remove_them",
            title=_("Remove slots"),
            explanation=_("Those that nobody has go away. Those with somebody booked stay, and you are told which."),
            button=_("Remove"),
            do=lambda slot: delete_slot(slot_id=slot.pk, actor=from_request(request)),
            in_words=self.in_words,
        )

    @staticmethod
    def in_words(slot: Slot) -> str:
        """When, where, and how many seats are taken."""
        when = on_the_clock(slot.starts_at, slot.location)
        return f"{when}, {slot.location}, {slot.taken}/{slot.capacity}"

    @display(description=gettext_lazy("when"), ordering="starts_at")
    def when(self, slot: Slot) -> str:
        """By the clock of its location."""
        return on_the_clock(slot.starts_at, slot.location)

    @display(description=gettext_lazy("until"))
    def until(self, slot: Slot) -> str:
        """By the clock of its location."""
        return on_the_clock(slot.ends_at, slot.location)

    @display(description=gettext_lazy("taken"), ordering="taken")
    def seats(self, slot: Slot) -> str:
        """Taken of all."""
        return _("%(taken)s of %(capacity)s") % {"taken": slot.taken, "capacity": slot.capacity}

    @display(description=gettext_lazy("made by"))
    def made_by(self, slot: Slot) -> str:
        """The hours, a batch, or somebody by hand."""
        if slot.availability_id:
            return _("Hours")
        return _("Batch") if slot.batch_id else _("By hand")


@admin.register(SlotBatch)
class SlotBatchAdmin(ClinicAdmin):
    """Slots that were made in one go; those that nobody booked can be undone in one go."""

    viewers, adders, changers = EVERYBODY, RECEPTION, frozenset()
    list_display = ["description", "doctor", "location", "created_at", "created_by", "slots_left", "slots_booked"]
    list_select_related = ["doctor", "location", "created_by"]
    list_filter = [("doctor", AutocompleteSelectFilter)]
    actions = ["undo"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SlotBatch]:
        """With how many slots are left of it."""
        counts = {"left": Count("slots"), "booked": Count("slots", filter=Q(slots__taken__gt=0))}
        return super().get_queryset(request).annotate(**counts)

    def has_undo_permission(self, request: HttpRequest) -> bool:
        """Reception and managers."""
        return self.has_role(request, RECEPTION)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        """Batches are made on a page with a preview."""
        return redirect("scheduling_admin:bulk_slots")

    @action(description=gettext_lazy("Undo"), permissions=["undo"])
    def undo(self, request: HttpRequest, queryset: Any) -> Any:
        """Take back those that nobody booked."""

        def undo_one(batch: SlotBatch) -> None:
            outcome = undo_batch(batch_id=batch.pk, actor=from_request(request))
            messages.info(request, f"{batch}: {outcome}")

        return run_one_by_one(
            self,
            request,
            queryset,
            action="undo",
            title=_("Undo batches of slots"),
            explanation=_("The slots that nobody has go away; those with somebody booked stay. Nobody is told."),
            button=_("Undo"),
            do=undo_one,
            in_words=lambda batch: (
                _("%(left)s slots left, %(booked)s of them booked") % {"left": batch.left, "booked": batch.booked}
            ),
        )

    @display(description=gettext_lazy("slots left"))
    def slots_left(self, batch: Any) -> int:
        """How many there still are."""
        return int(batch.left)

    @display(description=gettext_lazy("booked"))
    def slots_booked(self, batch: Any) -> int:
        """How many of them somebody has."""
        return int(batch.booked)
