"""Joining the waitlist when no time suits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actors import from_request
from accounts.errors import DomainError
from accounts.permissions import public
from scheduling.clock import local_date
from scheduling.forms.booking import SOMEBODY_NEW, PatientForm, WhoForm
from scheduling.forms.waiting import DaysForm
from scheduling.models import Patient, WaitlistEntry
from scheduling.query_values import read_day
from scheduling.selectors.people import family_of
from scheduling.services.patients import PatientDetails
from scheduling.services.waitlist import LONGEST_WAIT, join_waitlist
from scheduling.views.wish import Wish, read_wish

USUAL_WAIT = timedelta(days=14)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Ask on which days somebody could come and who, and put them on the list."""
    wish = read_wish(request)
    if wish.specialty is None or wish.location is None:
        return HttpResponseRedirect(reverse("scheduling:book"))
    forms = _forms(request, wish)
    if request.method == "POST" and _all_valid(forms):
        try:
            entry = _join(request, wish, forms)
        except DomainError as error:
            _tell(forms, error)
        else:
            return redirect("scheduling:waitlist_entry", secret=entry.secret)
    return _page(request, wish, forms)


def _forms(request: HttpRequest, wish: Wish) -> dict[str, Any]:
    """The days, who of the family, and somebody new; the second only where there is a family."""
    data = request.POST if request.method == "POST" else None
    today = local_date(timezone.now(), wish.location.zone) if wish.location else timezone.localdate()
    first = min(max(read_day(request.GET.get("day")) or today, today), today + LONGEST_WAIT)
    forms: dict[str, Any] = {
        "days": DaysForm(data, initial={"earliest_date": first, "latest_date": first + USUAL_WAIT}, today=today)
    }
    family = family_of(request.user) if request.user.is_authenticated else []
    if family:
        forms["who"] = WhoForm(data, patients=family, initial={"patient": family[0].pk})
    is_new = not family or (data is not None and data.get("patient") == SOMEBODY_NEW)
    forms["new_patient"] = PatientForm(data if is_new else None, initial=_contact_of(request))
    return forms


def _contact_of(request: HttpRequest) -> dict[str, str]:
    user = request.user
    return {"phone": str(user.phone or ""), "email": user.email or ""} if user.is_authenticated else {}


def _all_valid(forms: dict[str, Any]) -> bool:
    bound = [form for form in forms.values() if form.is_bound]
    return sum(form.is_valid() for form in bound) == len(bound)  # every form, so that each shows its errors


def _join(request: HttpRequest, wish: Wish, forms: dict[str, Any]) -> WaitlistEntry:
    days = forms["days"].cleaned_data
    return join_waitlist(
        patient=_patient(request, forms),
        doctor_id=wish.search.get("doctor_id"),
        specialty_id=wish.search.get("specialty_id"),
        location_id=wish.search.get("location_id"),
        earliest_date=days["earliest_date"],
        latest_date=days["latest_date"],
        actor=from_request(request),
    )


def _patient(request: HttpRequest, forms: dict[str, Any]) -> Patient | PatientDetails:
    if forms["new_patient"].is_bound:
        details: PatientDetails = forms["new_patient"].details()
        return details
    chosen = int(forms["who"].cleaned_data["patient"])
    return next(patient for patient in family_of(request.user) if patient.pk == chosen)  # type: ignore[arg-type]


def _tell(forms: dict[str, Any], error: DomainError) -> None:
    """Put the service's sentence beside the field it is about, else above the form."""
    for form in forms.values():
        if form.is_bound and error.field in form.fields:
            form.add_error(error.field, str(error))
            return
    forms["days"].add_error(None, str(error))


def _page(request: HttpRequest, wish: Wish, forms: dict[str, Any]) -> HttpResponse:
    bound = [form for form in forms.values() if form.is_bound]
    wrong = [form for form in bound if form.errors]
    context = forms | {"wish": wish, "bound_forms": bound, "has_errors": bool(wrong)}
    context["title"] = _("Join the waitlist")
    return render(request, "scheduling/book/waitlist_join.html", context)
