"""`manage.py expire_pending`: give back the seats of holds and unconfirmed bookings that ran out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.actors import system
from scheduling.services.lifecycle import expire_overdue


class Command(BaseCommand):
    """A sweep: safe to run twice, at once, or after a day's pause."""

    help = "Gives back the seats of holds and unconfirmed bookings that ran out, and offers them to the waitlist."

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be asked for."""
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the service and say what it did."""
        seats = expire_overdue(actor=system("expire_pending"), dry_run=options["dry_run"])
        self.stdout.write(f"{seats} seats {'would come' if options['dry_run'] else 'came'} free.")
