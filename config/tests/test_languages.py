"""The words of other languages are whole, and what is compiled is what stands in the source."""

from __future__ import annotations

import datetime
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from config.patient_words import messages_of_template, patient_messages
from config.po_files import Catalogue, Entry, read_catalogue, write_catalogue
from notifications.texts.days import IN_HINDI
from queueing import board_words
from queueing.languages import ENGLISH, VOICES, codes_in
from scheduling.templatetags.clinic_time import spoken_day

FOLDER = Path(settings.BASE_DIR) / "locale"
OTHERS = sorted(set(VOICES) - {ENGLISH})
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
MANY = 2


def entries_of(code: str) -> list[Entry]:
    return list(read_catalogue(FOLDER / code / "LC_MESSAGES/django.po").entries.values())


def compiled(code: str) -> gettext.GNUTranslations:
    with (FOLDER / code / "LC_MESSAGES/django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_compiled_is_what_stands_in_the_source(code):
    catalogue = dict(compiled(code)._catalog)  # type: ignore[attr-defined]
    catalogue.pop("")
    expected = {}
    for entry in entries_of(code):
        message = f"{entry.context}\x04{entry.message}" if entry.context else entry.message
        if entry.is_translated and entry.plural:
            expected |= {(message, place): text for place, text in enumerate(entry.texts)}
        elif entry.is_translated:
            expected[message] = entry.texts[0]
    assert len(expected) > 20
    assert catalogue == expected


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_loses_what_is_filled_in(code):
    """Nor adds what nobody fills in; and no sentence is left in English.

    A form for one or two may leave the number out; the last is for many. What a context offers instead
    may be used instead.
    """
    for entry in entries_of(code):
        assert entry.is_translated, f"{entry.message!r} is not said in {code}, or in part"
        wanted = set(PLACEHOLDER.findall(entry.message + entry.plural))
        offered = set(PLACEHOLDER.findall(entry.context))
        for text in entry.texts:
            assert set(PLACEHOLDER.findall(text)) <= wanted | offered, text
        assert set(PLACEHOLDER.findall(entry.texts[-1])) >= wanted - offered, entry.message


@pytest.mark.parametrize("code", OTHERS)
def test_each_language_lists_what_patients_read_and_nothing_else(code):
    """Whoever adds a sentence runs `manage.py translations`."""
    wanted = patient_messages()
    listed = read_catalogue(FOLDER / code / "LC_MESSAGES/django.po").entries
    assert sorted(listed) == sorted(wanted)
    assert {key: entry.plural for key, entry in listed.items()} == {key: one.plural for key, one in wanted.items()}


def test_words_that_a_filter_is_given_are_found():
    source = '{% load i18n %}{{ symptoms|default:_("None given") }}{% if not room %}{{ _("No room") }}{% endif %}'
    assert {entry.message for entry in messages_of_template(source)} == {"None given", "No room"}


@pytest.mark.parametrize("month", range(1, 13))
def test_pages_and_messages_write_the_same_dates_in_hindi(month):
    """Django's own names of months have mistakes."""
    for number in range(1, 8):
        day = datetime.date(2027, month, number)
        with translation.override("hi"):
            assert spoken_day(day) == IN_HINDI.day(day)


def test_a_catalogue_is_read_as_it_was_written(tmp_path):
    texts = ['Una\t"línea"\ny otra \\j']
    entries = [
        Entry("A line\nand another", places={"a.py", "b.html"}, texts=texts),
        Entry("one %(count)s", context="of people", plural="many %(count)s", places={"a.py"}, texts=["uno", "dos"]),
        Entry("word " * 60, places={"a.py"}, texts=[""]),
    ]
    written = Catalogue("# Words", "Plural-Forms: nplurals=2; plural=(n != 1);\n", {one.key: one for one in entries})
    write_catalogue(tmp_path / "django.po", written)
    assert read_catalogue(tmp_path / "django.po") == written


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
