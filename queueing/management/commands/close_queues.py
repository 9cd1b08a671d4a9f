"""`manage.py close_queues`: end what is left open of days that are over."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.actors import system
from queueing.services.closing import close_queues


class Command(BaseCommand):
    """A sweep: safe to run twice, at once, or after a day's pause."""

    help = (
        "Closes the queues of days that are over: whoever was called and never came, still waits, or was not let out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be asked for."""
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the service and say what it did."""
        queues = close_queues(actor=system("close_queues"), dry_run=options["dry_run"])
        self.stdout.write(f"{queues} queues {'would be closed' if options['dry_run'] else 'closed'}.")
