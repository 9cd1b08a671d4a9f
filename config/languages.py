"""In which language somebody is spoken to: as they chose on this device, else as they registered, else as their browser
asks. What only staff and those who write programs read is in English."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from functools import cache
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.actors import from_request
from accounts.permissions import public
from accounts.services.users import change_profile


@cache
def _in_english() -> tuple[str, ...]:
    """Where the addresses of pages begin that speak no other language."""
    names = ("admin:index", "queueing:desk", "queueing:reports", "api_docs", "api_schema")
    return tuple(map(reverse, names))


@cache
def _for_programs() -> str:
    return reverse("api:index")


class LanguageMiddleware(LocaleMiddleware):
    """Django's own choice (cookie, then browser), with what we know of whoever has signed in between the two."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak the language of the person from here on."""
        language = _language_for(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language


def _language_for(request: HttpRequest) -> str:
    path = request.path_info
    if path.startswith(_in_english()):
        return str(settings.LANGUAGE_CODE)
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "") not in dict(settings.LANGUAGES):
        registered = "" if path.startswith(_for_programs()) else _registered(request)
        if registered:
            return registered
    return translation.get_language_from_request(request)


def _registered(request: HttpRequest) -> str:
    """The language of whoever has signed in. English says nothing: it is what everybody has who never chose."""
    user = request.user
    language = user.language if user.is_authenticated else ""
    return language if language != settings.LANGUAGE_CODE and language in dict(settings.LANGUAGES) else ""


@public
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on, on the page where it was chosen."""
    response = HttpResponseRedirect(_page_before(request))
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated and request.user.language != language:
        change_profile(user=request.user, actor=from_request(request), language=language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


def _page_before(request: HttpRequest) -> str:
    """Where the press came from. The browser knows better than the page, of which a part may have been exchanged."""
    ours, secure = {request.get_host()}, request.is_secure()
    for address in (request.headers.get("Referer", ""), request.POST.get("next", "")):
        if address and url_has_allowed_host_and_scheme(address, ours, require_https=secure):
            return _readable(request, address)
    return reverse("scheduling:home")


def _readable(request: HttpRequest, address: str) -> str:
    """The address; or, where forms are answered and nothing can be read, the nearest one above it that can be."""
    parts = urlsplit(address)
    path = parts.path or "/"
    if "GET" in _allowed(request, path, or_else=("GET",)):
        return address
    while path != "/" and "GET" not in _allowed(request, path, or_else=()):
        path = f"{path.rstrip('/').rpartition('/')[0]}/"
    return urlunsplit(parts._replace(path=path))


def _allowed(request: HttpRequest, path: str, *, or_else: Collection[str]) -> Collection[str]:
    """What may be asked of a page, as it tells when it is asked for its options; `or_else` where there is none."""
    try:
        found = resolve(path)
    except Resolver404:
        return or_else
    asked = copy(request)
    asked.method = "OPTIONS"
    try:
        answer = found.func(asked, *found.args, **found.kwargs)
    except (Http404, PermissionDenied):
        return ("GET",)  # it says itself why not
    return answer.headers.get("Allow", "GET").split(", ")
