"""The start page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.permissions import public
from scheduling.selectors.availability import next_free_slots
from scheduling.selectors.clinic import active_locations
from scheduling.views.wish import wish_for


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What a patient can do here, and when the next doctor is free."""
    soonest = next(iter(next_free_slots(limit=1)), None)
    context: dict[str, Any] = {"soonest": soonest, "locations": active_locations()}
    if soonest is not None:
        context["soonest_url"] = f"{reverse('scheduling:book_time')}?{wish_for(soonest).query}"
    return render(request, "scheduling/home.html", context)
