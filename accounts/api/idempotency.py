"""The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header): asking twice makes one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api.errors import InvalidFields, KeyReused
from accounts.api.permissions import SECRET_HEADER
from accounts.services.idempotency import AskedBefore, once

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{8,200}")


def idempotent(handler: Callable[..., Any]) -> Callable[..., Response]:
    """Let a create be asked for many times under one key.

    The handler validates, makes the object and returns it, without a Response. The view then shows it:

        show_made(made) -> Response     for the first answer and every later one
        remember(made) -> JSON          what the key stands for; nothing personal (its primary key, unless overridden)
        recall(remembered) -> made      the object again, or None when it is gone
    """

    @wraps(handler)
    def guarded(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            answer: Response = view.show_made(handler(view, request, *args, **kwargs))
            return answer
        if not _KEY.fullmatch(key):
            sentence = _("A key has 8 to 200 visible ASCII characters.")
            raise InvalidFields({HEADER: [sentence]}, code="invalid_key")
        return _once(view, request, key, lambda: handler(view, request, *args, **kwargs))

    guarded.idempotent = True  # type: ignore[attr-defined]
    return guarded


def _asking(actor: Actor) -> str:
    """Who asks. Visitors have no name, and one's key must not open to another what the first was given."""
    return actor.label if actor.label != "visitor" else f"{actor.label} {actor.address}"


def _once(view: Any, request: Request, key: str, make: Callable[[], Any]) -> Response:
    try:
        made = once(
            scope=f"{_asking(view.actor)} {request.method} {request.path}",
            key=key,
            # The secret is asked for by what is not run again: whoever leaves it out asks for something else.
            body=json.dumps([request.data, request.headers.get(SECRET_HEADER)], sort_keys=True),
            make=make,
            remember=view.remember,
            refusal=KeyReused,
        )
    except AskedBefore as before:
        return _again(view, before.made)
    answer: Response = view.show_made(made)
    return answer


def _again(view: Any, remembered: Any) -> Response:
    made = view.recall(remembered)
    if made is None:
        raise KeyReused(_("What was made with this Idempotency-Key is no longer there."))
    answer: Response = view.show_made(made)
    answer["Idempotent-Replayed"] = "true"
    return answer
