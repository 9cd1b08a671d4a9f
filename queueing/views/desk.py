"""The live desk: the queues of a place side by side, or one doctor's. Looking changes nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.permissions import staff
from queueing import rules
from queueing.selectors.desk import Column, columns_of, doctors_today
from queueing.views.desk_place import Place, StaffRequest, at_desk
from scheduling.models import Doctor


@staff
@never_cache
@require_safe
def desk(request: StaffRequest) -> HttpResponse:
    """Lead to the only desk there is for somebody; who works at several places or queues chooses."""
    locations = list(rules.locations_with_desk(request.user).order_by("name", "pk"))
    if len(locations) == 1:
        return _to_location(request, locations[0].slug)
    return render(request, "queueing/desk/choose.html", {"locations": locations})


def _to_location(request: StaffRequest, slug: str) -> HttpResponse:
    location = rules.locations_with_desk(request.user).get(slug=slug)
    doctors = list(doctors_today(request.user, location)[:2])
    if len(doctors) == 1:
        return redirect("queueing:desk_doctor", slug=slug, doctor_id=doctors[0].pk)
    return redirect("queueing:desk_location", slug=slug)


@at_desk
@never_cache
@require_safe
def desk_location(request: HttpRequest, place: Place) -> HttpResponse:
    """All queues of the place today that are this person's to work."""
    doctors = list(doctors_today(place.user, place.location))
    here = [doctor for doctor in doctors if is_in(doctor)]
    elsewhere = [doctor for doctor in doctors if not is_in(doctor)]
    return show_desk(request, place, columns_of(place.location, here), elsewhere=elsewhere)


@at_desk
@never_cache
@require_safe
def desk_doctor(request: HttpRequest, place: Place, doctor_id: int) -> HttpResponse:
    """One doctor's queue."""
    doctor = place.doctor(doctor_id)
    return show_desk(request, place, columns_of(place.location, [doctor]), only=doctor)


def show_desk(
    request: HttpRequest,
    place: Place,
    columns: list[Column],
    *,
    only: Doctor | None = None,
    elsewhere: list[Doctor] | None = None,
    said: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page; for the page's own script, which has it already, the parts of it that may have changed.

    `said` is what is answered to a press: `doctor_id`, and `refusal` or `words`.
    """
    context = {
        **place.frame(),
        "columns": columns,
        "only": only,
        "elsewhere": elsewhere or [],
        "said": said,
        "doctors_shown": " ".join(str(column.doctor.pk) for column in columns),
    }
    page = "_parts.html" if getattr(request, "htmx", False) else "desk.html"
    return render(request, f"queueing/desk/{page}", context, status=status)


def is_in(doctor: Doctor) -> bool:
    """Whether a doctor of `doctors_today` sees patients today."""
    return bool(getattr(doctor, "is_in", False))
