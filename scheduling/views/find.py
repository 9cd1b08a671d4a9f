"""Finding an appointment without its link: by reference and contact, or by having the links sent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actors import from_request
from accounts.errors import TooManyAttempts
from accounts.permissions import public
from scheduling.forms.find import FindForm, LinksForm
from scheduling.models import Appointment
from scheduling.services.finding import ask_for_links, find_again


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Lead from a reference and a contact that belong together to the appointment; else one and the same sentence."""
    form, found, status = look_for(request)
    if found is not None:
        return redirect("scheduling:appointment", secret=found.secret)
    return render(request, "scheduling/find/find.html", {"form": form}, status=status)


def look_for(request: HttpRequest) -> tuple[FindForm, Appointment | None, int]:
    """The form as it was sent, the appointment that it leads to, and the status of an answer that shows it again."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return form, None, 200
    try:
        found = find_again(**form.cleaned_data, actor=from_request(request))
    except TooManyAttempts as error:
        form.add_error(None, str(error))
        return form, None, error.status
    if found is None:
        form.refuse()
    return form, found, 200


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def send_my_links(request: HttpRequest) -> HttpResponse:
    """Send links to upcoming appointments to an address; the page says the same whether there are any."""
    form = LinksForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_links(address=form.cleaned_data["email"], actor=from_request(request))
        except TooManyAttempts as error:
            form.add_error(None, str(error))
            status = error.status
        else:
            return redirect("scheduling:find_sent")
    return render(request, "scheduling/find/send_links.html", {"form": form}, status=status)


@public
@require_http_methods(["GET", "HEAD"])
def links_sent(request: HttpRequest) -> HttpResponse:
    """What happens next, in the same words for everybody."""
    return render(request, "scheduling/find/sent.html")
