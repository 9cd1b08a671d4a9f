"""`manage.py import_patients FILE.csv [--dry-run]`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import system
from scheduling.services.patient_import import RowOutcome, UnreadableFile, import_patients


class Command(BaseCommand):
    """Registers the patients of a CSV file; rows that are refused are named and left out."""

    help = (
        "Register patients from a CSV file. Its first line names the columns: first_name, last_name, date_of_birth "
        "(like 1980-05-17), phone and/or email; gender, language, address, insurance_provider and insurance_number "
        "if wanted. Patients who are registered already are left as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and whether to try only."""
        parser.add_argument("file", type=Path, help="the CSV file, in UTF-8")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and answer for every row that was not plainly new."""
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
            report = import_patients(text=text, actor=system("import_patients"), dry_run=options["dry_run"])
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        except UnreadableFile as refusal:
            raise CommandError(str(refusal)) from refusal
        for row in report.rows:
            if row.outcome != RowOutcome.NEW:
                self.stdout.write(
                    f"line {row.line}: {row.name}: {row.outcome.label}. {row.sentence}".rstrip(". ") + "."
                )
        counts = ", ".join(f"{outcome.label}: {report.count(outcome)}" for outcome in RowOutcome)
        self.stdout.write(f"{'Would be' if options['dry_run'] else 'Done'}: {counts}.")
