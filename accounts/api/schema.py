"""The OpenAPI document tells the whole truth: error answers, keys, preconditions, and that bodies are strict."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from accounts.api.errors import Trouble
from accounts.api.permissions import Public

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ErrorOfField(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField(help_text="Its name; `patient.phone` is a field inside another one. Empty: none.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Error(serializers.Serializer[Any]):
    """Whatever goes wrong is told like this."""

    type = serializers.ChoiceField(choices=[(trouble.value, trouble.name) for trouble in Trouble])
    code = serializers.CharField(help_text="Stable, made for programs.")
    detail = serializers.CharField(help_text="A sentence for the person.")
    errors = ErrorOfField(many=True)


def _example(status: int, trouble: Trouble, code: str, detail: str, field: str = "") -> OpenApiExample:
    errors = [{"field": field, "code": code, "detail": detail}] if field else []
    value = {"type": trouble.value, "code": code, "detail": detail, "errors": errors}
    return OpenApiExample(code, value=value, response_only=True, status_codes=[str(status)])


_ANSWERS: dict[int, tuple[str, OpenApiExample]] = {
    400: (
        "What was sent makes no sense.",
        _example(400, Trouble.INVALID, "unknown_field", "There is no such field to set.", "frist_name"),
    ),
    401: (
        "Nobody is signed in, or the token is no longer good.",
        _example(401, Trouble.NOT_AUTHENTICATED, "not_authenticated", "Please sign in."),
    ),
    403: (
        "Whoever is signed in may not do this.",
        _example(403, Trouble.NOT_PERMITTED, "permission_denied", "You are not allowed to do that."),
    ),
    404: (
        "There is no such thing, or not for whoever asks.",
        _example(404, Trouble.NOT_FOUND, "not_found", "Not found."),
    ),
    406: (
        "The API answers in JSON only.",
        _example(406, Trouble.INVALID, "not_acceptable", "Could not satisfy the request Accept header."),
    ),
    409: (
        "A rule of the clinic says no.",
        _example(
            409,
            Trouble.REFUSED,
            "slot_taken",
            "Somebody else has just taken that time. Please choose another one.",
        ),
    ),
    411: (
        "The body comes in chunks, without its length.",
        _example(
            411,
            Trouble.INVALID,
            "length_required",
            "Please say how long the body is (Content-Length), and do not send it in chunks.",
        ),
    ),
    412: (
        "It has changed since it was read (If-Match).",
        _example(
            412,
            Trouble.PRECONDITION_FAILED,
            "stale",
            "This has changed in the meantime. Please read it again before you change it.",
        ),
    ),
    413: (
        "The body is too large.",
        _example(413, Trouble.INVALID, "too_large", "That is too large. Please send less."),
    ),
    415: (
        "The body is not JSON.",
        _example(415, Trouble.INVALID, "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
    ),
    429: (
        "Too many requests; Retry-After says when to go on.",
        _example(429, Trouble.THROTTLED, "throttled", "Too many requests. Please wait a minute and try again."),
    ),
    503: (
        "Something that the clinic needs for this is away for a moment.",
        _example(
            503,
            Trouble.SERVER_ERROR,
            "delivery_failed",
            "We could not send you a message just now. Please try again in a few minutes.",
        ),
    ),
}

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[\\x21-\\x7e]+$"},
    OpenApiParameter.HEADER,
    description="A name of your own for this request. Asked again under the same name, it makes nothing twice.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": "^[\\x21-\\x7e]+$", "maxLength": 200},
    OpenApiParameter.HEADER,
    description="The ETag of what you have read. If it has changed since, the answer is 412.",
)


class Operation(AutoSchema):
    """One call. Adds what every call has in common."""

    def get_override_parameters(self) -> list[Any]:
        """The headers that the handler honours."""
        given = list(super().get_override_parameters())
        handler = self._handler()
        if getattr(handler, "idempotent", False):
            given.append(IDEMPOTENCY_KEY)
        if getattr(handler, "conditional", False):
            given.append(IF_MATCH)
        return given

    def get_auth(self) -> list[Any]:
        """The ways to sign in; one of them is not to, where everybody may come."""
        auth: list[Any] = super().get_auth()
        return [*auth, {}] if auth and self._is_public() else auth

    def get_tags(self) -> list[str]:
        """The first word of the path: calls are listed by what they are about."""
        words = [word for word in self.path.removeprefix("/api/v1/").split("/") if word]
        return [getattr(self.view, "tag", "") or (words[0] if words else "api")]

    def get_examples(self) -> list[Any]:
        """Those of the handler, and one for each way it can go wrong."""
        return [*super().get_examples(), *(_ANSWERS[status][1] for status in self._troubles())]

    def _get_request_body(self, direction: Any = "request") -> dict[str, Any] | None:
        """The body; needed too where no one field is, but one of several."""
        body: dict[str, Any] | None = super()._get_request_body(direction)
        for content in (body or {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            component = self.registry[(name, ResolvedComponent.SCHEMA)].schema if name else {}
            if body is not None and {"oneOf", "minProperties"} & component.keys():
                body["required"] = True
        return body

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._troubles():
            if str(status) not in bodies:
                said = OpenApiResponse(Error, description=_ANSWERS[status][0])
                bodies[str(status)] = self._get_response_for_code(said, str(status), direction=direction)
        return bodies

    def _troubles(self) -> list[int]:
        """Which error answers the call may give."""
        found = {400, 401, 406, 429}  # a token that is no longer good is refused everywhere
        if "{" in self.path:
            found.add(404)
        if not self._is_public():
            found.add(403)
        if self.method in WRITING:
            found |= {403, 409, 411, 413, 415}  # a session without the token for forms is refused everywhere
        if getattr(self._handler(), "conditional", False):
            found.add(412)
        return sorted(found | set(getattr(self.view, "more_troubles", ())))

    def _is_public(self) -> bool:
        return all(isinstance(permission, Public) for permission in self.view.get_permissions())

    def _handler(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)


def strict_bodies(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Say of every object that a request may send that it takes no other fields."""
    for name, component in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("Request") and component.get("type") == "object":
            component.setdefault("additionalProperties", False)
    return result
