"""What every page behind a secret link begins with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers

from scheduling.selectors.appointments import by_secret
from scheduling.selectors.people import belongs_to
from scheduling.selectors.self_service import link_has_expired

AppointmentView = Callable[..., HttpResponse]


APPOINTMENT_PAGE = "scheduling:appointment"


def with_appointment(moved_to: str = APPOINTMENT_PAGE) -> Callable[[AppointmentView], AppointmentView]:
    """Hand a view the appointment behind its secret.

    Unknown links get a page of their own; so do expired ones, unless it is the signed-in visitor's own appointment.
    The old link of a moved appointment leads to the page `moved_to` of its successor, with what else stands in the
    address. None of these reaches the view.
    Every answer is kept out of caches and indexes.
    """

    def decorate(view: AppointmentView) -> AppointmentView:
        @wraps(view)
        def guarded(request: HttpRequest, secret: str, **kwargs: Any) -> HttpResponse:
            return keep_private(_answer(view, moved_to, request, secret, kwargs))

        return guarded

    return decorate


def _answer(
    view: AppointmentView, moved_to: str, request: HttpRequest, secret: str, kwargs: dict[str, Any]
) -> HttpResponse:
    appointment = by_secret(secret)
    if appointment is None:
        return render(request, "scheduling/appointment/link_unknown.html", status=404)
    if link_has_expired(appointment) and not belongs_to(appointment, request.user):
        return render(
            request,
            "scheduling/appointment/link_expired.html",
            {"appointment": appointment, "secret": secret},
            status=410,
        )
    if appointment.successor is not None:
        rest = {} if moved_to == APPOINTMENT_PAGE else kwargs
        return redirect(moved_to, secret=appointment.successor.secret, **rest)
    return view(request, appointment, **kwargs)


def keep_private(response: HttpResponse) -> HttpResponse:
    """Keep a page that a secret opens out of caches, search engines and the Referer header of other sites.

    `same-origin` and not `no-referrer`: with the latter, browsers send forms with `Origin: null`, which our own
    protection against forged requests refuses.
    """
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
