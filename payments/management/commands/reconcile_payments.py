"""`manage.py reconcile_payments`: ask providers what became of payments."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.actors import system
from payments.services.reconciling import reconcile_payments


class Command(BaseCommand):
    """A sweep: safe to run twice, at once, or after a day's pause."""

    help = (
        "Asks providers what became of payments that are under way, and applies events that could not be applied. "
        "A worker does so by itself every minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be asked for."""
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")
        parser.add_argument("--limit", type=int, metavar="N", help="at most so many payments, and so many events")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the service and say what it did."""
        actor = system("reconcile_payments")
        if options["dry_run"]:
            due = reconcile_payments(actor=actor, dry_run=True)
            self.stdout.write(f"{due} payments and events would be looked at.")
            return
        self.stdout.write(f"Payments: {reconcile_payments(actor=actor, limit=options['limit'])}.")
