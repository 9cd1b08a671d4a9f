"""One shape for everything that goes wrong: `{"type", "code", "detail", "errors": [{"field", "code", "detail"}]}`.

`type` is the class of trouble (`Trouble`), `code` is stable and made for programs, `detail` is a sentence for the
person in front of them. `errors` names what is wrong with which field; it is empty where no field is to blame.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.errors import DomainError

NO_FIELD = "non_field_errors"
SENTENCES: dict[type[exceptions.APIException], Any] = {
    exceptions.NotAuthenticated: _("Please sign in first."),
    exceptions.Throttled: _("Too many requests. Please wait a minute and try again."),
}
"""What people read where REST framework has only words for programmers."""
CHALLENGE = 'Bearer realm="frontdesk"'
"""What a 401 asks for (RFC 9110, 11.6.1)."""


class Trouble(StrEnum):
    """What kind of trouble it is: what a program does about it."""

    INVALID = "invalid"
    NOT_AUTHENTICATED = "not_authenticated"
    NOT_PERMITTED = "not_permitted"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    PRECONDITION_FAILED = "precondition_failed"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"


_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: Trouble.NOT_AUTHENTICATED,
    HTTPStatus.FORBIDDEN: Trouble.NOT_PERMITTED,
    HTTPStatus.NOT_FOUND: Trouble.NOT_FOUND,
    HTTPStatus.CONFLICT: Trouble.REFUSED,
    HTTPStatus.PRECONDITION_FAILED: Trouble.PRECONDITION_FAILED,
    HTTPStatus.TOO_MANY_REQUESTS: Trouble.THROTTLED,
}


class Stale(DomainError):
    """Somebody else changed the object after the program read it."""

    code = "stale"
    sentence = _("This has changed in the meantime. Please read it again before you change it.")
    status = 412


class KeyReused(DomainError):
    """The Idempotency-Key was used before, for another request."""

    code = "key_reused"
    sentence = _("This Idempotency-Key was already used for another request. Use a new key for a new request.")


class TooLarge(exceptions.APIException):
    """The body is larger than the API takes."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("That is too large. Please send less.")


class LengthRequired(exceptions.APIException):
    """The body comes without its length. Django reads nothing of such a body, so it would pass for an empty one."""

    status_code = HTTPStatus.LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = _("Please say how long the body is (Content-Length), and do not send it in chunks.")


class InvalidFields(exceptions.ValidationError):
    """Fields, or parameters of the address, that make no sense: `{name: [sentences]}`, all with one code."""

    def __init__(self, sentences: dict[str, list[Any]], code: str) -> None:
        super().__init__(sentences, code=code)


def trouble_of(status: int) -> Trouble:
    """The kind of trouble that an HTTP status stands for."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Trouble.SERVER_ERROR
    return _BY_STATUS.get(HTTPStatus(status), Trouble.INVALID)


def described(status: int, code: str, detail: object, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The body of an error answer."""
    return {"type": trouble_of(status).value, "code": code, "detail": str(detail), "errors": errors or []}


def plain_answer(status: int, code: str, detail: object, headers: dict[str, str] | None = None) -> JsonResponse:
    """An error answer outside of any view: an unknown address, a body refused unread, a fault of ours."""
    return JsonResponse(described(status, code, detail), status=status, headers=headers)


def is_for_programs(request: HttpRequest) -> bool:
    """Whether a request speaks to the API, so that even Django's own errors must be told in its shape."""
    return request.path_info.startswith("/api/")


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception of a view (REST framework's EXCEPTION_HANDLER); None for a fault of ours."""
    body = _body_of(error)
    if body is None:
        return None
    status, data = body
    return Response(data, status=status, headers=_headers_of(error))


def _body_of(error: Exception) -> tuple[int, dict[str, Any]] | None:
    if isinstance(error, DomainError):
        named = [{"field": error.field, "code": error.code, "detail": str(error)}] if error.field else []
        return error.status, described(error.status, error.code, error, named) | dict(error.members)
    if isinstance(error, RequestDataTooBig):
        return _body_of(TooLarge())
    if isinstance(error, BadRequest):
        return _body_of(exceptions.ParseError())
    if isinstance(error, Http404):
        return _body_of(exceptions.NotFound())
    if isinstance(error, PermissionDenied):
        return _body_of(exceptions.PermissionDenied())
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flattened(error.detail))
        sentence = errors[0]["detail"] if len(errors) == 1 else _("Please check what you sent.")
        code = errors[0]["code"] if len({one["code"] for one in errors}) == 1 else "invalid"
        return error.status_code, described(error.status_code, code, sentence, errors)
    if isinstance(error, exceptions.APIException):
        sentence = next((ours for kind, ours in SENTENCES.items() if isinstance(error, kind)), error.detail)
        return error.status_code, described(error.status_code, _code_of(error), sentence)
    return None


def _code_of(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _flattened(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """REST framework's nested errors as a flat list; a field inside another one is `patient.phone`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = "" if name == NO_FIELD else str(name)
            yield from _flattened(inner, ".".join(part for part in (path, here) if part))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            yield from _flattened(inner, f"{path}.{position}" if isinstance(inner, dict | list) else path)
    else:
        yield {"field": path, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}


def _headers_of(error: Exception) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if isinstance(error, DomainError) and error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    return headers
