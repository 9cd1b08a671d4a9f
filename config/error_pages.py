"""Pages for what went wrong. Each is drawn like any other page, or plainly when even that fails.

Programs, which speak to addresses under /api/, get the same in the shape of the API's errors.
"""

from __future__ import annotations

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.api.errors import is_for_programs, plain_answer
from accounts.permissions import public

logger = logging.getLogger("frontdesk.pages")

PLAIN = "text/plain; charset=utf-8"


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """400: the request made no sense. A form larger than memory may hold comes this way too, and is told so."""
    if isinstance(exception, RequestDataTooBig):
        return payload_too_large(request, exception)
    return _drawn(request, "400.html", "parse_error", 400, _("That request could not be understood."))


@public
def payload_too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """413: more was sent than we take."""
    return _drawn(request, "413.html", "too_large", 413, _("That is too large. Please send less, or a smaller file."))


@public
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: somebody may not see this."""
    return _drawn(request, "403.html", "permission_denied", 403, _("You are not allowed to see this."))


@public
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: there is no such page, or not for this person."""
    return _drawn(request, "404.html", "not_found", 404, _("There is nothing at this address."))


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. The page asks no database and no session: they may be what failed."""
    if is_for_programs(request):
        return plain_answer(500, "error", _("Something went wrong on our side."))
    try:
        return HttpResponse(render_to_string("500.html"), status=500)
    except Exception:
        logger.exception("500.html could not be drawn")
        return HttpResponse(_("Something went wrong on our side."), status=500, content_type=PLAIN)


def _drawn(request: HttpRequest, template: str, code: str, status: int, sentence: str) -> HttpResponse:
    if is_for_programs(request):
        return plain_answer(status, code, sentence)
    try:
        return render(request, template, status=status)
    except Exception:
        logger.exception("%s could not be drawn", template)
        return HttpResponse(sentence, status=status, content_type=PLAIN)
