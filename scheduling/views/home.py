"""The start page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import public
from scheduling.selectors.availability import next_free_slots
from scheduling.selectors.clinic import active_locations


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What a patient can do here, and when the next doctor is free."""
    soonest = next(iter(next_free_slots(limit=1)), None)
    return render(request, "scheduling/home.html", {"soonest": soonest, "locations": active_locations()})
