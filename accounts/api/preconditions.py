"""ETag, If-None-Match and If-Match (RFC 9110, 13.1): nobody overwrites what they have not seen.

return tagged(request, serializer.data)                       # the answer to GET and after a change

with transaction.atomic():
    if wants_match(request):
        lock the row, read it anew
        require_match(request, represented(row))              # Stale (412) if it is not what the program read
    the service
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from accounts.api.errors import Stale


def conditional(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a handler that honours If-Match, for the OpenAPI document."""
    handler.conditional = True  # type: ignore[attr-defined]
    return handler


def etag_of(data: Any) -> str:
    """The entity tag of a representation: equal as long as every value in it is."""
    text = json.dumps(data, sort_keys=True, cls=JSONEncoder)
    return f'"{hashlib.blake2s(text.encode(), digest_size=16).hexdigest()}"'


def tagged(request: Request, data: Any, *, status: int = 200) -> Response:
    """The representation with its ETag; 304 for a GET whose If-None-Match names it."""
    tag = etag_of(data)
    if request.method in ("GET", "HEAD") and tag in _tags(request, "If-None-Match"):
        return Response(status=304, headers={"ETag": tag})
    return Response(data, status=status, headers={"ETag": tag})


def wants_match(request: Request) -> bool:
    """Whether the program says what it has read."""
    return "If-Match" in request.headers


def require_match(request: Request, data: Any) -> None:
    """Refuse unless the program has read the thing as it is now, if it says what it has read. Raises Stale."""
    if wants_match(request) and not _tags(request, "If-Match") & {"*", etag_of(data)}:
        raise Stale


def _tags(request: Request, header: str) -> set[str]:
    """The tags in a header. A compressing proxy marks ours as weak (W/); they are ours all the same."""
    return {tag.strip().removeprefix("W/") for tag in request.headers.get(header, "").split(",") if tag.strip()}
