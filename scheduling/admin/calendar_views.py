"""A doctor's day and week, and moving visits in it by two clicks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.back_office import RECEPTION, roles_of, staff_page
from accounts.middleware import BACKGROUND_HEADER
from scheduling import rules
from scheduling.admin.appointment_actions import in_words
from scheduling.admin.date_filter import read_date
from scheduling.admin.scope import narrowed, sees_everything
from scheduling.admin.search import read_key
from scheduling.models import Appointment, Doctor
from scheduling.selectors.calendar import CalendarDay, CalendarEntry, doctor_day, doctor_week
from scheduling.states import UPCOMING

VIEWS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class ShownEntry:
    """A slot as one reader sees it: visits they may see by name, others' only as a number."""

    entry: CalendarEntry
    visits: list[Appointment]

    @property
    def others(self) -> int:
        """How many are booked whom the reader may not see."""
        return len(self.entry.appointments) - len(self.visits)

    @property
    def bookable(self) -> bool:
        """Whether somebody could be booked here now."""
        return self.entry.slot.is_open and self.entry.free > 0 and self.entry.slot.starts_at > timezone.now()


@dataclass(frozen=True)
class ShownDay:
    """A day of the calendar as one reader sees it."""

    day: CalendarDay
    entries: list[ShownEntry]
    without_slot: list[Appointment]


@staff_page()
def calendar(request: HttpRequest) -> HttpResponseBase:
    """The calendar of one doctor: `?doctor=&date=&view=day|week`, and `&move=` while a visit is being moved.

    A page that is open draws its days anew by itself: it asks with the header of background requests.
    """
    doctors = list(narrowed(Doctor.objects.select_related("specialty"), request.user))
    doctor = _chosen(request, doctors)
    view = request.GET.get("view", "week") if request.GET.get("view") in VIEWS else "week"
    day = read_date(request.GET.get("date")) or timezone.localdate()
    first = day - timedelta(days=day.weekday()) if view == "week" else day
    may_book = bool(RECEPTION & roles_of(request.user))
    days = _shown_days(request, doctor, first, view) if doctor is not None else []
    moving = _moving(request) if may_book else None
    context = {
        "doctors": doctors,
        "doctor": doctor,
        "view": view,
        "day": day,
        "days": days,
        "last_day": days[-1].day.date if days else first,
        "zones": sorted({shown.entry.slot.location.time_zone for column in days for shown in column.entries}),
        "today": timezone.localdate(),
        "may_book": may_book,
        "moving": moving,
        "moving_words": in_words(moving) if moving else "",
        "movable": UPCOMING,
        "links": _links(doctor, first, view, moving),
    }
    if BACKGROUND_HEADER in request.headers:
        return TemplateResponse(request, "admin/scheduling/_calendar_days.html", context)
    frame = {**admin.site.each_context(request), "title": _("Calendar")}
    return TemplateResponse(request, "admin/scheduling/calendar.html", {**frame, **context})


def _shown_days(request: HttpRequest, doctor: Doctor, first: date, view: str) -> list[ShownDay]:
    """The days at the reader's locations, with only the names that they may see."""
    everything = sees_everything(request.user)
    places = None if everything else list(rules.locations_of(request.user).values_list("pk", flat=True))
    if view == "week":
        days = doctor_week(doctor_id=doctor.pk, day=first, location_ids=places)
    else:
        days = [doctor_day(doctor_id=doctor.pk, day=first, location_ids=places)]
    booked = [visit.pk for day in days for entry in day.entries for visit in entry.appointments]
    booked += [visit.pk for day in days for visit in day.without_slot]
    visible = set(booked)
    if not everything:
        seen = narrowed(Appointment.objects.filter(pk__in=booked), request.user)
        visible = set(seen.order_by().values_list("pk", flat=True))
    return [
        ShownDay(
            day=day,
            entries=[
                ShownEntry(entry, [visit for visit in entry.appointments if visit.pk in visible])
                for entry in day.entries
                if entry.appointments or not entry.is_over  # what nobody used is noise
            ],
            without_slot=[visit for visit in day.without_slot if visit.pk in visible],
        )
        for day in days
    ]


def _chosen(request: HttpRequest, doctors: list[Doctor]) -> Doctor | None:
    """Who is asked for, else the doctor who is looking, else the first of the list."""
    wanted = request.GET.get("doctor", "")
    for doctor in doctors:
        if str(doctor.pk) == wanted:
            return doctor
    own = next((doctor for doctor in doctors if doctor.user_id == request.user.pk), None)
    return own or next((doctor for doctor in doctors if doctor.is_active), None)


def _moving(request: HttpRequest) -> Appointment | None:
    key = read_key(request.GET.get("move"))
    if key is None:
        return None
    visits = Appointment.objects.select_related("patient", "doctor", "location").filter(status__in=sorted(UPCOMING))
    return narrowed(visits, request.user).filter(pk=key).first()


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
        "here": link(first),
        "base": reverse("scheduling_admin:calendar"),
        "stay": stay,
    }
