"""Making many slots in one go: fill in, look at what would come day by day, make them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actors import from_request
from accounts.back_office import (
    RECEPTION,
    BooleanWidget,
    CheckboxesWidget,
    IntegerWidget,
    SelectWidget,
    TextWidget,
    staff_page,
)
from accounts.errors import DomainError
from scheduling.admin.scope import narrowed
from scheduling.models import Doctor, Location
from scheduling.services.bulk_slots import BulkPlan, BulkPreview, SkipReason, create_bulk_slots, plan_bulk_slots

BREAKS = 3


class BulkForm(forms.Form):
    """What staff ask for. Up to three breaks, each with both ends or neither."""

    doctor = forms.ModelChoiceField(label=gettext_lazy("Doctor"), queryset=Doctor.objects.none(), widget=SelectWidget)
    location = forms.ModelChoiceField(
        label=gettext_lazy("Location"), queryset=Location.objects.none(), widget=SelectWidget
    )
    start_date = forms.DateField(label=gettext_lazy("First day"), widget=TextWidget(attrs={"type": "date"}))
    end_date = forms.DateField(label=gettext_lazy("Last day"), widget=TextWidget(attrs={"type": "date"}))
    start_time = forms.TimeField(label=gettext_lazy("Starts"), widget=TextWidget(attrs={"type": "time"}))
    end_time = forms.TimeField(label=gettext_lazy("Ends"), widget=TextWidget(attrs={"type": "time"}))
    duration_minutes = forms.IntegerField(label=gettext_lazy("Minutes per slot"), initial=20, widget=IntegerWidget)
    capacity = forms.IntegerField(label=gettext_lazy("Patients per slot"), initial=1, widget=IntegerWidget)
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only on"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=CheckboxesWidget,
        required=False,
        help_text=gettext_lazy("None ticked means every day."),
    )
    exclude_weekends = forms.BooleanField(label=gettext_lazy("Not on weekends"), required=False, widget=BooleanWidget)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doctors: Any = self.fields["doctor"]
        doctors.queryset = narrowed(Doctor.objects.filter(is_active=True), user)
        locations: Any = self.fields["location"]
        locations.queryset = narrowed(Location.objects.filter(is_active=True), user)
        for number in range(1, BREAKS + 1):
            for end, label in (("start", _("Break %(n)s from")), ("end", _("Break %(n)s until"))):
                self.fields[f"break_{number}_{end}"] = forms.TimeField(
                    label=label % {"n": number}, required=False, widget=TextWidget(attrs={"type": "time"})
                )

    def clean(self) -> dict[str, Any]:
        """A break has two ends."""
        said = super().clean() or {}
        for number in range(1, BREAKS + 1):
            start, end = said.get(f"break_{number}_start"), said.get(f"break_{number}_end")
            if (start is None) != (end is None) and not self.errors:
                missing = "start" if start is None else "end"
                self.add_error(f"break_{number}_{missing}", _("Give both ends of the break, or none."))
        return said

    def plan(self) -> BulkPlan:
        """The plan in the words of the service."""
        said = self.cleaned_data
        same = ("start_date", "end_date", "start_time", "end_time", "duration_minutes", "capacity", "exclude_weekends")
        pairs = [(said[f"break_{n}_start"], said[f"break_{n}_end"]) for n in range(1, BREAKS + 1)]
        return BulkPlan(
            doctor_id=said["doctor"].pk,
            location_id=said["location"].pk,
            weekdays=frozenset(said["weekdays"]),
            breaks=tuple((start, end) for start, end in pairs if start is not None),
            **{name: said[name] for name in same},
        )


@staff_page(roles=RECEPTION)
def bulk_slots(request: HttpRequest) -> HttpResponseBase:
    """The form; with `preview`, what it would make; with `make`, the slots."""
    form = BulkForm(request.POST or None, user=request.user, initial={"doctor": request.GET.get("doctor")})
    preview: BulkPreview | None = None
    if form.is_valid():
        try:
            preview = plan_bulk_slots(form.plan())
            if "make" in request.POST:
                return _make(request, form.plan())
        except DomainError as refusal:
            form.add_error(_field(form, refusal), str(refusal))
    context = {
        **admin.site.each_context(request),
        "title": _("Make many slots"),
        "form": form,
        "preview": preview,
        "reasons": _reasons(preview),
    }
    return TemplateResponse(request, "admin/scheduling/bulk_slots.html", context)


def _field(form: BulkForm, refusal: DomainError) -> str | None:
    if refusal.field == "breaks":
        return "break_1_start"
    return refusal.field if refusal.field in form.fields else None


def _reasons(preview: BulkPreview | None) -> list[tuple[str, int]]:
    """What is left out and why, in words."""
    skipped = preview.skipped if preview else {}
    return [(str(reason.label), skipped[reason.value]) for reason in SkipReason if skipped.get(reason.value)]


def _make(request: HttpRequest, plan: BulkPlan) -> HttpResponseBase:
    batch = create_bulk_slots(plan=plan, actor=from_request(request))
    if batch is None:
        messages.warning(request, _("No slot was left to make."))
        return redirect("scheduling_admin:bulk_slots")
    made = batch.slots.count()
    messages.success(request, ngettext("%(n)s slot made.", "%(n)s slots made.", made) % {"n": made})
    return redirect("admin:scheduling_slotbatch_changelist")
