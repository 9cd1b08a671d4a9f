"""The words of other languages are whole, and what is compiled is what stands in the source."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from queueing import board_words
from queueing.languages import ENGLISH, VOICES, codes_in

FOLDER = Path(settings.BASE_DIR) / "locale"
OTHERS = sorted(set(VOICES) - {ENGLISH})
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
MANY = 2


def entries_of(source: Path) -> dict[str, list[str]]:
    """What a .po says: each message with its translations (several where a number decides). Plain files only."""
    found: dict[str, list[str]] = {}
    for block in source.read_text().split("\n\n"):
        texts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line):
                name = match[1]
                texts[name] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                texts[name] += ast.literal_eval(line)
        if texts.get("msgid"):
            found[texts["msgid"]] = [text for key, text in texts.items() if key.startswith("msgstr")]
    return found


def compiled(code: str) -> gettext.GNUTranslations:
    with (FOLDER / code / "LC_MESSAGES/django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_compiled_is_what_stands_in_the_source(code):
    entries = entries_of(FOLDER / code / "LC_MESSAGES/django.po")
    assert len(entries) > 20
    catalogue = dict(compiled(code)._catalog)  # type: ignore[attr-defined]
    catalogue.pop("")
    expected = {}
    for message, texts in entries.items():
        many = len(texts) > 1
        expected |= {(message, place) if many else message: text for place, text in enumerate(texts)}
    assert catalogue == expected


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_empty_or_loses_what_is_filled_in(code):
    for message, texts in entries_of(FOLDER / code / "LC_MESSAGES/django.po").items():
        wanted = set(PLACEHOLDER.findall(message))
        for text in texts:
            assert text, message
            assert set(PLACEHOLDER.findall(text)) <= wanted, text
        assert set(PLACEHOLDER.findall(texts[-1])) == wanted, message


@pytest.mark.parametrize("code", OTHERS)
def test_every_word_of_the_board_is_translated(code):
    says = [*board_words.WORDS.values(), board_words.call_to_a_room, board_words.call_without_room]
    says += [board_words.room_number, lambda: board_words.waiting(0), lambda: board_words.waiting(MANY)]
    for say in says:
        with translation.override(code):
            said = say()
        assert said != say(), f"{said!r} is not said in {code}"


@pytest.mark.parametrize("code", VOICES)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 11, 100, 101])
def test_numbers_are_said_as_the_language_has_it(code, count):
    with translation.override(code):
        said = board_words.waiting(count)
    assert said
    assert "%" not in said


def test_languages_are_read_in_their_order_and_each_once():
    assert codes_in("hi, en hi") == ("hi", "en")
    assert codes_in("xx") == ("en",)
    assert codes_in("") == ("en",)
