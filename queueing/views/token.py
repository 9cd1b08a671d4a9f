"""One place in a queue behind its secret link: see it, leave it, call for help.

Opening any of these pages changes nothing; every change is a button that posts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actors import Actor, from_request
from accounts.errors import DomainError
from accounts.permissions import secret_link
from queueing.forms.help import HelpForm
from queueing.models import EmergencyRequest, Feedback, Token
from queueing.selectors.day_end import is_over
from queueing.selectors.token_states import Stage, state_of, token_of_link
from queueing.services.emergencies import call_for_help
from queueing.services.steps import leave_queue
from queueing.token_links import link_of
from queueing.token_words import words_for
from scheduling.qr import svg_of
from scheduling.query_values import read_number
from scheduling.views.links import keep_private

TokenView = Callable[..., HttpResponse]


def with_token(view: TokenView) -> TokenView:
    """Hand a view the token behind its secret, as it is by now: the link of one that was transferred leads on.

    Unknown links get a page of their own, and so do those whose day is over. Every answer is kept out of caches and
    indexes.
    """

    @wraps(view)
    def guarded(request: HttpRequest, secret: str, **kwargs: Any) -> HttpResponse:
        token = token_of_link(secret)
        if token is None:
            answer = render(request, "queueing/token/link_unknown.html", status=404)
        elif is_over(token.queue, timezone.now()):
            answer = render(request, "queueing/token/over.html", status=410)
        else:
            answer = view(request, token, **kwargs)
        return keep_private(answer)

    return guarded


@secret_link
@require_safe
@with_token
def token(request: HttpRequest, token: Token) -> HttpResponse:
    """Show the place, live where there are scripts."""
    return render(request, "queueing/token/page.html", page_of(token))


@secret_link
@require_safe
@with_token
def token_state(request: HttpRequest, token: Token) -> HttpResponse:
    """The part of the page that changes, for whoever hears nothing through the socket."""
    return render(request, "queueing/token/_state.html", words_for(state_of(token)))


def page_of(token: Token) -> dict[str, Any]:
    """What a page says of a place, and what can be done there."""
    words = words_for(state_of(token))
    stage = Stage(words["stage"])
    has_spoken = stage == Stage.FINISHED and Feedback.objects.filter(appointment=token.appointment_id).exists()
    page = {**words, "secret": token.secret, "has_spoken": has_spoken}
    return page | {"is_here": stage.is_here, "may_leave": stage.may_leave}


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_token
def token_leave(request: HttpRequest, token: Token) -> HttpResponse:
    """Ask once more; then give the place back."""
    if not state_of(token).stage.may_leave:
        return redirect("queueing:token", secret=token.secret)
    if request.method == "POST":
        try:
            leave_queue(
                token_id=token.pk,
                actor=holder_of(request, token),
                version=read_number(request.POST.get("version", "")),
            )
        except DomainError as error:
            messages.error(request, str(error))
        return redirect("queueing:token", secret=token.secret)
    context = {"token": token, "queue": token.queue, "secret": token.secret}
    return render(request, "queueing/token/leave.html", context)


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_token
def token_help(request: HttpRequest, token: Token) -> HttpResponse:
    """Tell the desk that somebody who waits needs help, and show that it was told."""
    if not state_of(token).stage.is_here:
        messages.info(request, _("Please go to the desk, or tell anybody who works here, if you need help."))
        return redirect("queueing:token", secret=token.secret)
    form = HelpForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            call_for_help(token=token, actor=holder_of(request, token), message=form.cleaned_data["message"])
        except DomainError as error:
            form.add_error(None, str(error))
            status = error.status
        else:
            return redirect("queueing:token_help", secret=token.secret)
    emergency = EmergencyRequest.objects.filter(token=token).order_by("-pk").first()
    context = {"token": token, "secret": token.secret, "form": form, "emergency": emergency}
    return render(request, "queueing/token/help.html", context, status=status)


@secret_link
@require_safe
@with_token
def token_qr(request: HttpRequest, token: Token) -> HttpResponse:
    """The link as a QR code, for another phone."""
    return HttpResponse(svg_of(link_of(token)), content_type="image/svg+xml")


def holder_of(request: HttpRequest, token: Token) -> Actor:
    """Whoever holds the link, or, signed in, the person."""
    return from_request(request, link=token.appointment_id)
