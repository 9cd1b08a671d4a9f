"""`manage.py generate_slots`: make the slots of the coming days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.actors import system
from scheduling.services.slot_generation import generate_slots


class Command(BaseCommand):
    """A sweep: safe to run twice, at once, or after a day's pause."""

    help = "Makes slots from the doctors' hours, as far ahead as each location's calendar is open."

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be asked for."""
        parser.add_argument("--until", type=date.fromisoformat, help="last day to make (YYYY-MM-DD)")
        parser.add_argument("--availability", type=int, help="make only the slots of these hours (their id)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be made")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the service and say what it did."""
        report = generate_slots(
            actor=system("generate_slots"),
            until=options["until"],
            availability_id=options["availability"],
            dry_run=options["dry_run"],
        )
        verb = "would be made" if options["dry_run"] else "made"
        self.stdout.write(
            f"{report.created} slots {verb} for {report.availabilities} hours; "
            f"left out {report.off} in time off and {report.clashes} that clash."
        )
        if report.unusable:
            self.stderr.write(f"These hours make no sense and made none: {', '.join(map(str, report.unusable))}.")
