"""The wizard's first questions: which specialty, where, which doctor. All answers live in the query."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import public
from scheduling.selectors.availability import next_free_by_doctor
from scheduling.selectors.clinic import active_locations, doctors_offering, locations_offering, specialties_on_offer
from scheduling.views.wish import Wish, read_wish


@public
@require_GET
def choose_specialty(request: HttpRequest) -> HttpResponse:
    """Which kind of doctor somebody wants to see."""
    context = {"specialties": specialties_on_offer(), "locations": active_locations(), "wish": read_wish(request)}
    return render(request, "scheduling/book/specialty.html", context)


@public
@require_GET
def choose_location(request: HttpRequest) -> HttpResponse:
    """Where; asked only if the specialty is at more than one place."""
    wish = read_wish(request)
    if wish.specialty is None:
        return _ask_again(request, wish)
    locations = list(locations_offering(wish.specialty))
    if len(locations) == 1:
        return _next(wish)
    return render(request, "scheduling/book/location.html", {"wish": wish, "locations": locations})


@public
@require_GET
def choose_doctor(request: HttpRequest) -> HttpResponse:
    """Which doctor, or whoever is free first; each with the next free time and the fee."""
    wish = read_wish(request)
    if wish.specialty is None or wish.location is None:
        return _ask_again(request, wish)
    doctors = list(doctors_offering(wish.specialty, wish.location))
    upcoming = next_free_by_doctor(doctor_ids=[doctor.pk for doctor in doctors], location_id=wish.location.pk)
    for doctor in doctors:
        doctor.next_slot = upcoming.get(doctor.pk)  # type: ignore[attr-defined]
    soonest = min(upcoming.values(), key=lambda slot: slot.starts_at, default=None)
    context = {"wish": wish, "doctors": doctors, "soonest": soonest}
    return render(request, "scheduling/book/doctor.html", context)


def open_question(request: HttpRequest, wish: Wish) -> HttpResponse | None:
    """A redirect to the first question that is still open before the time can be chosen, if any."""
    if wish.answered:
        return None
    if wish.specialty is None or wish.location is None:
        return _ask_again(request, wish)
    if request.GET.get("doctor"):
        messages.warning(request, _("That doctor does not see patients here at the moment. Please choose another one."))
    return _next(wish)


def _ask_again(request: HttpRequest, wish: Wish) -> HttpResponse:
    """Back to the question whose answer is missing, saying so if there was an answer that is no longer on offer."""
    if wish.specialty is None:
        if request.GET.get("specialty"):
            messages.warning(request, _("We do not offer that at the moment. Please choose something else."))
        query = f"?{wish.query}" if wish.query else ""
        return HttpResponseRedirect(reverse("scheduling:book") + query)
    if request.GET.get("location"):
        messages.warning(request, _("That is not offered there at the moment. Please choose another place."))
    return HttpResponseRedirect(f"{reverse('scheduling:book_location')}?{wish.query}")


def _next(wish: Wish) -> HttpResponse:
    return redirect(f"{reverse('scheduling:book_doctor')}?{wish.query}")
