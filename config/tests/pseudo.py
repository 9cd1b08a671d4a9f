"""A language that nobody speaks: what is translated reads ⟦líké thís⟧ and is longer, what is not stays plain English.

Translated is what Spanish, Hindi and Arabic all have words for, ours or those of Django and allauth.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from html.parser import HTMLParser

from django.conf import settings
from django.utils.translation import trans_real

from accounts.models import User
from queueing.models import Feedback, Token
from scheduling.models import Appointment, Doctor, Location, Patient, Specialty, WaitlistEntry

CODE = "hi"
"""Whose place it takes for a while: its dates and numbers are written without letters of their own."""
OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
ACCENTED = str.maketrans("aceiounyzACEIOUNYZ", "áčéíóúñýžÁČÉÍÓÚÑÝŽ")
LONGER_BY = 0.4
_KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>|&\w+;)")
_CONTEXT_ENDS = "\x04"


class Pseudo(gettext.NullTranslations):
    """What Django asks for words while it is drawn."""

    _catalog: dict[str, str] = {}

    def __init__(self) -> None:
        super().__init__()
        self._real = [trans_real.translation(code) for code in OTHERS]

    def language(self) -> str:
        """Whose place it takes."""
        return CODE

    to_language = language

    def gettext(self, message: str) -> str:
        """The message, marked if it is known everywhere."""
        return marked(message) if self._is_known(message) else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form for a number, marked likewise."""
        said = msgid1 if n == 1 else msgid2
        return marked(said) if self._is_known(msgid1) else said

    def _is_known(self, message: str) -> bool:
        return all(message in one._catalog or (message, 0) in one._catalog for one in self._real)


def marked(message: str) -> str:
    """Between brackets, with accents, and longer as other languages are; what is filled in stays."""
    said = message.rpartition(_CONTEXT_ENDS)[2]
    if not re.search("[A-Za-z]", _KEPT.sub("", said)):
        return said
    parts = [part if _KEPT.fullmatch(part) else part.translate(ACCENTED) for part in _KEPT.split(said)]
    more = ("~~~~~ " * len(said))[: round(len(said) * LONGER_BY)].rstrip()
    return f"⟦{''.join(parts)}{f' {more}' if more else ''}⟧"


@contextmanager
def pseudo_locale() -> Iterator[None]:
    """Speak it to whoever has chosen the language whose place it takes."""
    before = trans_real.translation(CODE)
    trans_real._translations[CODE] = Pseudo()
    try:
        yield
    finally:
        trans_real._translations[CODE] = before
        trans_real.deactivate()


# --- What a page says in plain English ----------------------------------------------------------------------------

_SAID_IN = ("alt", "title", "aria-label", "placeholder", "aria-valuetext", "aria-description", "aria-roledescription")
_SILENT = {"script", "style"}
_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_WORD = re.compile(r"[A-Za-z]{2,}")
_CODES = re.compile(r"\S+@\S+|https?://\S+|APT-\d+-\d+|\b[A-Z]{1,3}-?\d+\b")
"""Addresses, numbers of visits, codes of a queue: the same in every language."""


class _Said(HTMLParser):
    """The texts of a page, those of attributes apart. Parts that name another language are its own business."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = [""]
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        is_silent = tag in _SILENT or (bool(said.get("lang")) and tag != "html") or self._is_silent
        if not is_silent:
            self.texts += [value for name, value in said.items() if name in _SAID_IN or _is_for_scripts(name, value)]
            if said.get("type") in ("submit", "button") and "value" in said and tag == "input":
                self.texts.append(said["value"])
        self.texts[0] += " "
        if tag not in _EMPTY:
            self._open.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag not in _EMPTY:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            self.texts[0] += data

    @property
    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def _is_for_scripts(name: str, value: str) -> bool:
    """Whether an attribute is words that a script will say, rather than names that it knows states by."""
    return name.startswith("data-") and bool(re.search(r"[A-Z{].* ", value))


class Reader:
    """Finds what was not translated. Data of the clinic, which are in no language, are known from the database, and
    so are the words that were `typed`."""

    def __init__(self, *typed: str) -> None:
        self._typed = typed

    def plain_english(self, html: str) -> list[str]:
        """What stands outside of the marks and is no datum, each with what stands around it."""
        page = _Said()
        page.feed(html)
        return [line for text in page.texts for line in self._left(text)]

    def _left(self, text: str) -> Iterator[str]:
        for line in filter(_WORD.search, _outside(text)):
            left = self._data.sub(" ", _CODES.sub(" ", " ".join(line.split())))
            if _WORD.search(left):
                yield " ".join(left.split())

    @cached_property
    def _data(self) -> re.Pattern[str]:
        found = {settings.CLINIC_NAME, *dict(settings.LANGUAGES).values(), *self._typed, *_texts_of_rows()}
        words = sorted((word for word in found if len(word) > 1), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(' '.join(word.split())) for word in words)})(?!\w)")


def _texts_of_rows() -> Iterator[str]:
    for model in (User, Location, Specialty, Doctor, Patient, Appointment, WaitlistEntry, Token, Feedback):
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if field.get_internal_type() in ("CharField", "TextField", "SlugField", "EmailField") and not field.choices
        ]
        for row in model._default_manager.values_list(*names):
            yield from (str(value) for value in row if value)


def _outside(text: str) -> Iterator[str]:
    """The pieces of a text outside of all brackets."""
    depth, piece = 0, ""
    for sign in text:
        if sign == "⟦":
            if not depth:
                yield piece
                piece = ""
            depth += 1
        elif sign == "⟧":
            depth = max(0, depth - 1)
        elif not depth:
            piece += sign
    yield piece
