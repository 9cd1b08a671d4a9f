"""The files in which translations stand: `.po`, which people write, and `.mo`, which the program reads.

A small reader and writer of our own, so that neither installing nor testing needs GNU gettext.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

WIDTH = 116
_FIELD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$')
_FORMS = re.compile(r"nplurals=(\d)")
_MAGIC = 0x950412DE
_HEADER_NUMBERS = 7
_END_OF_CONTEXT = "\x04"
_END_OF_TEXT = "\0"

Key = tuple[str, str]
"""By what a message is found: its context (mostly none) and what it says in English."""


@dataclass(slots=True)
class Entry:
    """A message, where it is said, and how it reads in another language (several ways where a number decides)."""

    message: str
    context: str = ""
    plural: str = ""
    places: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """By what it is found."""
        return self.context, self.message

    @property
    def is_translated(self) -> bool:
        """Whether nothing of it is missing."""
        return bool(self.texts) and all(self.texts)


@dataclass(slots=True)
class Catalogue:
    """All messages of a language, and what stands above them."""

    top: str
    """Remarks about the whole file."""
    header: str
    entries: dict[Key, Entry]

    @property
    def forms(self) -> int:
        """How many ways the language has to go with a number."""
        found = _FORMS.search(self.header)
        return int(found[1]) if found else 1


def read_catalogue(source: Path) -> Catalogue:
    """What a `.po` says."""
    blocks = source.read_text(encoding="utf-8").split("\n\n")
    top = "\n".join(line for line in blocks[0].splitlines() if line.startswith("#"))
    entries = [entry for block in blocks if (entry := _entry(block)) is not None]
    header = next(entry for entry in entries if not entry.message)
    return Catalogue(top, header.texts[0], {entry.key: entry for entry in entries if entry.message})


def _entry(block: str) -> Entry | None:
    parts: dict[str, str] = {}
    name = ""
    places: set[str] = set()
    for line in block.splitlines():
        if found := _FIELD.match(line):
            name = found[1]
            parts[name] = ast.literal_eval(found[2])
        elif line.startswith('"'):
            parts[name] += ast.literal_eval(line)
        elif line.startswith("#: "):
            places.update(line[3:].split())
    if "msgid" not in parts:
        return None
    return Entry(
        message=parts["msgid"],
        context=parts.get("msgctxt", ""),
        plural=parts.get("msgid_plural", ""),
        places=places,
        texts=[text for key, text in parts.items() if key.startswith("msgstr")],
    )


def write_catalogue(target: Path, catalogue: Catalogue) -> None:
    """Write a `.po`: messages in the order of the files they are said in, so that a page's words stand together."""
    header = "\n".join(_quoted("msgid", "") + _quoted("msgstr", catalogue.header))
    ordered = sorted(catalogue.entries.values(), key=lambda entry: (min(entry.places), entry.message, entry.context))
    blocks = [f"{catalogue.top}\n{header}", *(_block(entry, catalogue.forms) for entry in ordered)]
    target.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _block(entry: Entry, forms: int) -> str:
    lines = [f"#: {place}" for place in sorted(entry.places)]
    if "%(" in entry.message + entry.plural:
        lines.append("#, python-format")
    if entry.context:
        lines += _quoted("msgctxt", entry.context)
    lines += _quoted("msgid", entry.message)
    if not entry.plural:
        return "\n".join(lines + _quoted("msgstr", entry.texts[0] if entry.texts else ""))
    lines += _quoted("msgid_plural", entry.plural)
    texts = entry.texts or [""] * forms
    return "\n".join(lines + [line for place, text in enumerate(texts) for line in _quoted(f"msgstr[{place}]", text)])


def _quoted(name: str, text: str) -> list[str]:
    """One line where it fits, else a line for each line of the text."""
    if "\n" not in text[:-1] and len(name) + len(text) < WIDTH:
        return [f"{name} {_escaped(text)}"]
    return [f'{name} ""', *(_escaped(piece) for line in text.splitlines(keepends=True) for piece in _pieces(line))]


def _pieces(line: str) -> list[str]:
    pieces = [""]
    for word in re.findall(r"\S*\s*", line):
        if pieces[-1] and len(pieces[-1] + word) > WIDTH:
            pieces.append("")
        pieces[-1] += word
    return [piece for piece in pieces if piece]


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def compile_catalogue(catalogue: Catalogue) -> bytes:
    """The `.mo` of a catalogue. What is not translated is left out, so that it is said in English."""
    said = {"": catalogue.header} | dict(map(_compiled, _translated(catalogue.entries.values())))
    pairs = [(message.encode(), said[message].encode()) for message in sorted(said)]
    table = _HEADER_NUMBERS * 4
    offset = table + len(pairs) * 16
    rows: list[int] = []
    texts = b""
    for column in (0, 1):
        for pair in pairs:
            rows += [len(pair[column]), offset + len(texts)]
            texts += pair[column] + b"\0"
    header = (_MAGIC, 0, len(pairs), table, table + len(pairs) * 8, 0, offset)
    return struct.pack(f"<{_HEADER_NUMBERS + len(rows)}I", *header, *rows) + texts


def _translated(entries: Iterable[Entry]) -> Iterable[Entry]:
    return (entry for entry in entries if entry.is_translated)


def _compiled(entry: Entry) -> tuple[str, str]:
    message = f"{entry.context}{_END_OF_CONTEXT}{entry.message}" if entry.context else entry.message
    if entry.plural:
        message += _END_OF_TEXT + entry.plural
    return message, _END_OF_TEXT.join(entry.texts)
