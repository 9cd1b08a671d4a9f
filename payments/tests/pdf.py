"""Reads a file as a printer does: glyph after glyph, from left to right, in the font that is set at that moment."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_TOKEN = re.compile(rb"\((?:\\.|[^()\\])*\)|/F\d+ [\d.]+ Tf|\bBT\b|\bET\b|\bq\b|\bQ\b", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


class Glyph(NamedTuple):
    """A glyph, by its number in the font of that name, and the signs it stands for."""

    font: str
    number: int
    signs: str


def lines_of(content: bytes) -> list[list[Glyph]]:
    """The glyphs of each text that is set in one go."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    fonts = _fonts(content, objects)
    pages = [body for body in objects.values() if b"/Type /Page\n" in body + b"\n"]
    found: list[list[Glyph]] = []
    for page in pages:
        (number,) = re.findall(rb"/Contents (\d+) 0 R", page)
        found += _lines(_stream(objects[int(number)]), fonts)
    return found


def text_of(content: bytes) -> list[str]:
    """The texts as they are seen, from the left to the right."""
    return ["".join(glyph.signs for glyph in line) for line in lines_of(content)]


def _stream(body: bytes) -> bytes:
    (stream,) = _STREAM.findall(body)
    return zlib.decompress(stream) if b"/FlateDecode" in body else stream


def _fonts(content: bytes, objects: dict[int, bytes]) -> dict[str, dict[int, str]]:
    """What the glyphs of each font stand for, by the name under which pages use it."""
    fonts = {}
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", content):
        (told,) = re.findall(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        pairs = re.findall(rb"<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>", _stream(objects[int(told)]))
        fonts[name.decode()] = {
            int(code, 16): bytes.fromhex(signs.decode()).decode("utf-16-be") for code, signs in pairs
        }
    return fonts


def _lines(stream: bytes, fonts: dict[str, dict[int, str]]) -> Iterator[list[Glyph]]:
    font, kept, line = "", [""], list[Glyph]()
    for token in _TOKEN.findall(stream):
        if token == b"q":
            kept.append(font)
        elif token == b"Q":
            font = kept.pop()
        elif token == b"BT":
            line = []
        elif token == b"ET":
            if line:
                yield line
        elif token.startswith(b"/"):
            font = token[1:].split()[0].decode()
        else:
            codes = _ESCAPE.sub(lambda found: {b"r": b"\r", b"n": b"\n"}.get(found[1], found[1]), token[1:-1])
            for number in [int.from_bytes(codes[at : at + 2], "big") for at in range(0, len(codes), 2)]:
                line.append(Glyph(font, number, fonts[font].get(number, "")))
