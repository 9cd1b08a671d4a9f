"""Putting values into texts. What is filled in is never read again: a name with braces in it stays a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_TURNS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Signs that turn the direction of writing: in a name they could show a link, or an hour, the wrong way round."""

_LEFT_TO_RIGHT, _ITS_OWN, _END = "\u2066", "\u2068", "\u2069"


def isolated(text: str, *, left_to_right: bool = False) -> str:
    """A value that keeps its own direction among words of the other one, line by line.

    Without it, a phone number among Arabic words shows its groups in the wrong order.
    """
    begin = _LEFT_TO_RIGHT if left_to_right else _ITS_OWN
    return "\n".join(f"{begin}{line}{_END}" for line in text.split("\n") if line)


def placeholders_in(text: str) -> list[str]:
    """The placeholders of a text, in their order."""
    return _PLACEHOLDER.findall(text)


def stray_braces_in(text: str) -> bool:
    """Whether a brace stands in a text that belongs to no placeholder."""
    rest = _PLACEHOLDER.sub("", text)
    return "{" in rest or "}" in rest


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values. A placeholder that nothing is known of raises KeyError."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def lines_with_values(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """The lines of a text, still to be filled in, without those that speak of something that is not there."""
    for line in text.split("\n"):
        if all(values[name] for name in placeholders_in(line)):
            yield line


def one_line(text: str) -> str:
    """A value as it may stand in a line or a header: no line breaks, control signs or turns of direction."""
    return " ".join(_clean(text).split())


def several_lines(text: str) -> str:
    """A value that may have lines of its own."""
    lines = (one_line(line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _clean(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign in "\u200c\u200d" else " " for sign in _TURNS.sub("", text))
