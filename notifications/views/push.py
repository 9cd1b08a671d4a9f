"""Push messages, as the pages of a visit and of a place in the queue offer them; and the worker that shows them.

The panel is fetched by the page's script, where the browser can do what it takes. Whoever holds the secret of the page
may ask for messages about its patient.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actors import Actor
from accounts.errors import DomainError
from accounts.permissions import public, secret_link
from notifications.selectors.subscriptions import Offer, digest_of, hears_of, is_in_use, offer_for
from notifications.services.subscriptions import Browser, subscribe, unsubscribe
from queueing.models import Token
from queueing.views.token import holder_of as holder_of_token
from queueing.views.token import with_token
from scheduling.models import Appointment, Patient
from scheduling.views.appointment import holder_of
from scheduling.views.links import with_appointment

DIGEST = re.compile(r"[0-9a-f]{64}")


@secret_link
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
@with_appointment(moved_to="notifications:visit_push")
def visit_push(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """On the page of a visit."""
    offer = offer_for(appointment.patient, location_id=appointment.location_id)
    return _panel(request, appointment.patient, offer, holder_of(request, appointment))


@secret_link
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
@with_token
def token_push(request: HttpRequest, token: Token) -> HttpResponse:
    """On the page of a place in the queue."""
    offer = offer_for(token.patient, location_id=token.location_id)
    shown = Offer(of_the_queue=offer.of_the_queue, of_the_visit=False)  # there, it is the turn that matters
    return _panel(request, token.patient, shown, holder_of_token(request, token))


@public
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that browsers keep to show messages by. It lies at the root, because what it may speak for lies
    below it; it answers no request and keeps nothing."""
    answer = render(request, "notifications/push/worker.js", {"clinic": settings.CLINIC_NAME})
    answer["Content-Type"] = "text/javascript; charset=utf-8"
    answer["Service-Worker-Allowed"] = "/"
    answer["Cache-Control"] = "no-cache"
    return answer


def _panel(request: HttpRequest, patient: Patient, offer: Offer, actor: Actor) -> HttpResponse:
    """What this browser hears, and a button to change that; nothing where there is nothing to hear.

    `device`, in the address, is the hash of the address at which the browser is reached.
    """
    if request.method == "DELETE":
        return _stop(request, patient, offer, actor)
    if not offer:
        return HttpResponse(status=204)
    if request.method == "POST":
        return _start(request, patient, offer, actor)
    device = request.GET.get("device", "")
    is_on = bool(DIGEST.fullmatch(device)) and hears_of(patient, digest=device)
    return _shown(request, offer, is_on=is_on)


def _start(request: HttpRequest, patient: Patient, offer: Offer, actor: Actor) -> HttpResponse:
    try:
        subscribe(browser=_browser_in(request.POST), patient=patient, actor=actor)
    except DomainError as error:
        trouble = _("Messages cannot be set up on this device. Nothing has changed.")
        return _shown(request, offer, is_on=False, trouble=trouble, status=error.status)
    return _shown(request, offer, is_on=True, said=_("Done. You will hear from us on this device."))


def _stop(request: HttpRequest, patient: Patient, offer: Offer, actor: Actor) -> HttpResponse:
    endpoint = QueryDict(request.body).get("endpoint", "")
    unsubscribe(endpoint=endpoint, patient=patient, actor=actor)
    said = _("Done. This device gets no more messages about you.")
    return _shown(request, offer, is_on=False, said=said, is_needed=is_in_use(digest_of(endpoint)))


def _browser_in(said: QueryDict) -> Browser:
    """What the page's script says about the browser."""
    return Browser(said.get("endpoint", ""), said.get("p256dh", ""), said.get("auth", ""))


def _shown(request: HttpRequest, offer: Offer, *, is_on: bool, status: int = 200, **more: Any) -> HttpResponse:
    context = {"offer": offer, "is_on": is_on, "is_needed": True, "key": settings.VAPID_PUBLIC_KEY, **more}
    return render(request, "notifications/push/_panel.html", context, status=status)
