"""`manage.py install_sweeps`: bring the books of the periodic jobs to the state of `config/sweeps.py`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.work.installing import install_sweeps


class Command(BaseCommand):
    """The worker does it, too, whenever it starts; safe to repeat."""

    help = "Enters the periodic jobs and their schedules, and strikes out those of another version."

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be asked for."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Install, and say what changed."""
        installed = install_sweeps(dry_run=options["dry_run"])
        self.stdout.write(f"{'Would change' if options['dry_run'] else 'Changed'}: {installed}.")
