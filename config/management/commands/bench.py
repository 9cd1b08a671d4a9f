"""`manage.py bench`: measurements that bring their own load."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from config.bench.booking import Conductor, Size
from config.bench.figures import Findings
from config.bench.report import lines_of
from config.bench.servers import NotMeasurable, postgres_stage, sqlite_stage

STAGES = {"postgres": postgres_stage, "sqlite": sqlite_stage}


class Command(BaseCommand):
    """Measure, and print figures and ratios."""

    help = (
        "Measure booking on throw-away databases and servers on loopback, which it starts and stops itself; it never "
        "touches your data. Needs requirements-dev.txt. See docs/performance.md."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to measure, and how much."""
        parser.add_argument("subject", choices=["booking"], help="what to measure")
        parser.add_argument(
            "--seconds", type=float, default=Size().seconds, help="of steady load (default %(default)g)"
        )
        parser.add_argument("--quick", action="store_true", help="a small run that only shows that everything works")
        parser.add_argument(
            "--database", choices=sorted(STAGES), action="append", help="measure only this one (default: each)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the measurement."""
        if not 0 < options["seconds"] <= 60:
            raise CommandError("--seconds must be more than 0 and at most 60.")
        signal.signal(signal.SIGTERM, _leave)  # so that what was started is stopped then, too
        size = Size().quick() if options["quick"] else replace(Size(), seconds=options["seconds"])
        findings = [self._measure(name, size) for name in options["database"] or ["postgres", "sqlite"]]
        for line in lines_of(findings, size):
            self.stdout.write(line)

    def _measure(self, name: str, size: Size) -> Findings:
        try:
            with STAGES[name]() as stage:
                return Conductor(stage, size, self._say(stage.name)).measure()
        except NotMeasurable as error:
            raise CommandError(f"{name} could not be measured: {error}") from error

    def _say(self, database: str) -> Any:
        return lambda words: self.stderr.write(f"{database}: {words} ...", ending="\n")


def _leave(*_: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)
