"""Patients from a file: every row through the same service as a patient at the desk, every row answered for."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from scheduling.models import Patient
from scheduling.services.patients import PatientDetails, register_patient, update_patient
from scheduling.states import Gender

NEEDED = ("first_name", "last_name", "date_of_birth")
CONTACT = ("phone", "email")
MORE = ("gender", "language")
BESIDES = ("address", "insurance_provider", "insurance_number")
IGNORED = ("number",)
MOST_ROWS = 1_000
"""A dry run is one transaction, and on SQLite bookings wait for it: about a second for so many rows."""

ROWS_AT_ONCE = 100
"""A real run gives way to bookings after so many."""
LONGEST_VALUE = 2_000


class UnreadableFile(DomainError):
    """The file is no table of patients."""

    code = "unreadable_file"
    sentence = gettext_lazy("This file cannot be read as a table of patients.")
    status = 400


class RowOutcome(models.TextChoices):
    """What became, or would become, of a row."""

    NEW = "new", gettext_lazy("New patient")
    KNOWN = "known", gettext_lazy("Registered before, nothing changed")
    REFUSED = "refused", gettext_lazy("Refused")


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row of the file, by its line, and what became of it."""

    line: int
    name: str
    outcome: RowOutcome
    sentence: str | Promise = ""


@dataclass(slots=True)
class ImportReport:
    """What became of every row."""

    rows: list[ImportedRow] = field(default_factory=list)

    def count(self, outcome: RowOutcome) -> int:
        """How many rows came out like this."""
        return sum(1 for row in self.rows if row.outcome == outcome)


class _Undo(Exception):
    """Ends a dry run, taking everything back."""


def import_patients(*, text: str, actor: Actor, dry_run: bool = False) -> ImportReport:
    """Register the patients of a CSV file with a line of column names; refused rows are left out and reported.

    A dry run does the same and takes it all back, so it finds what the real run would, twins inside the file too.
    Raises UnreadableFile where the file is no such table.
    """
    rows = _read(text)
    report = ImportReport()
    at_once = len(rows) or 1 if dry_run else ROWS_AT_ONCE
    for start in range(0, len(rows), at_once):
        with suppress(_Undo), recorded(actor, "patient.import"):
            report.rows += _import_rows(rows[start : start + at_once], actor)
            if dry_run:
                raise _Undo
    return report


def _import_rows(rows: list[tuple[int, dict[str, str]]], actor: Actor) -> list[ImportedRow]:
    imported = []
    for line, row in rows:
        latest = Patient.objects.aggregate(last=models.Max("pk"))["last"] or 0
        imported.append(_import_row(line, row, latest, actor))
    return imported


def _read(text: str) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        columns = [(name or "").strip().lower() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        _check_columns(columns)
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UnreadableFile from error
    if len(rows) > MOST_ROWS:
        raise UnreadableFile(_("At most %(most)s patients can be imported at once.") % {"most": MOST_ROWS})
    return [(line, {name: _value(value) for name, value in row.items() if name}) for line, row in rows]


def _value(value: str | None) -> str:
    """Without the apostrophe that our own export puts before what looks like a formula."""
    said = (value or "").strip()
    return said[1:] if said[:1] == "'" and said[1:2] in "=+-@" else said


def _check_columns(columns: list[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing or not set(CONTACT) & set(columns):
        needed = ", ".join(missing) or " / ".join(CONTACT)
        raise UnreadableFile(_("The first line must name the columns; missing: %(names)s.") % {"names": needed})
    unknown = sorted(set(columns) - {*NEEDED, *CONTACT, *MORE, *BESIDES, *IGNORED})
    if unknown:
        raise UnreadableFile(_("We do not know these columns: %(names)s.") % {"names": ", ".join(unknown)})


def _import_row(line: int, row: dict[str, str], latest: int, actor: Actor) -> ImportedRow:
    name = f"{row['first_name']} {row['last_name']}".strip()
    try:
        with recorded(actor, "patient.import"):
            patient = register_patient(details=_details(row), user=None, actor=actor)
            if patient.pk <= latest:
                return ImportedRow(line, name, RowOutcome.KNOWN, patient.number)
            besides = {column: row[column] for column in BESIDES if row.get(column)}
            if besides:
                update_patient(patient_id=patient.pk, changes=besides, actor=actor)
    except DomainError as refusal:
        return ImportedRow(line, name, RowOutcome.REFUSED, refusal.sentence)
    return ImportedRow(line, name, RowOutcome.NEW)


def _details(row: dict[str, str]) -> PatientDetails:
    if any(len(value) > LONGEST_VALUE for value in row.values()):
        raise UnreadableFile(_("A value in this row is too long."))
    try:
        born = date.fromisoformat(row["date_of_birth"])
    except ValueError as error:
        raise UnreadableFile(_("Write the date of birth like 1980-05-17.")) from error
    return PatientDetails(
        first_name=row["first_name"],
        last_name=row["last_name"],
        date_of_birth=born,
        phone=row.get("phone", ""),
        email=row.get("email", ""),
        gender=row.get("gender") or Gender.UNDISCLOSED,
        language=row.get("language") or "en",
    )
