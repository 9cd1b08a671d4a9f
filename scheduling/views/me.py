"""A signed-in person's own page: their appointments, their family, their waitlist, their privacy."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actors import from_request
from accounts.errors import DomainError
from accounts.models import User
from accounts.permissions import signed_in
from scheduling.forms.family import FamilyMemberForm, RecordForm
from scheduling.models import Patient
from scheduling.selectors.people import family_of, past_visits_of, upcoming_visits_of, waitlist_of
from scheduling.services.patients import add_to_family, update_patient

PAST_PER_PAGE = 20


class SignedInRequest(HttpRequest):
    """What `signed_in` lets through: a request of somebody we know."""

    user: User


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD"])
def me(request: SignedInRequest) -> HttpResponse:
    """Everything that is ahead, the people one looks after, and the last visits."""
    user = request.user
    context = {
        "upcoming": upcoming_visits_of(user),
        "past": Paginator(past_visits_of(user), PAST_PER_PAGE).get_page(request.GET.get("page")),
        "family": family_of(user),
        "waitlist": waitlist_of(user),
    }
    return render(request, "scheduling/me/page.html", context)


@signed_in
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add_family_member(request: SignedInRequest) -> HttpResponse:
    """Register somebody the signed-in person looks after."""
    form = FamilyMemberForm(request.POST if request.method == "POST" else None, initial=_own_contact(request))
    if request.method == "POST" and form.is_valid():
        try:
            patient = add_to_family(details=form.details(), user=request.user, actor=from_request(request))
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s has been added.") % {"name": patient.full_name})
            return redirect("scheduling:me")
    return render(request, "scheduling/me/add_family_member.html", {"form": form})


@signed_in
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def edit_family_member(request: SignedInRequest, patient_id: int) -> HttpResponse:
    """Keep the record of somebody one looks after up to date, and say how to send them messages."""
    patient = get_object_or_404(Patient, pk=patient_id, user=request.user)
    form = RecordForm(request.POST) if request.method == "POST" else RecordForm.of(patient)
    if request.method == "POST" and form.is_valid():
        try:
            update_patient(patient_id=patient.pk, changes=form.changes(patient), actor=from_request(request))
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The details have been saved."))
            return redirect("scheduling:me")
    return render(request, "scheduling/me/edit_family_member.html", {"form": form, "patient": patient})


def refuse(form: FamilyMemberForm, error: DomainError) -> None:
    """Show what the clinic's rules say beside the field they speak of."""
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _own_contact(request: SignedInRequest) -> dict[str, str]:
    """Nothing is asked twice: the contact of whoever adds somebody is on file."""
    user = request.user
    return {"email": user.email or "", "phone": str(user.phone or ""), "language": user.language}
