"""What happens around every request of somebody who may be signed in."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import from_request
from accounts.api.errors import is_for_programs

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SEEN_KEY = "seen_at"
SEEN_EVERY_SECONDS = 30
"""How often the moment somebody was last active is written down; a session ends at most this much early."""

BACKGROUND_HEADER = "Frontdesk-Background"
"""A page that polls by itself sends this; polling does not count as being active."""


class TrustedProxies:
    """Puts the client's address into REMOTE_ADDR, the one place where everybody reads it.

    Each of our own proxies appends the address it was called from to X-Forwarded-For: with TRUSTED_PROXY_COUNT of
    them, that entry from the right is the client. What stands further left, anybody may have written.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        address = client_address(request.META.get("HTTP_X_FORWARDED_FOR", ""))
        if address:
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def client_address(forwarded_for: str) -> str:
    """The client in an X-Forwarded-For header, or an empty string when our proxies did not write it."""
    count: int = settings.TRUSTED_PROXY_COUNT
    entries = [entry.strip() for entry in forwarded_for.split(",")]
    if count < 1 or len(entries) < count:
        return ""
    try:
        return str(ipaddress.ip_address(entries[-count]))
    except ValueError:
        return ""


class SessionRules:
    """Ends sessions that should end, and keeps what signed-in people saw out of every cache.

    - Staff are signed out after STAFF_IDLE_SECONDS without a request of their own.
    - Whoever was deactivated, or changed their password elsewhere, loses the session at once.
    - With STAFF_NEED_SECOND_FACTOR, staff set one up before they see anything else of the back office.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if SESSION_KEY not in request.session:
            return self.get_response(request)
        if not request.user.is_authenticated:
            request.session.flush()
        elif request.user.is_staff:
            refused = _idle(request) or _without_second_factor(request)
            if refused is not None:
                return refused
        response = self.get_response(request)
        patch_cache_control(response, no_store=True, private=True)
        return response


def _idle(request: HttpRequest) -> HttpResponse | None:
    """Sign staff out who were idle too long, else note that they were here. No write for most requests."""
    now = int(time.time())
    seen = request.session.get(SEEN_KEY)
    if seen is not None and now - seen >= settings.STAFF_IDLE_SECONDS:
        return _signed_out(request)
    is_background = BACKGROUND_HEADER in request.headers
    if seen is None or (not is_background and now - seen >= min(SEEN_EVERY_SECONDS, settings.STAFF_IDLE_SECONDS // 4)):
        request.session[SEEN_KEY] = now
    return None


def _signed_out(request: HttpRequest) -> HttpResponse | None:
    if is_for_programs(request):
        logout(request)  # the endpoint then says that nobody is signed in
        return None
    came_back_for = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    logout(request)
    messages.info(request, _("You were signed out because you had not used the page for a while."))
    response = redirect_to_login(came_back_for)
    if request.headers.get("HX-Request"):
        # htmx would put the sign-in page into a corner of the page it is on.
        moved = HttpResponse(status=204)
        moved["HX-Redirect"] = response.url
        return moved
    return response


def _without_second_factor(request: HttpRequest) -> HttpResponse | None:
    if not settings.STAFF_NEED_SECOND_FACTOR or not request.path.startswith(reverse("admin:index")):
        return None
    if is_mfa_enabled(request.user):
        return None
    messages.warning(request, _("Staff sign in with a second step. Set one up to go on."))
    return HttpResponseRedirect(resolve_url("mfa_activate_totp"))


class AccountAscription:
    """Ascribes what allauth writes in the pages under /accounts/ to whoever sent the form."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or not request.path.startswith("/accounts/"):
            return self.get_response(request)
        page = request.path.removeprefix("/accounts/").strip("/").split("/")
        verb = "account." + "_".join(part for part in page[:3] if part.replace("-", "").isalpha())[:80]
        with audit.ascribed(from_request(request), verb):
            return self.get_response(request)
