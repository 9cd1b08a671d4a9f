"""`manage.py run_sweep NAME`: run one periodic job now, or say what it would do."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import system
from accounts.models import SweepRun
from accounts.services.sweeps import enter_sweeps
from config.sweeps import SWEEPS, Sweep, sweep_of, take_turn


class Command(BaseCommand):
    """Runs a job as the worker would, and enters it in the books; never beside another run of the same job."""

    help = "Run one of the periodic jobs now, whether or not it is due."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which, and whether to change anything."""
        parser.add_argument("name", choices=[sweep.name for sweep in SWEEPS], help="the job")
        parser.add_argument("--dry-run", action="store_true", help="only say how much it would do")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it and say what came of it; a job that fails, or that somebody else runs, is an error."""
        sweep = sweep_of(options["name"])
        assert sweep is not None, "argparse has looked"
        if options["dry_run"]:
            would = sweep.load()(actor=system(sweep.name), dry_run=True)
            self.stdout.write(f"{sweep.name} would do: {would}.")
        else:
            self._run(sweep)

    def _run(self, sweep: Sweep) -> None:
        enter_sweeps(names=[sweep.name])
        before = SweepRun.objects.get(name=sweep.name).started_at
        take_turn(sweep, early=True)
        run = SweepRun.objects.get(name=sweep.name)
        if run.started_at == before or run.claimed_until is not None:
            raise CommandError(f"{sweep.name} is being run by somebody else just now.")
        if run.error:
            raise CommandError(f"{sweep.name} failed: {run.error}")
        left = "" if run.backlog is None else f" Still due: {run.backlog}."
        self.stdout.write(f"{sweep.name}: {run.outcome}, in {run.seconds:.2f} s.{left}")
