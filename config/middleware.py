"""What every answer carries, and what no request may bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.middleware.common import CommonMiddleware

from accounts.api.errors import is_for_programs
from config.error_pages import payload_too_large

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SWALLOWED_BYTES = 16 * 1024 * 1024
POWERFUL_FEATURES = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)


class BodyLimitMiddleware:
    """Refuses a body that is too large before anybody works on it: 413, with a sentence."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 413 to what announces more than MAX_BODY_BYTES."""
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdecimal() and int(announced) > settings.MAX_BODY_BYTES:
            _swallow(request)
            return payload_too_large(request)
        return self.get_response(request)


def _swallow(request: HttpRequest) -> None:
    """Read a while what is still being sent: a browser listens for the answer only when it has finished."""
    left = SWALLOWED_BYTES
    while left > 0:
        piece = request.read(min(left, 256 * 1024))
        if not piece:
            return
        left -= len(piece)


class PlainTextMiddleware:
    """Refuses NUL characters, which PostgreSQL cannot store or compare and nobody types."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look through address and cookies."""
        _refuse_nul([request.path_info, *request.COOKIES.values()])
        _refuse_nul(value for values in request.GET.lists() for value in (values[0], *values[1]))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Look through the form, now that whoever wants to read the body by itself has had the chance to."""
        _refuse_nul(value for values in request.POST.lists() for value in (values[0], *values[1]))


def _refuse_nul(texts: Iterable[str]) -> None:
    if any("\0" in text for text in texts):
        raise BadRequest("NUL characters are not text.")


class SlashMiddleware(CommonMiddleware):
    """Django's own, which sends whoever left out the last slash on to the right address; but not what programs send.

    Most of them would follow with a GET, and what they sent would be lost without a word. They are told 404.
    """

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Whether the address is meant to be another one."""
        is_sent = request.method not in ("GET", "HEAD")
        return not (is_sent and is_for_programs(request)) and super().should_redirect_with_slash(request)


class PermissionsPolicyMiddleware:
    """Tells browsers that these pages use no camera, no location and the like, but for what a page names itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header to every answer."""
        response = self.get_response(request)
        allowed = response.headers.get("Permissions-Policy", "")
        refused = [f"{feature}=()" for feature in POWERFUL_FEATURES if f"{feature}=" not in allowed]
        response.headers["Permissions-Policy"] = ", ".join([allowed, *refused] if allowed else refused)
        return response
