"""Reads a CSV file of past consultations, one row each, in order. What is wrong is named with its row."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from django.utils.translation import gettext as _

from queueing.estimation import Consultation, Features

COLUMNS = ("session", "weekday", "period", "visit_number", "started_at", "service_seconds")
LARGEST_FILE_MEGABYTES = 16
LONGEST_SESSION = 500
LONGEST_SERVICE = 12 * 3600
LONGEST_FIELD = 100

CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)", re.ASCII)
WHOLE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
WORD = re.compile(r"[^\W\d_]{1,30}")

Value = TypeVar("Value")


class UnreadableFile(Exception):
    """The file cannot be used; the sentence names the row, counted as lines of the file, the header's being 1."""


@dataclass(frozen=True, slots=True)
class Row:
    """One consultation as the file has it."""

    session: int
    started: int
    service: int
    features: Features


def read_sessions(path: Path) -> list[list[Consultation]]:
    """The sessions of the file, in its order. Raises UnreadableFile, and OSError when there is no reading it."""
    if path.stat().st_size > LARGEST_FILE_MEGABYTES * 1024 * 1024:
        raise UnreadableFile(_("The file is larger than %(size)d MB.") % {"size": LARGEST_FILE_MEGABYTES})
    sessions: list[list[Consultation]] = []
    before: Row | None = None
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, cells in _lines(file):
            row = _row(line, cells)
            if before is None or row.session != before.session:
                sessions.append([])
            _refuse_disorder(line, row, before)
            if len(sessions[-1]) == LONGEST_SESSION:
                raise _bad(line, _("its session has more than %(most)d consultations.") % {"most": LONGEST_SESSION})
            sessions[-1].append(Consultation(started=row.started, features=row.features))
            before = row
    if not sessions:
        raise UnreadableFile(_("There is no consultation in the file."))
    return sessions


def _lines(file: TextIO) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The file's rows with their numbers, cells by column."""
    reader = csv.reader(file, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        _refuse_header(names)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names):
                raise _bad(
                    reader.line_num,
                    _("it has %(found)d cells, the first line has %(wanted)d.")
                    % {"found": len(cells), "wanted": len(names)},
                )
            yield reader.line_num, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise _bad(reader.line_num, _("this is no CSV (%(error)s).") % {"error": error}) from error
    except UnicodeDecodeError as error:
        raise _bad(reader.line_num + 1, _("here or a little later the file is not text in UTF-8.")) from error


def _refuse_header(names: list[str]) -> None:
    if not names:
        raise UnreadableFile(_("The file is empty."))
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise _bad(1, _("the columns %(missing)s are missing.") % {"missing": ", ".join(missing)})
    if len(set(names)) < len(names):
        raise _bad(1, _("a column is named twice."))


def _row(line: int, cells: Mapping[str, str]) -> Row:
    def cell(column: str, parse: Callable[[str], Value | None], wanted: str) -> Value:
        value = parse(cells[column].strip())
        if value is None:
            shown = cells[column][:LONGEST_FIELD]
            raise _bad(
                line,
                _("%(column)s is “%(shown)s”, it must be %(wanted)s.")
                % {"column": column, "shown": shown, "wanted": wanted},
            )
        return value

    visit = cell("visit_number", _counted, _("a whole number from 1"))
    return Row(
        session=cell("session", _counted, _("a whole number from 1")),
        started=cell("started_at", _clock, _("a time of day like 08:31:40")),
        service=cell("service_seconds", _service, _("whole seconds, from 1 to 12 hours")),
        features=_features(visit, cell("weekday", _word, _("a word")), cell("period", _word, _("a word"))),
    )


def _features(visit: int, weekday: str, period: str) -> Features:
    """What is known of a visit before it begins, in the words that the product uses."""
    kind = "first visit" if visit == 1 else "follow-up"
    return {"kind": kind, "weekday": weekday, "period": period}


def _refuse_disorder(line: int, row: Row, before: Row | None) -> None:
    if before is None or row.session > before.session:
        return
    if row.session < before.session:
        raise _bad(line, _("session %(number)d comes after a later one.") % {"number": row.session})
    if row.started < before.started:
        raise _bad(line, _("it starts before the row above: within a session times must not run backwards."))


def _counted(text: str) -> int | None:
    return int(text) if WHOLE_NUMBER.fullmatch(text) and int(text) > 0 else None


def _service(text: str) -> int | None:
    seconds = _counted(text)
    return seconds if seconds is not None and seconds <= LONGEST_SERVICE else None


def _clock(text: str) -> int | None:
    found = CLOCK.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _word(text: str) -> str | None:
    return text.lower() if WORD.fullmatch(text) else None


def _bad(line: int, sentence: str) -> UnreadableFile:
    return UnreadableFile(_("Row %(line)d: %(sentence)s") % {"line": line, "sentence": sentence})
