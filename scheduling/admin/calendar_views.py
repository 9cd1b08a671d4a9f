"""A doctor's day and week, and moving visits in it by two clicks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.back_office import RECEPTION, roles_of, staff_page
from scheduling.admin.appointment_actions import in_words
from scheduling.admin.columns import STATUS_COLOURS
from scheduling.admin.date_filter import read_date
from scheduling.admin.scope import narrowed
from scheduling.models import Appointment, Doctor, Slot
from scheduling.selectors.doctor_calendar import CalendarDay, days_of_doctor
from scheduling.states import UPCOMING

VIEWS = {"day": 1, "week": 7}


@staff_page()
def calendar(request: HttpRequest) -> HttpResponseBase:
    """The calendar of one doctor: `?doctor=&date=&view=day|week`, and `&move=` while a visit is being moved."""
    doctors = list(narrowed(Doctor.objects.select_related("specialty"), request.user))
    doctor = _chosen(request, doctors)
    view = request.GET.get("view", "week") if request.GET.get("view") in VIEWS else "week"
    day = read_date(request.GET.get("date")) or timezone.localdate()
    first = day - timedelta(days=day.weekday()) if view == "week" else day
    may_book = bool(RECEPTION & roles_of(request.user))
    days: list[CalendarDay] = []
    if doctor is not None:
        days = days_of_doctor(
            doctor=doctor,
            first=first,
            days=VIEWS[view],
            slots=narrowed(Slot.objects.all(), request.user),
            visits=narrowed(Appointment.objects.all(), request.user),
        )
    moving = _moving(request) if may_book else None
    context = {
        **admin.site.each_context(request),
        "title": _("Calendar"),
        "doctors": doctors,
        "doctor": doctor,
        "view": view,
        "day": day,
        "days": days,
        "zones": sorted({entry.slot.location.time_zone for column in days for entry in column.slots}),
        "today": timezone.localdate(),
        "may_book": may_book,
        "moving": moving,
        "moving_words": in_words(moving) if moving else "",
        "movable": UPCOMING,
        "colours": STATUS_COLOURS,
        "links": _links(doctor, first, view, moving),
    }
    return TemplateResponse(request, "admin/scheduling/calendar.html", context)


def _chosen(request: HttpRequest, doctors: list[Doctor]) -> Doctor | None:
    """Who is asked for, else the doctor who is looking, else the first of the list."""
    wanted = request.GET.get("doctor", "")
    for doctor in doctors:
        if str(doctor.pk) == wanted:
            return doctor
    own = next((doctor for doctor in doctors if doctor.user_id == request.user.pk), None)
    return own or next((doctor for doctor in doctors if doctor.is_active), None)


def _moving(request: HttpRequest) -> Appointment | None:
    key = request.GET.get("move", "")
    if not key.isdigit():
        return None
    visits = Appointment.objects.select_related("patient", "doctor", "location").filter(status__in=sorted(UPCOMING))
    return narrowed(visits, request.user).filter(pk=int(key[:18])).first()


def _links(doctor: Doctor | None, first: date, view: str, moving: Appointment | None) -> dict[str, str]:
    """Where the buttons above the calendar lead."""
    length = timedelta(days=VIEWS[view])

    def link(day: date, kind: str = view) -> str:
        parameters: dict[str, Any] = {"doctor": doctor.pk if doctor else "", "date": day.isoformat(), "view": kind}
        if moving is not None:
            parameters["move"] = moving.pk
        return "?" + "&".join(f"{name}={value}" for name, value in parameters.items())

    stay = f"?doctor={doctor.pk if doctor else ''}&date={first.isoformat()}&view={view}"
    return {
        "before": link(first - length),
        "today": link(timezone.localdate()),
        "after": link(first + length),
        "day": link(first, "day"),
        "week": link(first, "week"),
        "stop_moving": stay,
        "base": reverse("scheduling_admin:calendar"),
        "stay": stay,
    }
