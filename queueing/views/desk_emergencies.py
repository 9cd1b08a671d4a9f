"""Somebody needs help: raising it from the desk, and saying that one sees to it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import from_request
from accounts.errors import DomainError
from queueing import rules
from queueing.forms.desk import EmergencyForm
from queueing.services.emergencies import acknowledge_emergency, raise_emergency
from queueing.states import LIVE, EmergencySource
from queueing.views.desk_actions import do_once
from queueing.views.desk_place import Place, StaffRequest, at_desk
from scheduling.clock import local_date


@at_desk
@never_cache
@sensitive_post_parameters("message")
@require_http_methods(["GET", "HEAD", "POST"])
def desk_emergency(request: StaffRequest, place: Place) -> HttpResponse:
    """Raise an emergency: every desk of the place is told at once. For scripts of other pages, those that are open."""
    frame = place.frame()
    if getattr(request, "htmx", False):
        return render(request, "queueing/desk/_emergency_list.html", {**frame, "oob": True})
    last_night = local_date(frame["now"], place.location.zone) - timedelta(days=1)  # a session may run past midnight
    tokens = rules.tokens_visible_to(request.user).filter(
        location=place.location, day__gte=last_night, status__in=sorted(LIVE)
    )
    form = EmergencyForm(request.POST if request.method == "POST" else None, tokens=tokens.order_by("code"))
    if request.method == "POST" and form.is_valid():
        asked = {name: request.POST.get(name, "") for name in ("message", "token")}
        try:
            words = do_once(request, f"{place.location.pk}.emergency", asked, lambda: _raise(request, place, form))
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, words or _("The alarm was raised already."))
            return redirect("queueing:desk_location", slug=place.location.slug)
    context = {**frame, "form": form, "operation": request.POST.get("operation", "")}
    return render(request, "queueing/desk/emergency.html", context)


def _raise(request: StaffRequest, place: Place, form: EmergencyForm) -> str:
    raise_emergency(
        location=place.location,
        source=EmergencySource.STAFF,
        actor=from_request(request),
        token=form.cleaned_data["token"],
        message=form.cleaned_data["message"],
    )
    return _("Every desk and every doctor here has been told.")


@at_desk
@never_cache
@require_POST
def desk_acknowledge(request: StaffRequest, place: Place, emergency_id: int) -> HttpResponse:
    """Say that one sees to it: the banner goes from every desk. Pressed twice, the first is remembered."""
    here = rules.emergencies_visible_to(request.user).filter(location=place.location)
    if not here.filter(pk=emergency_id).exists():
        raise Http404
    acknowledge_emergency(emergency_id=emergency_id, actor=from_request(request))
    if getattr(request, "htmx", False):
        said = {"words": _("You see to the emergency. The other desks have been told.")}
        return render(request, "queueing/desk/_frame_parts.html", {**place.frame(), "said": said})
    return redirect("queueing:desk_location", slug=place.location.slug)
