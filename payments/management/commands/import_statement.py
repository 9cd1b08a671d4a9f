"""`manage.py import_statement FILE.csv --location SLUG [--dry-run]`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import system
from payments.errors import StatementUnreadable
from payments.selectors.statements import usual_currency
from payments.services.statements import StatementReport, import_statement
from payments.statement_cells import DayOrder
from payments.statement_file import decode
from payments.states import LineStatus
from scheduling.models import Location

TOLD = (LineStatus.MATCHED, LineStatus.NEAR, LineStatus.UNMATCHED, LineStatus.KNOWN)


class Command(BaseCommand):
    """Books what fits, keeps what does not for staff to decide, and tells of every row that was not plainly booked."""

    help = (
        "Import a statement of a location's account, as its bank or UPI provider gives it in CSV. Transfers and UPI "
        "payments whose reference and amount fit are booked; the rest waits in the back office. The same file again "
        "books nothing twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, whose account it is of, and how to read it where it does not say."""
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--location", required=True, metavar="SLUG", help="the short name of the location")
        parser.add_argument("--currency", metavar="CODE", help="of rows that name none; else that of the doctors there")
        parser.add_argument(
            "--days", choices=DayOrder.values, help="what comes first in days like 03/04/2026, where the file leaves it"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and answer for every row."""
        location = Location.objects.filter(slug=options["location"]).first()
        if location is None:
            raise CommandError("No location has that short name.")
        try:
            report = import_statement(
                text=decode(options["file"].read_bytes()),
                location=location,
                file_name=options["file"].name,
                currency=(options["currency"] or usual_currency(location)).upper(),
                order=DayOrder(options["days"]) if options["days"] else None,
                actor=system("import_statement"),
                dry_run=options["dry_run"],
            )
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        except StatementUnreadable as refusal:
            raise CommandError(str(refusal)) from refusal
        self._tell(report, dry_run=options["dry_run"])

    def _tell(self, report: StatementReport, *, dry_run: bool) -> None:
        """Numbers only: names and words of payers stay in the back office."""
        for error in report.errors:
            self.stdout.write(f"line {error.row}: {error.why}")
        for line in report.lines:
            if line.status == LineStatus.NEAR:
                offered = ", ".join(payment.number for payment in line.match.payments)
                self.stdout.write(f"line {line.row.row}: {line.why}: {offered}")
        counts = [f"{status.label}: {report.count(status)}" for status in TOLD]
        counts += [f"Could not be read: {len(report.errors)}", f"Money that went: {report.debits}"]
        self.stdout.write(f"{'Would be' if dry_run else 'Done'}: {'; '.join(counts)}.")
