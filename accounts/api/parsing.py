"""Reading bodies: JSON and nothing else, of a size and depth that people's data has."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from accounts.api.errors import TooLarge

DEEPEST = 32
MOST_INSIDE = 10_000
"""Lists and objects in one body; building a hundred thousand of them takes seconds."""
LONGEST_NUMBER = 40
# Possessive, and a string that never ends goes on to the end: otherwise each quote in it would be tried as a beginning.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """Reads JSON (RFC 8259) in UTF-8 of at most API_BODY_BYTES, nested at most 32 deep, of at most 10,000
    lists and objects.

    Text with NUL or with half a character (a lone surrogate) cannot be stored and is refused, and so are NaN and
    Infinity, which are no JSON, numbers beyond all measure, and a name that comes twice in one object. Raises
    ParseError or TooLarge.
    """

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value in the body."""
        raw = stream.read(settings.API_BODY_BYTES + 1)
        if len(raw) > settings.API_BODY_BYTES:
            raise TooLarge
        try:
            text = raw.decode("utf-8")
            _require_simple(text)
            value = json.loads(
                text,
                parse_constant=_refuse_constant,
                object_pairs_hook=_read_object,
                parse_int=_read_int,
                parse_float=_read_float,
            )
        except ParseError:
            raise
        except ValueError as error:  # bytes that are no UTF-8, text that is no JSON
            raise ParseError(_("The body is not JSON in UTF-8.")) from error
        _refuse_texts(value)
        return value


def refuse_unstorable(text: str) -> None:
    """Refuse text that no database stores: NUL and lone surrogates. Raises ParseError."""
    if _UNSTORABLE.search(text):
        raise ParseError(_("Some characters in the body cannot be stored."))


def _require_simple(text: str) -> None:
    """Count brackets before anything recurses over them."""
    brackets = re.sub(r"[^\[\]{}]+", "", _STRINGS.sub("", text))
    if len(brackets) > 2 * MOST_INSIDE:
        raise ParseError(_("The body holds too many lists and objects."))
    depth = 0
    for character in brackets:
        depth += 1 if character in "[{" else -1
        if depth > DEEPEST:
            raise ParseError(_("The body is nested too deeply."))


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError(_("A name comes twice in one object."))
    for name, value in pairs:
        refuse_unstorable(name)
        _refuse_texts(value)
    return found


def _refuse_texts(value: Any) -> None:
    """Objects inside were read before; lists are looked through here."""
    if isinstance(value, str):
        refuse_unstorable(value)
    elif isinstance(value, list):
        for inner in value:
            _refuse_texts(inner)


def _read_int(digits: str) -> int:
    _require_short(digits)
    return int(digits)


def _read_float(digits: str) -> float:
    _require_short(digits)
    value = float(digits)
    if not math.isfinite(value):
        raise ParseError(_("A number in the body is too large."))
    return value


def _require_short(digits: str) -> None:
    if len(digits) > LONGEST_NUMBER:
        raise ParseError(_("A number in the body is too long."))


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(_("%(name)s is not a number that JSON knows.") % {"name": name})
