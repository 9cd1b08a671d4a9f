"""The kiosk in the lobby: its start page, help, and what all of its pages promise on a device that everybody uses.

Nothing of a visit is kept on the server or in a session: each page carries what was answered before. With scripts the
whole of it happens in one place of the browser's history (`kiosk.js`); without, a form that was left behind opens
nothing any more (`was_left_behind`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import actors
from accounts.actors import Actor
from accounts.errors import DomainError
from accounts.permissions import View, public
from queueing.errors import InvalidOperation
from queueing.forms.kiosk import HelpForm, operation_in
from queueing.selectors.kiosk import kiosk_location
from queueing.selectors.queues import policy_of
from queueing.services.kiosk import Kind, apply_operation
from queueing.views.ticket import PAPERS
from scheduling.models import Location
from scheduling.views.links import keep_private

IDLE = timedelta(seconds=80)
"""So long after the last touch a page is wiped: sixty seconds, and twenty of a warning."""
LEFT_BEHIND = IDLE + timedelta(seconds=20)
SCRIPTED = "Frontdesk-Kiosk"
"""The header of what `kiosk.js` sends: it wipes by itself, and leaves nothing behind to send again."""


KioskView = Callable[..., HttpResponse]


def at_kiosk(view: KioskView) -> View:
    """Hand a view the location whose kiosk this is. Nothing of the page is kept by anybody."""

    @wraps(view)
    @public
    @sensitive_post_parameters()
    @require_http_methods(["GET", "HEAD", "POST"])
    def guarded(request: HttpRequest, slug: str) -> HttpResponse:
        translation.activate(_chosen(request))
        location = kiosk_location(slug)
        if location is None:
            response = render(request, "queueing/kiosk/unknown.html", status=404)
        elif request.method == "POST" and was_left_behind(request):
            response = redirect(reverse("queueing:kiosk", args=[slug]) + paper_query(request))
        else:
            response = view(request, location)
        response["Permissions-Policy"] = "camera=(self)"
        return keep_private(response)

    return guarded


def _chosen(request: HttpRequest) -> str:
    """The language pressed at the start, else the clinic's: whatever the device speaks, or whoever signed in on it."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def was_left_behind(request: HttpRequest) -> bool:
    """Whether a form without scripts is sent after its page should have been wiped: Back, and sent again by somebody
    else. Our own clock wrote the moment, as there was no script to."""
    if SCRIPTED in request.headers:
        return False
    try:
        drawn = parse_datetime(request.POST.get("device_time", ""))
    except ValueError:
        return True
    return drawn is None or timezone.is_naive(drawn) or abs(timezone.now() - drawn) > LEFT_BEHIND


def actor_at(request: HttpRequest, location: Location) -> Actor:
    """Whoever stands there. Somebody of the staff may have signed in on the device; it is not they who act."""
    return actors.kiosk(location.slug, address=request.META.get("REMOTE_ADDR", "") or "")


def show(
    request: HttpRequest,
    location: Location,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of the kiosk, with what every form of it carries."""
    common = {
        "location": location,
        "operation": operation_in(request.POST),
        "now": timezone.now(),
        "idle_seconds": int(IDLE.total_seconds()),
        "paper": paper_of(request),
        "paper_query": paper_query(request),
    }
    return render(request, f"queueing/kiosk/{template}.html", {**common, **(context or {})}, status=status)


def paper_of(request: HttpRequest) -> str:
    """The width of the paper in millimetres, as the first page was asked for it: links and forms carry it on."""
    asked = request.POST.get("paper", "") or request.GET.get("paper", "")
    return asked if asked in PAPERS else PAPERS[0]


def paper_query(request: HttpRequest) -> str:
    """What carries the width in an address, if it is not the usual one."""
    paper = paper_of(request)
    return "" if paper == PAPERS[0] else f"?paper={paper}"


def refused(request: HttpRequest, location: Location, error: DomainError) -> HttpResponse:
    """A page that says why not, and what to do now."""
    return show(request, location, "refused", {"refusal": error}, status=error.status)


@at_kiosk
def start(request: HttpRequest, location: Location) -> HttpResponse:
    """What one can do here. Whoever comes here begins anew, in the clinic's own language; the press of a language
    holds until then."""
    chosen = request.POST.get("language", "")
    language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    translation.activate(language)
    context = {"takes_walk_ins": policy_of(location.pk).takes_walk_ins, "languages": languages(language)}
    response = show(request, location, "start", context | {"is_fresh": language == settings.LANGUAGE_CODE})
    if language != settings.LANGUAGE_CODE:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", httponly=True)
    elif settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


def languages(current: str) -> list[tuple[str, str]]:
    """The other languages of the site, each by its own name; none where there is one only."""
    return [(code, name) for code, name in settings.LANGUAGES if code != current]


@at_kiosk
def call_help(request: HttpRequest, location: Location) -> HttpResponse:
    """Call the staff."""
    form = HelpForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show(request, location, "help", {"form": form})
    try:
        apply_operation(
            kind=Kind.HELP,
            data=form.said(),
            operation=operation_in(request.POST),
            location=location,
            actor=actor_at(request, location),
        )
    except InvalidOperation as error:
        form.refuse(str(error))
        return show(request, location, "help", {"form": form}, status=error.status)
    except DomainError as error:
        return refused(request, location, error)
    return show(request, location, "help_called")
