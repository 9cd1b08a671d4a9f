"""`manage.py bench`: measurements that bring their own load."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

from django.core.management.base import BaseCommand, CommandError

from config.bench.booking import Conductor, Say, Size
from config.bench.live import LiveConductor, LiveSize
from config.bench.live_report import lines_of as live_lines_of
from config.bench.message_report import lines_of as message_lines_of
from config.bench.messages import MessageConductor, MessageSize
from config.bench.report import lines_of
from config.bench.servers import NotMeasurable, Stage, postgres_stage, sqlite_stage

Found = TypeVar("Found")

STAGES = {"postgres": postgres_stage, "sqlite": sqlite_stage}


class Command(BaseCommand):
    """Measure, and print figures and ratios."""

    help = (
        "Measure booking, how soon live updates arrive, or how fast messages go out, on throw-away databases and "
        "servers on loopback, which it starts and stops itself; it never touches your data. Needs "
        "requirements-dev.txt. See docs/performance.md."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to measure, and how much."""
        parser.add_argument("subject", choices=["booking", "live", "messages"], help="what to measure")
        parser.add_argument(
            "--seconds", type=float, default=Size().seconds, help="of steady load in booking (default %(default)g)"
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
        databases = options["database"] or ["postgres", "sqlite"]
        subjects = {"booking": self._booking, "live": self._live, "messages": self._messages}
        for line in subjects[options["subject"]](databases, options):
            self.stdout.write(line)

    def _booking(self, databases: list[str], options: dict[str, Any]) -> Iterator[str]:
        size = Size().quick() if options["quick"] else replace(Size(), seconds=options["seconds"])
        return lines_of(self._on_each(databases, lambda stage, say: Conductor(stage, size, say).measure()), size)

    def _live(self, databases: list[str], options: dict[str, Any]) -> Iterator[str]:
        size = LiveSize().quick() if options["quick"] else LiveSize()
        return live_lines_of(self._on_each(databases, lambda stage, say: LiveConductor(stage, size, say).measure()))

    def _messages(self, databases: list[str], options: dict[str, Any]) -> Iterator[str]:
        size = MessageSize().quick() if options["quick"] else MessageSize()
        found = self._on_each(databases, lambda stage, say: MessageConductor(stage, size, say).measure())
        return message_lines_of(found)

    def _on_each(self, databases: list[str], measure: Callable[[Stage, Say], Found]) -> list[Found]:
        found = []
        for name in databases:
            try:
                with STAGES[name]() as stage:
                    found.append(measure(stage, self._say(stage.name)))
            except NotMeasurable as error:
                raise CommandError(f"{name} could not be measured: {error}") from error
        return found

    def _say(self, database: str) -> Say:
        return lambda words: self.stderr.write(f"{database}: {words} ...", ending="\n")


def _leave(*_: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)
