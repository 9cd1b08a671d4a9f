"""Finding an appointment without its link: by reference and contact, or by having the links sent."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actors import from_request
from accounts.errors import TooManyAttempts
from accounts.permissions import public
from accounts.services.throttling import count_attempt
from scheduling.forms.find import FindForm, LinksForm
from scheduling.selectors.appointments import find_for_contact, in_one_spelling
from scheduling.services.links import send_links
from scheduling.views.links import link_has_expired

WINDOW = timedelta(minutes=15)
TRIES_AT_FINDING = 10
TRIES_PER_REFERENCE = 30
"""More than one visitor has, so that nobody locks the rightful person out by guessing at their reference."""
MAILS_PER_ADDRESS = 3
MAILS_PER_VISITOR = 10


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Lead from a reference and a contact that belong together to the appointment; else one and the same sentence."""
    form = FindForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            secret = _secret_for(request, form.cleaned_data["number"], form.cleaned_data["contact"])
        except TooManyAttempts as error:
            form.add_error(None, str(error))
            status = error.status
        else:
            if secret:
                return redirect("scheduling:appointment", secret=secret)
            form.refuse()
    return render(request, "scheduling/find/find.html", {"form": form}, status=status)


def _secret_for(request: HttpRequest, number: str, contact: str) -> str:
    """The secret of the appointment, or an empty string. Guessing is counted by visitor and by reference."""
    address = from_request(request).address
    count_attempt(subject=f"find:{address}", limit=TRIES_AT_FINDING, window=WINDOW)
    count_attempt(subject=f"find-number:{in_one_spelling(number)}", limit=TRIES_PER_REFERENCE, window=WINDOW)
    appointment = find_for_contact(number=number, contact=contact)
    if appointment is None or link_has_expired(appointment):
        return ""
    return appointment.secret


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def send_my_links(request: HttpRequest) -> HttpResponse:
    """Send links to upcoming appointments to an address; the page says the same whether there are any."""
    form = LinksForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        actor = from_request(request)
        address = form.cleaned_data["email"].lower()
        try:
            count_attempt(subject=f"links:{actor.address}", limit=MAILS_PER_VISITOR, window=WINDOW)
            count_attempt(subject=f"links-to:{address}", limit=MAILS_PER_ADDRESS, window=WINDOW)
        except TooManyAttempts as error:
            form.add_error(None, str(error))
            status = error.status
        else:
            send_links(address=address, actor=actor)
            return redirect("scheduling:find_sent")
    return render(request, "scheduling/find/send_links.html", {"form": form}, status=status)


@public
@require_http_methods(["GET", "HEAD"])
def links_sent(request: HttpRequest) -> HttpResponse:
    """What happens next, in the same words for everybody."""
    return render(request, "scheduling/find/sent.html")
