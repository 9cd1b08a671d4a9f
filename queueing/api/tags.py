"""ETags of what moves by itself: a place in a queue has another wait a minute later, and nobody has touched it.

A tag is `"state.shown"`: a program that asks whether anything changed is answered by the whole of it, one that changes
something (If-Match) must have seen the state only.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.errors import Stale
from accounts.api.preconditions import etag_of, wants_match


def tagged_with_state(request: Request, state: Any, shown: Any, *, status: int = 200) -> Response:
    """The representation with its ETag; 304 for a GET whose If-None-Match names it."""
    tag = f'"{_half(state)}.{_half(shown)}"'
    if request.method in ("GET", "HEAD") and tag in _tags(request, "If-None-Match"):
        return Response(status=304, headers={"ETag": tag})
    return Response(shown, status=status, headers={"ETag": tag})


def require_state(request: Request, state: Any) -> None:
    """Refuse unless the program has seen the state as it is now, if it says what it has seen. Raises Stale."""
    if not wants_match(request):
        return
    seen = {tag.strip('"').partition(".")[0] for tag in _tags(request, "If-Match")}
    if not seen & {"*", _half(state)}:
        raise Stale


def _half(value: Any) -> str:
    return etag_of(value).strip('"')


def _tags(request: Request, header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in request.headers.get(header, "").split(",") if tag.strip()}
