"""The line to a provider: given up after a while, and whatever goes wrong on it in our words.

The clients of providers hear answers of success alone: what else may come (their own errors, pages of whoever stands
between, silence) becomes a `Refusal` here, before a client could try again, print or log it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import requests
from requests import RequestException, Response

from accounts.twilio_client import was_not_reached
from payments.providers import contract
from payments.providers.contract import PermanentRefusal, TryLater, Unclear

logger = logging.getLogger(__name__)

CODES = ("type", "code", "decline_code", "reason")
"""Where providers name what is wrong."""
LONGEST_CODE = 60


class Line(requests.Session):
    """A session of requests that waits no longer than a provider may take."""

    def __init__(self, provider: str) -> None:
        super().__init__()
        self.provider = provider

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Response:
        """Send a request; an answer of success that can be read. Raises Refusal."""
        half = contract.SECONDS / 2  # for picking up, and for answering
        kwargs |= {"timeout": (half, half), "allow_redirects": False}
        try:
            answer = super().request(method, url, *args, **kwargs)
        except RequestException as error:
            kind = type(error).__name__
            if was_not_reached(error):
                raise TryLater(f"{self.provider} could not be reached: {kind}") from error
            raise Unclear(f"The line to {self.provider} broke: {kind}") from error
        said = _object_of(answer)
        if not 200 <= answer.status_code < 300:
            self._refuse(answer.status_code, said)
        if said is None:
            raise Unclear(f"The answer of {self.provider} could not be read")
        return answer

    def _refuse(self, status: int, said: dict[str, Any] | None) -> NoReturn:
        error = (said or {}).get("error")
        error = error if isinstance(error, dict) else {}
        codes = [word for name in CODES if _is_code(word := str(error.get(name) or ""))]
        detail = " ".join([self.provider, *codes, f"(HTTP {status})"])
        if status in (401, 403):
            logger.error("%s refuses us: HTTP %s. Nothing is paid there; see its keys.", self.provider, status)
            raise TryLater(detail)
        if status in (429, 503):
            raise TryLater(detail)
        if status == 409 or not 400 <= status < 500:  # the same request may be under way
            raise Unclear(detail)
        raise PermanentRefusal(detail)


@contextmanager
def line_to(provider: str) -> Iterator[Line]:
    """A line for one call; nothing of it is kept, so no answer of another can be mistaken for ours."""
    line = Line(provider)
    try:
        yield line
    finally:
        line.close()


def _object_of(answer: Response) -> dict[str, Any] | None:
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _is_code(code: str) -> bool:
    """Whether it is a word of the provider's own; sentences may repeat what people typed."""
    return code.replace("_", "").isalnum() and len(code) <= LONGEST_CODE
